"""The queue: who comes first, and how long people really waited."""

from __future__ import annotations

import datetime as dt
import statistics
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.handoff.rules import Rules
from knowledge.models import Handoff, HandoffEvent

QUEUED = "queued"


def in_order() -> tuple[Any, ...]:
    """Return the order of the queue: who was sent back to it, then who has waited longest."""
    return (Handoff.rank.desc(), Handoff.waiting_since, Handoff.id)


def position(session: Session, handoff: Handoff) -> int:
    """Return the place in the queue of the unit, from 1."""
    since = handoff.waiting_since
    longer = sa.or_(Handoff.waiting_since < since, sa.and_(Handoff.waiting_since == since, Handoff.id < handoff.id))
    earlier = sa.or_(Handoff.rank > handoff.rank, sa.and_(Handoff.rank == handoff.rank, longer))
    before = sa.and_(Handoff.state == QUEUED, Handoff.unit_code == handoff.unit_code, earlier)
    return 1 + (session.scalar(sa.select(sa.func.count()).select_from(Handoff).where(before)) or 0)


def median_wait(session: Session, unit_code: str, rules: Rules) -> dt.timedelta | None:
    """Return the median of the unit's last real waits, from the wish to the claim; None when there are too few."""
    first = sa.func.min(HandoffEvent.at, type_=HandoffEvent.at.type)
    claims = (
        sa.select(HandoffEvent.handoff_id, first.label("at"))
        .where(HandoffEvent.event == "claim", HandoffEvent.from_state == QUEUED)
        .group_by(HandoffEvent.handoff_id)
        .subquery()
    )
    waits = (
        sa.select(Handoff.created_at, claims.c.at)
        .join(claims, claims.c.handoff_id == Handoff.id)
        .where(Handoff.unit_code == unit_code)
        .order_by(claims.c.at.desc())
        .limit(rules.waits_counted)
    )
    seconds = [(row.at - row.created_at).total_seconds() for row in session.execute(waits)]
    if len(seconds) < rules.waits_shown_from:
        return None
    return dt.timedelta(seconds=statistics.median(seconds))
