"""Where a dossier stands against the day that the office promised: in time, overdue, stopped, done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from knowledge.calendar import Calendar, calendar_of
from knowledge.models import Dossier, UtcDateTime
from knowledge.profile import Profile, load_profile

SOON = 2  # working days before the promised one, as the one-stop software counts
_STREAMED = 1000


class Clock(Enum):
    """What the time limit does in a status."""

    NOT_STARTED = "not_started"
    RUNS = "runs"
    STOPPED = "stopped"
    DONE = "done"
    CLOSED = "closed"
    UNKNOWN = "unknown"


# By national status (TrangThaiHoSo); only a running clock can be overdue. An unknown step may be any.
CLOCKS: Mapping[int | None, Clock] = {
    1: Clock.NOT_STARTED,
    2: Clock.RUNS,
    3: Clock.CLOSED,
    4: Clock.RUNS,
    5: Clock.STOPPED,
    6: Clock.STOPPED,
    7: Clock.CLOSED,
    8: Clock.CLOSED,
    9: Clock.DONE,
    10: Clock.DONE,
    None: Clock.UNKNOWN,
}
RUNNING = tuple(status for status, clock in CLOCKS.items() if clock is Clock.RUNS)
# The two as the index on promised dates has them: SQLite takes it only for numbers that are written out.
IS_RUNNING = Dossier.status.in_([sa.literal_column(str(status)) for status in RUNNING])
PROMISED = sa.func.coalesce(Dossier.new_due_at, Dossier.due_at, type_=UtcDateTime)


class Kind(Enum):
    """How a dossier stands; ``early``, ``on_time`` and ``late`` are done, ``unknown`` is of an unknown step."""

    NOT_STARTED = "not_started"
    NO_DATE = "no_date"
    IN_TIME = "in_time"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    STOPPED = "stopped"
    EARLY = "early"
    ON_TIME = "on_time"
    LATE = "late"
    DONE = "done"
    CLOSED = "closed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Standing:
    """How a dossier stands, the promised moment, and working days: left until it, or gone by since."""

    kind: Kind
    due: dt.datetime | None = None
    days: int = 0


class Promised(Protocol):
    """What the standing is told from; moments are aware, or None where the source gives none."""

    @property
    def status(self) -> int | None: ...
    @property
    def due_at(self) -> dt.datetime | None: ...
    @property
    def new_due_at(self) -> dt.datetime | None: ...
    @property
    def finished_at(self) -> dt.datetime | None: ...
    @property
    def returned_at(self) -> dt.datetime | None: ...


def promised_at(dossier: Promised) -> dt.datetime | None:
    """Return the promised moment that counts: the new one wins (in SQL: ``PROMISED``)."""
    return dossier.new_due_at or dossier.due_at


def standing(dossier: Promised, now: dt.datetime, profile: Profile) -> Standing:
    """Return how a dossier stands now.

    The new date wins over the first. What is done is measured by when it was finished, else returned;
    a result that nobody collects is not late.
    """
    clock = CLOCKS.get(dossier.status, Clock.UNKNOWN)
    due = promised_at(dossier)
    if clock is Clock.DONE:
        return _done(due, dossier.finished_at or dossier.returned_at, profile)
    if clock is not Clock.RUNS:
        return Standing(Kind(clock.value), due)
    if due is None:
        return Standing(Kind.NO_DATE)
    if now > due:
        return Standing(Kind.OVERDUE, due, working_days(due, now, profile))
    left = working_days(now, due, profile)
    return Standing(Kind.DUE_SOON if left <= SOON else Kind.IN_TIME, due, left)


def _done(due: dt.datetime | None, end: dt.datetime | None, profile: Profile) -> Standing:
    if due is None or end is None:
        return Standing(Kind.DONE, due)
    if end > due:
        return Standing(Kind.LATE, due, working_days(due, end, profile))
    is_same_day = end.astimezone(profile.time_zone).date() == due.astimezone(profile.time_zone).date()
    return Standing(Kind.ON_TIME if is_same_day else Kind.EARLY, due)


def working_days(start: dt.datetime, end: dt.datetime, profile: Profile) -> int:
    """Return the working days after the day of ``start`` up to and including that of ``end``."""
    first, last = (moment.astimezone(profile.time_zone).date() for moment in (start, end))
    return _counted(calendar_of(profile), first, last)


@lru_cache(maxsize=4096)  # a nightly scan meets the same few days a hundred thousand times
def _counted(calendar: Calendar, first: dt.date, last: dt.date) -> int:
    return calendar.working_days_between(first, last)


@dataclass(frozen=True)
class Watched:
    """A dossier of which a unit is to be told: the promised moment, and working days left or gone by."""

    id: int
    code: str
    procedure_code: str
    procedure_name: str
    unit: str
    due: dt.datetime
    days: int


def overdue(session: Session, now: dt.datetime, profile: Profile | None = None) -> Iterator[Watched]:
    """Yield the dossiers whose clock runs and whose promised moment is past, the oldest promise first."""
    return _watched(session, now, profile or load_profile(), now > PROMISED)


def due_soon(session: Session, now: dt.datetime, profile: Profile | None = None, days: int = SOON) -> Iterator[Watched]:
    """Yield the dossiers that are promised for today or one of the next working days, the nearest first."""
    profile = profile or load_profile()
    return _watched(session, now, profile, PROMISED.between(now, soon_ends(now, profile, days)))


def soon_ends(now: dt.datetime, profile: Profile, days: int = SOON) -> dt.datetime:
    """Return the last moment of the day that is so many working days ahead."""
    calendar = calendar_of(profile)
    last = calendar.closing(calendar.add_working_days(now.astimezone(profile.time_zone).date(), days))
    return last.replace(hour=23, minute=59, second=59)


def _watched(session: Session, now: dt.datetime, profile: Profile, when: sa.sql.ColumnElement) -> Iterator[Watched]:
    due = PROMISED.label("due")
    names = (Dossier.id, Dossier.code, Dossier.procedure_code, Dossier.procedure_name, Dossier.unit)
    wanted = sa.select(*names, due).where(IS_RUNNING, when).order_by(due, Dossier.id)
    for row in session.execute(wanted.execution_options(yield_per=_STREAMED)):
        days = working_days(min(row.due, now), max(row.due, now), profile)
        yield Watched(row.id, row.code, row.procedure_code, row.procedure_name, row.unit, row.due, days)
