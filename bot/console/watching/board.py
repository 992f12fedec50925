"""The team's board: who waits, who answers, how fast it goes today. Every figure leads to what is behind it."""

from __future__ import annotations

import datetime as dt
import statistics
from collections import defaultdict
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.console import rail
from bot.console.access import require
from bot.console.framing import framed
from bot.console.pages import VIETNAM
from bot.console.parts import console
from bot.console.person import Person
from bot.console.scope import handoffs_of
from bot.console.units import units
from bot.console.watching.history import minutes
from bot.handoff.states import WITH_STAFF
from bot.transactions import transaction
from knowledge.models import Handoff, HandoffEvent, Staff, utc_now

GOALS = (3, 10)  # minutes within which somebody answers
_THERE = dt.timedelta(minutes=2)  # since the last sign of an open console


@dataclass(frozen=True)
class Share:
    """How many of those who are counted were answered in time."""

    kept: int
    count: int

    @property
    def percent(self) -> int | None:
        """In whole percent, None when nobody is counted."""
        return round(100 * self.kept / self.count) if self.count else None


@dataclass(frozen=True)
class Unit:
    """A unit today: how many wait now, since when the longest, and the shares of ``GOALS``."""

    code: str
    name: str
    waiting: int
    since: dt.datetime | None
    shares: tuple[Share, ...]


@dataclass(frozen=True)
class OnDuty:
    """Somebody with an open console, and the conversations they have."""

    staff: Staff
    talks: tuple[str, ...]


@dataclass(frozen=True)
class Board:
    """How things stand; ``longest`` is who has waited longest, ``median`` in minutes over ``claims`` of today."""

    waiting: int
    active: int
    calls: int
    longest: Handoff | None
    waited: int
    median: float | None
    claims: int
    units: tuple[Unit, ...]
    on_duty: tuple[OnDuty, ...]
    today: dt.date


def routes() -> list[BaseRoute]:
    """Return the route of the board."""
    return [Route("/board", show)]


@require("reports")
async def show(request: Request, person: Person) -> Response:
    """Show the board."""
    found = await transaction(console(request).parts.sessions, read, person)
    return await framed(request, person, "watching/board.html", board=found, goals=GOALS)


def read(session: Session, person: Person, now: dt.datetime | None = None) -> Board:
    """Return how things stand for a person's scope at a moment."""
    now = now or utc_now()
    midnight = now.astimezone(VIETNAM).replace(hour=0, minute=0, second=0, microsecond=0)
    longest = _longest(session, person)
    waits = _waits(session, person, midnight)
    counts = rail.counts(session, person)
    return Board(
        waiting=counts.get("waiting", 0),
        active=_count_active(session, person),
        calls=counts.get("calls", 0),
        longest=longest,
        waited=minutes(longest.waiting_since, now) or 0 if longest else 0,
        median=statistics.median(waits) if waits else None,
        claims=len(waits),
        units=_units(session, person, midnight, now),
        on_duty=_on_duty(session, person, now),
        today=midnight.date(),
    )


def _count_active(session: Session, person: Person) -> int:
    held = sa.and_(Handoff.state.in_(WITH_STAFF), handoffs_of(person))
    return session.scalar(sa.select(sa.func.count(Handoff.id)).where(held)) or 0


def _longest(session: Session, person: Person) -> Handoff | None:
    queued = sa.and_(Handoff.state == "queued", Handoff.waiting_since.is_not(None), handoffs_of(person))
    return session.scalar(sa.select(Handoff).where(queued).order_by(Handoff.waiting_since).limit(1))


def _waits(session: Session, person: Person, since: dt.datetime) -> list[float]:
    """Return the minutes from the wish to the first claim, of the claims since a moment."""
    first = sa.func.min(HandoffEvent.at, type_=HandoffEvent.at.type).label("at")
    claims = (
        sa.select(HandoffEvent.handoff_id, first)
        .where(HandoffEvent.event == "claim", HandoffEvent.from_state == "queued", HandoffEvent.at >= since)
        .group_by(HandoffEvent.handoff_id)
        .subquery()
    )
    claimed = sa.select(Handoff.created_at, claims.c.at).join(claims, claims.c.handoff_id == Handoff.id)
    return [
        (row.at - row.created_at).total_seconds() / 60 for row in session.execute(claimed.where(handoffs_of(person)))
    ]


def _units(session: Session, person: Person, since: dt.datetime, now: dt.datetime) -> tuple[Unit, ...]:
    queued = sa.exists().where(HandoffEvent.handoff_id == Handoff.id, HandoffEvent.to_state == "queued")
    asked_today = sa.and_(Handoff.created_at >= since, queued)
    wanted = sa.select(Handoff).where(handoffs_of(person), sa.or_(asked_today, Handoff.state == "queued"))
    by_unit: defaultdict[str, list[Handoff]] = defaultdict(list)
    for handoff in session.scalars(wanted):
        by_unit[handoff.unit_code].append(handoff)
    names = units(session)
    made = [_unit(code, names.get(code, code), found, since, now) for code, found in by_unit.items()]
    return tuple(sorted(made, key=lambda unit: (-unit.waiting, unit.name)))


def _unit(code: str, name: str, found: list[Handoff], since: dt.datetime, now: dt.datetime) -> Unit:
    waiting = [one for one in found if one.state == "queued"]
    today = [one for one in found if one.created_at >= since]
    starts = [one.waiting_since or one.created_at for one in waiting]
    return Unit(code, name, len(waiting), min(starts, default=None), tuple(share(today, goal, now) for goal in GOALS))


def share(found: list[Handoff], goal: int, now: dt.datetime) -> Share:
    """Return who was answered within so many minutes; who still may be is not counted yet."""
    patience = dt.timedelta(minutes=goal)
    kept = sum(1 for one in found if one.answered_at and one.answered_at - one.created_at <= patience)
    late = sum(1 for one in found if (one.answered_at or one.closed_at or now) - one.created_at > patience)
    return Share(kept, kept + late)


def _on_duty(session: Session, person: Person, now: dt.datetime) -> tuple[OnDuty, ...]:
    there = sa.and_(Staff.is_active.is_(True), Staff.seen_at > now - _THERE)
    if person.unit_code:
        there = sa.and_(there, Staff.unit_code.in_(("", person.unit_code)))
    people = list(session.scalars(sa.select(Staff).where(there).order_by(Staff.name)))
    held = sa.and_(Handoff.state.in_(WITH_STAFF), Handoff.staff_id.in_([one.id for one in people]), handoffs_of(person))
    talks: defaultdict[int, list[str]] = defaultdict(list)
    for row in session.execute(sa.select(Handoff.staff_id, Handoff.conversation_id).where(held).order_by(Handoff.id)):
        talks[row.staff_id].append(row.conversation_id)
    return tuple(OnDuty(one, tuple(talks[one.id])) for one in people)
