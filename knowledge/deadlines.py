"""The day on which a result may be expected, before one files; afterwards the date of the system wins."""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from dataclasses import dataclass

from knowledge.calendar import Calendar, DayOff, calendar_of
from knowledge.dossiers.standing import due_soon, overdue, standing
from knowledge.errors import KnowledgeError
from knowledge.profile import Profile
from knowledge.records import TimeUnit

__all__ = ["DateRefused", "Estimate", "due_soon", "estimate", "new_date", "overdue", "proposed", "standing", "taken_in"]

_HOURS_A_DAY = 8  # of work, as the one-stop software counts
_ONE_DAY = dt.timedelta(days=1)
_LONGEST_DELAY = dt.timedelta(days=366)  # a later date is a slip of the finger


class DateRefused(KnowledgeError):
    """A day on which no result can be promised anew: ``past``, ``not_later``, ``day_off`` or ``too_far``."""


@dataclass(frozen=True)
class Estimate:
    """When the result of what is filed at ``filed`` may be expected; it is counted from ``received``.

    ``due`` is when offices close on the day, or the hour for limits in hours. ``skipped`` are holidays on
    weekdays that do not count, ``made_up`` weekend days that do. ``provisional`` is true while the
    holidays of a year that it touches are not decided.
    """

    filed: dt.datetime
    received: dt.datetime
    due: dt.datetime
    amount: float | None
    unit: TimeUnit
    skipped: tuple[DayOff, ...]
    made_up: tuple[dt.date, ...]
    provisional: bool


def estimate(amount: float | None, unit: TimeUnit, filed: dt.datetime, profile: Profile) -> Estimate | None:
    """Return the estimate for a limit, None when its unit is not known.

    Counting starts the day after receipt. Part of a working day counts as hours, which run from receipt
    itself. A limit in days or months that ends on a day off ends on the next working day. What is to be
    done the same day and comes after the cut-off (15:00) is done the next working day.
    """
    if unit is TimeUnit.UNKNOWN:
        return None
    calendar, filed = calendar_of(profile), filed.astimezone(profile.time_zone)
    received = taken_in(filed, calendar)
    due, counted_from = _due(amount or 0, unit, received, calendar, profile)
    waiting, counting = (filed.date() - _ONE_DAY, received.date()), (counted_from, due.date())
    skipped = tuple(dict.fromkeys((*calendar.days_off(*waiting), *calendar.days_off(*counting))))
    unsure = calendar.is_provisional(received.date()) or calendar.is_provisional(due.date())
    return Estimate(
        filed=filed,
        received=received,
        due=due,
        amount=amount,
        unit=unit,
        skipped=skipped,
        made_up=calendar.made_up(*counting),
        provisional=unsure or not all(day.decided for day in skipped),
    )


def taken_in(filed: dt.datetime, calendar: Calendar) -> dt.datetime:
    """Return when offices receive what is filed: at once while they are open, else when they open next."""
    return filed if calendar.is_open(filed) else calendar.next_opening(filed)


def _due(
    amount: float, unit: TimeUnit, received: dt.datetime, calendar: Calendar, profile: Profile
) -> tuple[dt.datetime, dt.date]:
    """Return when the limit ends, and the day after which days off were left out."""
    today = received.date()
    if unit is TimeUnit.IMMEDIATE:
        return received, today
    if unit is TimeUnit.SAME_DAY:
        is_late = received.time() > profile.same_day_cutoff
        return calendar.closing(calendar.next_working_day(today) if is_late else today), today
    if unit is TimeUnit.HOUR or (unit is TimeUnit.WORKING_DAY and amount % 1):
        hours = amount if unit is TimeUnit.HOUR else amount * _HOURS_A_DAY
        return _after_hours(received, hours, calendar, profile), today
    if unit is TimeUnit.WORKING_DAY:
        return calendar.closing(calendar.add_working_days(today, int(amount))), today
    last = today + dt.timedelta(days=amount) if unit is TimeUnit.DAY else _months_after(today, int(amount))
    is_worked = calendar.is_working_day(last)
    return calendar.closing(last if is_worked else calendar.next_working_day(last)), last - _ONE_DAY


def _after_hours(start: dt.datetime, hours: float, calendar: Calendar, profile: Profile) -> dt.datetime:
    """Return the moment when so many office hours of working days have gone by."""
    left, date = dt.timedelta(hours=hours), start.date()
    while True:
        for opens, closes in calendar.hours(date) if calendar.is_working_day(date) else ():
            begin = max(start, dt.datetime.combine(date, opens, profile.time_zone))
            end = dt.datetime.combine(date, closes, profile.time_zone)
            if begin + left <= end:
                return begin + left
            left -= max(end - begin, dt.timedelta())
        date += _ONE_DAY


def _months_after(date: dt.date, months: int) -> dt.date:
    years, month = divmod(date.month - 1 + months, 12)
    year = date.year + years
    return dt.date(year, month + 1, min(date.day, monthrange(year, month + 1)[1]))


def new_date(date: dt.date, promised: dt.datetime, now: dt.datetime, profile: Profile) -> dt.datetime:
    """Return the moment that a new date promises: when offices close on that day.

    Raises:
        DateRefused: the day is not after today, not after the first promise, no working day, or too far away.
    """
    today, calendar = now.astimezone(profile.time_zone).date(), calendar_of(profile)
    if date <= today:
        raise DateRefused("past")
    if date <= promised.astimezone(profile.time_zone).date():
        raise DateRefused("not_later")
    if date - today > _LONGEST_DELAY:
        raise DateRefused("too_far")
    if not calendar.is_working_day(date):
        raise DateRefused("day_off")
    return calendar.closing(date)


def proposed(days: int, promised: dt.datetime, now: dt.datetime, profile: Profile) -> dt.date:
    """Return the day so many working days after today, or after the first promise where that is still to come."""
    start = max(promised, now).astimezone(profile.time_zone).date()
    return calendar_of(profile).add_working_days(start, days)
