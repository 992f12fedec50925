"""Moving a hand-off along an edge: one compare-and-set, the owner of the conversation with it, one line of history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.conversation import ERASED
from bot.delivery.bell import ring
from bot.errors import BotError
from bot.handoff import states
from bot.handoff.states import CLOSED, NONE, Edge
from knowledge.models import Conversation, Handoff, HandoffEvent, Staff, utc_now

BOT, PEOPLE = "bot", "people"

# As in bot/conversation.py, a statement that runs for every message is built once.
_OPEN = (
    sa.select(Handoff)
    .where(Handoff.conversation_id == sa.bindparam("of"), Handoff.closed_at.is_(None))
    .limit(1)
    .execution_options(populate_existing=True)
)


class NotPossible(BotError):
    """A step that cannot be taken now: somebody was faster, or it is another's turn.

    ``state`` is what the hand-off is in by now, ``holder`` the name of who has it ("" = nobody).
    """

    def __init__(self, state: str, holder: str = "") -> None:
        super().__init__(state)
        self.state = state
        self.holder = holder


def actor_of(staff_id: int) -> str:
    """Return how a person of the staff stands in the history, and as owner of a conversation."""
    return f"staff:{staff_id}"


def find_open(session: Session, conversation_id: str) -> Handoff | None:
    """Return the conversation's open hand-off, None when there is none."""
    return session.scalar(_OPEN, {"of": conversation_id})


def begin(session: Session, conversation: Conversation, event: str, actor: str, **values: Any) -> Handoff:
    """Open a hand-off by its first event.

    Raises:
        NotPossible: the event begins none.
        IntegrityError: another is being opened in this moment.
    """
    edge = _edge(NONE, event, actor)
    if edge is None:
        raise NotPossible(NONE)
    now = values.pop("now", None) or utc_now()
    previous = sa.select(sa.func.max(Handoff.id)).where(Handoff.conversation_id == conversation.id)
    handoff = Handoff(conversation_id=conversation.id, created_at=now, previous_id=session.scalar(previous), version=0)
    handoff.reason = values.pop("reason", "")
    _set(handoff, _values(edge, handoff, now, values))
    session.add(handoff)
    session.flush()
    _follow(session, handoff, conversation, edge, actor, now, {})
    return handoff


def move(
    session: Session,
    handoff: Handoff,
    event: str,
    actor: str,
    now: dt.datetime | None = None,
    detail: Mapping[str, Any] | None = None,
    **values: Any,
) -> Handoff:
    """Take an edge, with other columns changed along; the hand-off passed in is brought up to date.

    ``actor`` is citizen, bot, clock or ``actor_of`` somebody. A further word of one who waits is no step.

    Raises:
        NotPossible: there is no such edge from the state it is in, or it has changed since it was read.
    """
    now = now or utc_now()
    edge = _edge(handoff.state, event, actor)
    if edge is None:
        raise _refusal(session, handoff)
    if event == "word" and edge.source == edge.target and handoff.waiting_since is not None:
        return handoff
    conversation = session.get(Conversation, handoff.conversation_id, populate_existing=True)
    changes = _values(edge, handoff, now, values)
    held = sa.and_(Handoff.id == handoff.id, Handoff.version == handoff.version)
    changed = sa.update(Handoff).where(held).values(**changes, version=handoff.version + 1)
    if not session.execute(changed.execution_options(synchronize_session=False)).rowcount:
        raise _refusal(session, handoff)
    session.refresh(handoff)
    _follow(session, handoff, conversation, edge, actor, now, detail or {})
    return handoff


def _edge(source: str, event: str, actor: str) -> Edge | None:
    edge = states.find(source, event)
    return edge if edge is not None and actor.partition(":")[0] in edge.actors else None


def _refusal(session: Session, handoff: Handoff) -> NotPossible:
    session.refresh(handoff)
    return NotPossible(handoff.state, holder_of(session, handoff))


def holder_of(session: Session, handoff: Handoff) -> str:
    """Return the name of who has the hand-off, "" when nobody has."""
    if handoff.state not in states.WITH_STAFF or handoff.staff_id is None:
        return ""
    return session.scalar(sa.select(Staff.name).where(Staff.id == handoff.staff_id)) or ""


def _values(edge: Edge, handoff: Handoff, now: dt.datetime, values: Mapping[str, Any]) -> dict[str, Any]:
    state = states.STATES[edge.target]
    due = now + state.after if state.after else None
    changes: dict[str, Any] = {"state": edge.target, "due_at": None if edge.event == "wait_long" else due}
    if edge.event == "word" and edge.target == "transferring":  # a word must not keep an offer open
        changes["due_at"] = handoff.due_at
    if edge.target == CLOSED:
        changes["closed_at"] = now
    if edge.source == "transferring" and edge.target != "transferring":
        changes.update(target_staff_id=None, target_unit=None)
    changes.update(_clocks(edge, handoff, now))
    return {**changes, **values}


def _clocks(edge: Edge, handoff: Handoff, now: dt.datetime) -> dict[str, Any]:
    """Return since when the citizen waits: from the wish, or the word, until the next reply of a person."""
    if edge.event == "reply":
        return {"waiting_since": None, "answered_at": handoff.answered_at or now}
    if edge.event == "word" or handoff.waiting_since is None and edge.target in ("queued", "callback"):
        return {"waiting_since": now}
    return {}


def _set(handoff: Handoff, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(handoff, name, value)


def _follow(
    session: Session,
    handoff: Handoff,
    conversation: Conversation,
    edge: Edge,
    actor: str,
    now: dt.datetime,
    detail: Mapping[str, Any],
) -> None:
    _own(session, conversation, owner_of(handoff))
    step = HandoffEvent(
        handoff_id=handoff.id,
        at=now,
        event=edge.event,
        from_state=edge.source,
        to_state=edge.target,
        actor=actor,
        after_seq=conversation.last_seq,
        detail=dict(detail),
    )
    session.add(step)
    session.flush()
    ring(session, conversation.id)


def owner_of(handoff: Handoff) -> str:
    """Return the owner of the conversation while its hand-off is as it is."""
    owner = states.STATES[handoff.state].owner
    return actor_of(handoff.staff_id) if owner == "staff" else owner


def _own(session: Session, conversation: Conversation, owner: str) -> None:
    """Give the conversation its owner; the version tells answers that were on their way that they come too late."""
    if conversation.owner in (owner, ERASED):
        return
    held = sa.and_(Conversation.id == conversation.id, Conversation.version == conversation.version)
    changed = sa.update(Conversation).where(held).values(owner=owner, version=Conversation.version + 1)
    if not session.execute(changed.execution_options(synchronize_session=False)).rowcount:
        raise NotPossible("changed")
    session.refresh(conversation)
