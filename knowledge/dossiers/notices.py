"""Which notices follow from what a citizen knows of a dossier and how it stands now. Pure functions."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from knowledge.calendar import calendar_of
from knowledge.dossiers.standing import CLOCKS, Clock, Promised, promised_at
from knowledge.profile import Profile

FINAL = frozenset({3, 8, 10})  # national statuses after which nothing is to be told any more
_RESULT, _SUPPLEMENT = 9, 5
_OPEN = (Clock.NOT_STARTED, Clock.RUNS, Clock.STOPPED, Clock.UNKNOWN)


class NoticeKind(str, Enum):
    """What a notice is about."""

    STATUS = "status"
    RESULT = "result"
    SUPPLEMENT = "supplement"
    NEW_DATE = "new_date"
    DUE = "due"


_KIND_OF = {_RESULT: NoticeKind.RESULT, _SUPPLEMENT: NoticeKind.SUPPLEMENT}


@dataclass(frozen=True)
class Due:
    """A notice to give; ``fact`` tells it from every other of its kind, in whatever process it is found."""

    kind: NoticeKind
    fact: str


class Told(Protocol):
    """What a citizen knows (``knowledge.models.Subscription``); moments are aware."""

    @property
    def status(self) -> int | None: ...
    @property
    def new_due_at(self) -> dt.datetime | None: ...
    @property
    def reminded_for(self) -> dt.datetime | None: ...
    @property
    def since(self) -> dt.datetime: ...
    @property
    def version(self) -> int: ...


def due_notices(told: Told, dossier: Promised, now: dt.datetime, profile: Profile) -> tuple[Due, ...]:
    """Return what is to be told now, in the order in which it is said.

    A status that changed several times is one notice, of what it is now; a step that nobody could map is none. A new
    date says by itself what a reminder would.
    """
    found = []
    if dossier.status is not None and dossier.status != told.status:
        kind = _KIND_OF.get(dossier.status, NoticeKind.STATUS)
        found.append(Due(kind, f"{dossier.status}:{told.version}"))
    if _has_new_date(told, dossier, now):
        found.append(Due(NoticeKind.NEW_DATE, _moment(dossier.new_due_at)))
    elif _is_due_next(told, dossier, now, profile):
        found.append(Due(NoticeKind.DUE, _moment(promised_at(dossier))))
    return tuple(found)


def _has_new_date(told: Told, dossier: Promised, now: dt.datetime) -> bool:
    """A new date that is over already, or of what is done, is no news worth an apology."""
    if dossier.new_due_at is None or dossier.new_due_at == told.new_due_at or dossier.new_due_at <= now:
        return False
    return CLOCKS.get(dossier.status, Clock.UNKNOWN) in _OPEN


def _is_due_next(told: Told, dossier: Promised, now: dt.datetime, profile: Profile) -> bool:
    """Tell whether the promised day is the next working one, and nothing has told the citizen of it yet."""
    promised = promised_at(dossier)
    if promised is None or promised == told.reminded_for or CLOCKS.get(dossier.status) is not Clock.RUNS:
        return False
    today, day, begun = (moment.astimezone(profile.time_zone).date() for moment in (now, promised, told.since))
    return begun < today < day <= calendar_of(profile).next_working_day(today)


def _moment(moment: dt.datetime | None) -> str:
    return moment.astimezone(dt.timezone.utc).isoformat(timespec="minutes") if moment else ""


def is_quiet(now: dt.datetime, profile: Profile) -> bool:
    """Tell whether nobody is to be disturbed at the moment."""
    begins, ends = profile.quiet_hours
    clock = now.astimezone(profile.time_zone).time()
    return begins <= clock < ends if begins <= ends else clock >= begins or clock < ends
