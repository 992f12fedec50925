"""Whether staff can be expected to be at their desks."""

from __future__ import annotations

import datetime as dt
import importlib
from collections.abc import Callable
from zoneinfo import ZoneInfo

OpenHours = Callable[[dt.datetime], bool]

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
_SESSIONS = ((dt.time(7, 0), dt.time(11, 30)), (dt.time(13, 30), dt.time(17, 0)))


def office_hours() -> OpenHours:
    """Return the province's hours when the knowledge room has them, else the usual weekday hours."""
    try:
        return importlib.import_module("knowledge.calendar").is_open
    except (ImportError, AttributeError):
        return weekday_hours


def weekday_hours(now: dt.datetime) -> bool:
    """Tell whether it is Monday to Friday, 7:00–11:30 or 13:30–17:00 in Vietnam; knows no holidays."""
    here = now.astimezone(VIETNAM)
    return here.weekday() < 5 and any(start <= here.time() < end for start, end in _SESSIONS)
