"""One turn of a conversation as the dialogue needs it, read from Rasa's tracker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

_REMEMBERED = 3  # procedures; further back nobody says "the one before"


@dataclass(frozen=True)
class State:
    """What a conversation remembers between turns.

    ``procedure`` is the code at hand, ``earlier`` those before it, newest first, ``aspects`` what was
    last asked, ``candidates`` codes just offered, ``guess`` the likeliest of them, ``unit`` the
    citizen's unit, ``misses`` how often in a row nothing was found.
    """

    procedure: str = ""
    aspects: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    unit: str = ""
    misses: int = 0
    earlier: tuple[str, ...] = ()
    guess: str = ""

    def with_(self, **changes: Any) -> State:
        """Return a copy with the changes."""
        return replace(self, **changes)

    def turned_to(self, code: str) -> State:
        """Return the state in which that procedure is talked about."""
        before = [self.procedure, *self.earlier] if code != self.procedure else list(self.earlier)
        earlier = tuple(other for other in before if other and other != code)[:_REMEMBERED]
        return replace(self, procedure=code, earlier=earlier, guess="")


@dataclass(frozen=True)
class Turn:
    """What the citizen just did: free text, or a button with its entities."""

    text: str
    intent: str
    confidence: float = 1.0
    aspects: tuple[str, ...] = ()
    procedure: str = ""
    unit: str = ""
    tapped: bool = False


def read_state(slots: Mapping[str, Any]) -> State:
    """Return the state kept in Rasa's slots."""
    return State(
        procedure=slots.get("procedure") or "",
        earlier=tuple(slots.get("earlier") or ()),
        guess=slots.get("guess") or "",
        aspects=tuple(slots.get("aspects") or ()),
        candidates=tuple(slots.get("candidates") or ()),
        unit=slots.get("unit") or "",
        misses=int(slots.get("misses") or 0),
    )


def write_state(state: State) -> dict[str, Any]:
    """Return slot values for the state; empty values clear a slot."""
    return {
        "procedure": state.procedure or None,
        "earlier": list(state.earlier) or None,
        "guess": state.guess or None,
        "aspects": list(state.aspects) or None,
        "candidates": list(state.candidates) or None,
        "unit": state.unit or None,
        "misses": state.misses or None,
    }


def changed(before: State, after: State) -> dict[str, Any]:
    """Return the slot values that differ; what is not set again need not be stored, sent and read again."""
    stood = write_state(before)
    return {name: value for name, value in write_state(after).items() if value != stood[name]}


def read_turn(message: Mapping[str, Any]) -> Turn:
    """Return the turn in Rasa's latest message."""
    entities = message.get("entities") or []
    text = message.get("text") or ""
    tapped = text.startswith("/")  # typed slashes are removed by the front server
    intent = message.get("intent") or {}
    return Turn(
        text="" if tapped else text,
        intent=intent.get("name") or "",
        confidence=float(intent.get("confidence") or 0.0),
        aspects=tuple(dict.fromkeys(_values(entities, "aspect"))),
        procedure=next(iter(_values(entities, "procedure")), ""),
        unit=next(iter(_values(entities, "unit")), ""),
        tapped=tapped,
    )


def _values(entities: list[Mapping[str, Any]], name: str) -> list[str]:
    found: list[str] = []
    for entity in entities:
        if entity.get("entity") == name:
            value = entity.get("value")
            found.extend(map(str, value) if isinstance(value, list) else [str(value)])
    return found
