"""Which unit a citizen's wish goes to, and whether anybody is there for it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from sqlalchemy.orm import Session

from bot.handoff import presence
from bot.handoff.rules import Rules
from knowledge.calendar import calendar_of
from knowledge.places import gazetteer_of
from knowledge.profile import load_profile
from knowledge.store import current_version

PROVINCE = "province"  # the province's own one-stop centre
Prospect = Literal["now", "later", "closed", "nobody"]


@dataclass(frozen=True)
class Route:
    """Where a wish goes.

    ``prospect``: ``now`` = somebody is ready; ``later`` = the office is open and nobody is; ``closed`` = out of hours;
    ``nobody`` = no staff work with this product yet. ``promised_at`` is by when, or from when, somebody answers;
    ``opening`` when the office opens next, None while it is open.
    """

    unit_code: str
    prospect: Prospect
    promised_at: dt.datetime | None
    opening: dt.datetime | None = None


def unit_for(session: Session, procedure_code: str, commune: str) -> str:
    """Return the unit for a procedure: the citizen's commune where communes handle it, else the province's centre."""
    version = current_version(session, procedure_code) if procedure_code else None
    levels = version.levels if version else ()
    return PROVINCE if "province" in levels and "commune" not in levels else commune


def route(session: Session, unit_code: str, rules: Rules, now: dt.datetime) -> Route:
    """Return what becomes of a wish for the unit ("" = not known) at this moment."""
    calendar = calendar_of(load_profile())
    opening = None if calendar.is_open(now) else calendar.next_opening(now)
    if presence.count_ready(session, unit_code, rules, now):
        return Route(unit_code, "now", None, opening)
    if not presence.has_staff(session, unit_code):
        return Route(unit_code, "nobody", None, opening)
    if opening:
        return Route(unit_code, "closed", opening, opening)
    due = now + rules.promise
    return Route(unit_code, "later", due if calendar.is_open(due) else calendar.next_opening(now) + rules.promise)


@lru_cache(maxsize=256)
def unit_name(unit_code: str) -> str:
    """Return a commune's name with its kind, "" for what is none."""
    try:
        return gazetteer_of(load_profile()).title(unit_code)
    except KeyError:
        return ""
