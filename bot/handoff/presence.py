"""Who of the staff is there for whom."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.handoff.rules import Rules
from knowledge.models import Staff

READY, BUSY, AWAY = "ready", "busy", "away"
ANSWERING = ("admin", "head", "clerk")


def may_serve(unit_code: str) -> Any:
    """Return the condition on staff who serve a unit: its own, and those of the whole province ("" = anybody)."""
    able = sa.and_(Staff.is_active, Staff.role.in_(ANSWERING))
    return sa.and_(able, Staff.unit_code.in_(("", unit_code))) if unit_code else able


def serves(staff: Staff, unit_code: str) -> bool:
    """Tell whether one person serves a unit."""
    able = bool(staff.is_active) and staff.role in ANSWERING
    return able and (not unit_code or staff.unit_code in ("", unit_code))


def count_ready(session: Session, unit_code: str, rules: Rules, now: dt.datetime) -> int:
    """Return how many are ready to take a citizen of the unit now."""
    there = sa.and_(Staff.presence == READY, Staff.seen_at > now - rules.present_within)
    return session.scalar(sa.select(sa.func.count()).select_from(Staff).where(may_serve(unit_code), there)) or 0


def has_staff(session: Session, unit_code: str) -> bool:
    """Tell whether anybody at all serves the unit, there or not."""
    return session.scalar(sa.select(Staff.id).where(may_serve(unit_code)).limit(1)) is not None


def is_gone(staff: Staff | None, rules: Rules, now: dt.datetime) -> bool:
    """Tell whether a person is away, or has given no sign of life for so long that citizens must not wait for them."""
    if staff is None or not staff.is_active or staff.presence == AWAY or staff.seen_at is None:
        return True
    return bool(staff.seen_at <= now - rules.present_within)
