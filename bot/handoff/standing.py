"""How things stand between a citizen and people, for pages that show it beside the messages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.handoff import sayings, states, waiting
from bot.handoff.routing import unit_name
from bot.handoff.rules import Rules
from knowledge.calendar import calendar_of
from knowledge.models import Handoff, HandoffEvent, Staff, utc_now
from knowledge.profile import load_profile

_FRESH = 60.0  # seconds; the usual wait changes slowly and costs a look at many rows
_SHOWN: Mapping[str, str] = {
    "queued": "queued",
    "callback": "callback",
    "calling": "calling",
    "rating": "rating",
    **dict.fromkeys(states.WITH_STAFF, "staff"),
}
_BACK = tuple(name for name, state in states.STATES.items() if state.owner == "bot")


@dataclass(frozen=True)
class Standing:
    """What a page shows about people.

    ``state``: queued, staff, callback (a person answers later), calling (will telephone), rating, "" (the assistant
    answers). ``position`` in the queue from 1; ``wait_minutes`` is what it usually takes, None where that is
    not known; ``who`` answers and of which ``unit``; ``since`` ISO 8601; ``when`` by when or from when somebody
    answers, in words; ``back`` the numbers of the messages after which the assistant came back from people.
    """

    state: str
    position: int | None = None
    wait_minutes: int | None = None
    who: str = ""
    unit: str = ""
    since: str | None = None
    when: str = ""
    back: tuple[int, ...] = ()


class Standings:
    """Looks up how things stand; it remembers the usual waits for a minute."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._waits: dict[str, tuple[float, int | None]] = {}

    def read(self, session: Session, conversation_id: str, now: dt.datetime | None = None) -> Standing | None:
        """Return how it stands, None where people were never asked for."""
        mine = Handoff.conversation_id == conversation_id
        newest = session.scalar(sa.select(Handoff).where(mine).order_by(Handoff.id.desc()).limit(1))
        if newest is None:
            return None
        state, back = _SHOWN.get(newest.state, ""), _came_back(session, conversation_id)
        if state == "queued":
            return self._queued(session, newest, back)
        if state == "staff":
            return _with_staff(session, newest, back)
        if state == "callback":
            return Standing(
                state, unit=_whom(newest), since=_iso(newest.waiting_since), when=_when(newest, now), back=back
            )
        return Standing(state, back=back)

    def _queued(self, session: Session, handoff: Handoff, back: tuple[int, ...]) -> Standing:
        return Standing(
            "queued",
            position=waiting.position(session, handoff),
            wait_minutes=self._usual(session, handoff.unit_code),
            unit=_whom(handoff),
            since=_iso(handoff.waiting_since),
            back=back,
        )

    def _usual(self, session: Session, unit_code: str) -> int | None:
        at, minutes = self._waits.get(unit_code, (-_FRESH, None))
        if monotonic() - at >= _FRESH:
            wait = waiting.median_wait(session, unit_code, self._rules)
            minutes = None if wait is None else sayings.minutes_of(wait)
            self._waits[unit_code] = monotonic(), minutes
        return minutes


def _with_staff(session: Session, handoff: Handoff, back: tuple[int, ...]) -> Standing:
    person = session.get(Staff, handoff.staff_id)
    who, unit = (person.name, unit_name(person.unit_code)) if person else ("", "")
    return Standing("staff", who=who, unit=unit, since=_iso(handoff.claimed_at), back=back)


def _came_back(session: Session, conversation_id: str) -> tuple[int, ...]:
    """Return after which messages the assistant had the conversation again."""
    from_people = sa.and_(HandoffEvent.from_state.in_(states.WITH_STAFF), HandoffEvent.to_state.in_(_BACK))
    ended = sa.select(HandoffEvent.after_seq).join(Handoff, Handoff.id == HandoffEvent.handoff_id)
    mine = ended.where(Handoff.conversation_id == conversation_id, from_people)
    return tuple(session.scalars(mine.order_by(HandoffEvent.id)))


def _whom(handoff: Handoff) -> str:
    return sayings.whom(handoff.unit_code).replace("**", "")


def _when(handoff: Handoff, now: dt.datetime | None) -> str:
    """Return the promise in words; one that was not kept is not repeated."""
    promised = handoff.promised_at
    if promised is None or promised <= (now or utc_now()):
        return ""
    is_opening = calendar_of(load_profile()).next_opening(promised - dt.timedelta(seconds=1)) == promised
    return f"{sayings.word('from' if is_opening else 'before_time')} {sayings.moment(promised)}"


def _iso(at: dt.datetime | None) -> str | None:
    return at.isoformat() if at else None
