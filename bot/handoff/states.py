"""The one table of a hand-off: its states, who speaks in each, and every way from one to another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Owner = Literal["bot", "people", "staff"]
Actor = Literal["citizen", "bot", "staff", "clock"]

NONE = ""  # there is no hand-off yet
CLOSED = "closed"


@dataclass(frozen=True)
class State:
    """What holds in a state: who owns the conversation, whom it waits for, which event the clock fires and when.

    ``owner`` staff is the one person who claimed it. ``owed`` tells that the citizen is owed an answer: such a
    hand-off never ends because time goes by.
    """

    owner: Owner
    owed: bool = False
    after: dt.timedelta | None = None
    fires: str = ""


@dataclass(frozen=True)
class Edge:
    """A way from a state to a state, and who may take it."""

    source: str
    event: str
    target: str
    actors: tuple[Actor, ...]


_MINUTE, _HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)

STATES: Mapping[str, State] = {
    "offered": State("bot", after=10 * _MINUTE, fires="offer_over"),
    "queued": State("people", owed=True, after=10 * _MINUTE, fires="wait_long"),
    "callback": State("bot", owed=True),
    "calling": State("bot", owed=True, after=4 * _HOUR, fires="let_go"),
    "active": State("staff", owed=True, after=10 * _MINUTE, fires="let_go"),
    "awaiting": State("staff", after=24 * _HOUR, fires="silence"),
    "transferring": State("staff", owed=True, after=2 * _MINUTE, fires="not_accepted"),
    "closing": State("staff", after=24 * _HOUR, fires="close_over"),
    "rating": State("bot", after=24 * _HOUR, fires="rating_over"),
    CLOSED: State("bot"),
}


def _edges(sources: str, event: str, target: str, *actors: Actor) -> tuple[Edge, ...]:
    return tuple(Edge(source, event, target, actors) for source in sources.split())


EDGES: tuple[Edge, ...] = (
    # how it begins
    Edge(NONE, "offer", "offered", ("bot",)),
    Edge(NONE, "ask", "queued", ("citizen",)),
    Edge(NONE, "ask_later", "callback", ("citizen",)),  # nobody is there
    Edge(NONE, "unreachable", "callback", ("bot",)),  # a notice cannot be brought to them
    Edge(NONE, "take", "active", ("staff",)),  # staff step in by themselves
    *_edges("offered callback", "ask", "queued", "citizen"),
    *_edges("offered", "ask_later", "callback", "citizen"),
    *_edges("offered", "decline", CLOSED, "citizen"),
    *_edges("offered", "offer_over", CLOSED, "clock"),
    # waiting
    *_edges("queued callback offered", "claim", "active", "staff"),
    *_edges("queued", "wait_long", "queued", "clock"),  # says so, and asks for a number to call
    *_edges("queued", "nobody_there", "callback", "clock"),
    *_edges("queued callback calling", "cancel", CLOSED, "citizen"),
    *_edges("queued callback", "leave_contact", "callback", "citizen"),
    # calling by telephone
    *_edges("callback", "call", "calling", "staff"),
    *_edges("calling", "reached", CLOSED, "staff"),
    *_edges("calling", "not_reached", "callback", "staff"),
    *_edges("calling", "give_up", CLOSED, "staff"),
    *_edges("calling", "let_go", "callback", "clock", "staff"),
    *_edges("calling", "claim", "active", "staff"),
    # talking
    *_edges("active awaiting closing", "reply", "awaiting", "staff"),
    *_edges("transferring", "reply", "transferring", "staff"),
    *_edges("awaiting closing active", "word", "active", "citizen"),
    *_edges("transferring", "word", "transferring", "citizen"),
    *_edges("queued", "word", "queued", "citizen"),
    *_edges("active awaiting", "transfer", "transferring", "staff"),
    *_edges("transferring", "accept", "active", "staff"),
    *_edges("transferring", "refuse", "active", "staff"),
    *_edges("transferring", "withdraw", "active", "staff"),
    *_edges("transferring", "not_accepted", "active", "clock"),  # back to the sender
    *_edges("active transferring", "let_go", "queued", "clock", "staff"),  # the citizen waits, nobody answers
    *_edges("awaiting closing", "let_go", "queued", "staff"),
    *_edges("active awaiting transferring closing", "take_over", "active", "staff"),
    # how it ends
    *_edges("awaiting", "silence", "closing", "clock"),
    *_edges("active awaiting closing transferring", "give_back", CLOSED, "staff"),
    *_edges("active awaiting closing", "close", "rating", "staff"),
    *_edges("active awaiting closing callback", "close_unrated", CLOSED, "staff"),  # nobody answered: nothing to rate
    *_edges("closing", "close_over", CLOSED, "clock"),
    *_edges("active awaiting transferring closing", "leave", CLOSED, "citizen"),
    *_edges("rating", "rate", CLOSED, "citizen"),
    *_edges("rating", "rating_over", CLOSED, "clock"),
    *_edges("rating", "word", CLOSED, "citizen"),
    *_edges("rating", "superseded", CLOSED, "citizen", "bot", "staff"),
    *_edges("offered queued callback calling", "elsewhere", CLOSED, "staff"),  # answered in the provider's console
    *_edges("offered queued callback calling active awaiting transferring closing rating", "erase", CLOSED, "clock"),
)

_TABLE: Mapping[tuple[str, str], Edge] = {(edge.source, edge.event): edge for edge in EDGES}
OPEN = tuple(name for name in STATES if name != CLOSED)
WITH_STAFF = tuple(name for name, state in STATES.items() if state.owner == "staff")


def find(source: str, event: str) -> Edge | None:
    """Return the edge for an event in a state, None when there is none."""
    return _TABLE.get((source, event))
