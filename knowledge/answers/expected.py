"""The day on which a result may be expected, said as what it is: an estimate, with what it leaves out."""

from __future__ import annotations

import datetime as dt

from knowledge.answers.wording import Texts, day, joined
from knowledge.deadlines import Estimate, estimate
from knowledge.models import Time
from knowledge.profile import Profile
from knowledge.records import TimeUnit


def expected(entry: Time, filed: dt.datetime, profile: Profile, texts: Texts) -> str:
    """Return the sentences for a processing time, "" where it tells no day: no unit, at once, the same day."""
    unit = TimeUnit(entry.unit)
    if unit in (TimeUnit.SAME_DAY, TimeUnit.IMMEDIATE, TimeUnit.UNKNOWN):
        return ""
    found = estimate(entry.max_amount or entry.amount, unit, filed, profile)
    return say_estimate(found, texts) if found else ""


def say_estimate(found: Estimate, texts: Texts) -> str:
    """Return an estimate in words: the day, which days do not count, and whether that may still change."""
    due = long_day(found.due.date(), texts)
    if found.unit is TimeUnit.HOUR:
        due = texts("expected.hour", hour=f"{found.due:%H:%M}", day=due)
    skipped = _skipped(found, texts)
    filed = long_day(found.received.date(), texts)
    said = [texts("expected.day", filed=filed, due=due, skipped=f" {skipped}" if skipped else "")]
    if found.made_up:
        days = joined([long_day(date, texts) for date in found.made_up], texts)
        said.append(texts("expected.made_up", days=days))
    if found.provisional:
        said.append(texts("expected.provisional", years=joined(_unsure_years(found), texts)))
    return " ".join(said)


def _skipped(found: Estimate, texts: Texts) -> str:
    holidays = [texts("expected.holiday", day=f"{one.date:%d/%m}", name=one.name) for one in found.skipped]
    if found.unit in (TimeUnit.DAY, TimeUnit.MONTH):
        return texts("expected.moved", days=joined(holidays, texts)) if holidays else ""
    days = joined([*texts.get("expected.weekend"), *holidays], texts)
    return texts("expected.skipped", days=days)


def _unsure_years(found: Estimate) -> list[str]:
    years = {one.date.year for one in found.skipped if not one.decided} or {found.due.year}
    return [str(year) for year in sorted(years)]


def long_day(date: dt.date, texts: Texts) -> str:
    """Return a day with its weekday: thứ Sáu 20/11/2026."""
    return f"{texts.get('weekday')[date.weekday()]} {day(date)}"
