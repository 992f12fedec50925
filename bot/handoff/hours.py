"""Whether staff can be expected to be at their desks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from knowledge.calendar import calendar_of
from knowledge.profile import load_profile

OpenHours = Callable[[dt.datetime], bool]


def office_hours() -> OpenHours:
    """Return the opening hours of the province's one-stop offices, holidays included."""
    return calendar_of(load_profile()).is_open
