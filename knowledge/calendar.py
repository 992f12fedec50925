"""Working days of the province: public holidays, make-up Saturdays, opening hours.

Built on the ``holidays`` library plus the province's dated override file, which wins.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import holidays

from knowledge.profile import Profile

_NOON = dt.time(12)


@dataclass(frozen=True)
class DayOff:
    """A public holiday on a weekday; ``decided`` is false while the year is provisional."""

    date: dt.date
    name: str
    decided: bool


class Calendar:
    """Answers which days are worked."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._public = holidays.country_holidays("VN", language="vi")
        dated = profile.read_yaml("calendar.yml")
        self._overrides = {entry["date"]: entry for entry in dated["days"]}
        self._provisional = frozenset(dated["provisional_years"])

    def is_working_day(self, date: dt.date) -> bool:
        """Tell whether offices work on the day."""
        override = self._overrides.get(date)
        if override is not None:
            return override["kind"] in ("work", "half")  # YAML reads off as false
        return date.weekday() < 5 and date not in self._public

    def is_provisional(self, date: dt.date) -> bool:
        """Tell whether the holidays of the day's year are not yet decided."""
        return date.year in self._provisional

    def day_off(self, date: dt.date) -> DayOff | None:
        """Return the holiday that makes a weekday free, if any."""
        if self.is_working_day(date) or date.weekday() >= 5:
            return None
        override = self._overrides.get(date)
        name = override["name"] if override else self._public.get(date, "")
        decided = bool(override["decided"]) if override else not self.is_provisional(date)
        return DayOff(date, name, decided)

    def add_working_days(self, start: dt.date, days: int) -> dt.date:
        """Return the day ``days`` working days after ``start``; counting begins the day after."""
        date = start
        while days > 0:
            date += dt.timedelta(days=1)
            days -= self.is_working_day(date)
        return date

    def working_days_between(self, start: dt.date, end: dt.date) -> int:
        """Return the number of working days after ``start`` up to and including ``end``."""
        return sum(map(self.is_working_day, _days(start, end)))

    def next_working_day(self, date: dt.date) -> dt.date:
        """Return the first working day after the date."""
        return self.add_working_days(date, 1)

    def is_open(self, moment: dt.datetime) -> bool:
        """Tell whether one-stop offices are open at the moment (any time zone)."""
        local = moment.astimezone(self._profile.time_zone)
        return any(start <= local.time() < end for start, end in self.hours(local.date()))

    def next_opening(self, moment: dt.datetime) -> dt.datetime:
        """Return when offices open next, in the province's time zone."""
        local = moment.astimezone(self._profile.time_zone)
        for offset in range(60):
            date = local.date() + dt.timedelta(days=offset)
            for start, _ in self.hours(date):
                opening = dt.datetime.combine(date, start, self._profile.time_zone)
                if opening > local:
                    return opening
        raise ValueError("no opening hours within sixty days: check the province's profile")

    def hours(self, date: dt.date) -> tuple[tuple[dt.time, dt.time], ...]:
        """Return the (from, to) pairs in which offices are open on the day; of a half-day the morning ones."""
        override = self._overrides.get(date)
        if override is not None and override["kind"] == "half":
            return tuple(span for span in self._profile.hours if span[0] < _NOON)
        if self.is_working_day(date):
            return self._profile.hours
        is_saturday = date.weekday() == 5 and override is None and date not in self._public
        return self._profile.saturday if is_saturday else ()

    def closing(self, date: dt.date) -> dt.datetime:
        """Return when offices close on a day, in the province's time zone; on a day off, when they usually would."""
        spans = self.hours(date) or self._profile.hours
        return dt.datetime.combine(date, spans[-1][1], self._profile.time_zone)

    def days_off(self, start: dt.date, end: dt.date) -> tuple[DayOff, ...]:
        """Return the holidays on weekdays after ``start`` up to and including ``end``."""
        found = (self.day_off(date) for date in _days(start, end))
        return tuple(day for day in found if day is not None)

    def made_up(self, start: dt.date, end: dt.date) -> tuple[dt.date, ...]:
        """Return the Saturdays and Sundays after ``start`` up to and including ``end`` that are worked."""
        return tuple(date for date in _days(start, end) if date.weekday() >= 5 and self.is_working_day(date))


def _days(start: dt.date, end: dt.date) -> Iterator[dt.date]:
    return (start + dt.timedelta(days=n) for n in range(1, (end - start).days + 1))


@lru_cache(maxsize=4)
def calendar_of(profile: Profile) -> Calendar:
    """Return the calendar of a province, made once."""
    return Calendar(profile)
