"""What happens because time goes by. The times stand in the database: a restart loses none of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import anyio
import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session, sessionmaker

from bot.handoff import presence, sayings, states, waiting
from bot.handoff.citizen import tell
from bot.handoff.moves import NotPossible, move
from bot.handoff.routing import route
from bot.handoff.rules import Rules
from bot.transactions import transaction
from knowledge.models import Conversation, Handoff, Staff, utc_now
from knowledge.reply import Reply

log = structlog.get_logger("handoff")

_LOOK_EVERY = 5.0  # seconds
_CLOCK = "clock"
Told = Callable[[str], None]


@dataclass
class Clock:
    """Fires what is due; ``told(conversation_id)`` wakes those who show it.

    Two clocks do no harm: a step is taken once. After a start it judges nobody's absence until open consoles have
    had the time to come back: else a restart would send every waiting citizen home.
    """

    sessions: sessionmaker
    rules: Rules
    told: Told

    async def run(self) -> None:
        """Look every few seconds, for ever."""
        judges_from = utc_now() + self.rules.present_within
        while True:
            try:
                await self.look(judges_from)
            except Exception as error:  # the database is away: what is due stays due
                log.error("clock.failed", error=type(error).__name__)
            await anyio.sleep(_LOOK_EVERY)

    async def look(self, judges_from: dt.datetime) -> None:
        """Take every step that is due now."""
        now = utc_now()
        judges = now >= judges_from
        for handoff_id in await transaction(self.sessions, due, self.rules, now, judges):
            try:
                conversation_id = await transaction(self.sessions, fire, handoff_id, self.rules, now, judges)
            except NotPossible:  # somebody did something in the same moment
                continue
            if conversation_id:
                self.told(conversation_id)


def due(session: Session, rules: Rules, now: dt.datetime, judges: bool = True) -> list[int]:
    """Return the hand-offs for which the time has come and, if it ``judges``, those whose people are gone."""
    by_time = sa.and_(Handoff.closed_at.is_(None), Handoff.due_at <= now)
    found = list(session.scalars(sa.select(Handoff.id).where(by_time).order_by(Handoff.due_at)))
    if not judges:
        return found
    return list(dict.fromkeys([*found, *_left_alone(session, rules, now), *_nobody_there(session, rules, now)]))


def _left_alone(session: Session, rules: Rules, now: dt.datetime) -> list[int]:
    """A citizen who is owed an answer by a person who is gone."""
    held = (
        sa.select(Handoff.id, Staff)
        .join(Staff, Staff.id == Handoff.staff_id)
        .where(Handoff.state == "active", Handoff.waiting_since.is_not(None))
    )
    return [row.id for row in session.execute(held) if presence.is_gone(row.Staff, rules, now)]


def _nobody_there(session: Session, rules: Rules, now: dt.datetime) -> list[int]:
    """Those who wait in a queue that nobody looks at."""
    units = session.scalars(sa.select(Handoff.unit_code).where(Handoff.state == waiting.QUEUED).distinct())
    empty = [unit for unit in units if not _anybody_there(session, unit, rules, now)]
    if not empty:
        return []
    theirs = sa.and_(Handoff.state == waiting.QUEUED, Handoff.unit_code.in_(empty))
    return list(session.scalars(sa.select(Handoff.id).where(theirs)))


def _anybody_there(session: Session, unit_code: str, rules: Rules, now: dt.datetime) -> bool:
    """Tell whether somebody who serves the unit has a console open, busy or not."""
    there = sa.and_(Staff.presence != presence.AWAY, Staff.seen_at > now - rules.present_within)
    one = sa.select(Staff.id).where(presence.may_serve(unit_code), there).limit(1)
    return session.scalar(one) is not None


def fire(session: Session, handoff_id: int, rules: Rules, now: dt.datetime, judges: bool = True) -> str:
    """Take the step that is due for a hand-off and return its conversation, "" when there is none any more."""
    handoff = session.get(Handoff, handoff_id, populate_existing=True)
    if handoff is None or handoff.closed_at is not None:
        return ""
    said = _fire(session, handoff, rules, now, judges)
    if said is False:
        return ""
    if isinstance(said, Reply):
        conversation = session.get(Conversation, handoff.conversation_id)
        tell(session, conversation, said, f"handoff:{handoff.id}:{handoff.version}")
    return str(handoff.conversation_id)


def _fire(session: Session, handoff: Handoff, rules: Rules, now: dt.datetime, judges: bool) -> Reply | None | bool:
    """Return what the citizen is told, None = nothing, False = no step was due."""
    if judges and handoff.state == waiting.QUEUED and not _anybody_there(session, handoff.unit_code, rules, now):
        way = route(session, handoff.unit_code, rules, now)
        move(session, handoff, "nobody_there", _CLOCK, now, promised_at=way.promised_at)
        return sayings.nobody_there(way)
    if handoff.state == "active" and (_is_due(handoff, now) or judges and _is_deserted(session, handoff, rules, now)):
        return _let_go(session, handoff, now)
    if not _is_due(handoff, now):
        return False
    return _by_time(session, handoff, now)


def _is_deserted(session: Session, handoff: Handoff, rules: Rules, now: dt.datetime) -> bool:
    return handoff.waiting_since is not None and presence.is_gone(session.get(Staff, handoff.staff_id), rules, now)


def _is_due(handoff: Handoff, now: dt.datetime) -> bool:
    return handoff.due_at is not None and handoff.due_at <= now


def _let_go(session: Session, handoff: Handoff, now: dt.datetime) -> Reply:
    left = session.scalar(sa.select(Staff.name).where(Staff.id == handoff.staff_id))
    move(session, handoff, "let_go", _CLOCK, now, detail={"from": left}, staff_id=None, rank=1)
    return sayings.reply("returned")


def _by_time(session: Session, handoff: Handoff, now: dt.datetime) -> Reply | None | bool:
    event = states.STATES[handoff.state].fires
    if not event:
        return False
    since = handoff.waiting_since or handoff.created_at
    changes: dict[str, Any] = {"close_reason": "silent"} if event == "close_over" else {}
    if event == "let_go":  # a call that was never made
        changes = {"staff_id": None}
    move(session, handoff, event, _CLOCK, now, **changes)
    if event == "wait_long":
        return sayings.wait_long(now - since, waiting.position(session, handoff))
    return sayings.reply("ended") if event == "close_over" else None
