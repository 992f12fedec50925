"""What stands in the database at the moment of asking, as figures: backlogs, waits, parts that are ill.

Every process reports the same of what is shared; dashboards and alerts take the largest.
"""

from __future__ import annotations

import datetime as dt
import math
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bot.handoff.waiting import QUEUED
from knowledge.models import Alert, Conversation, Handoff, InboxItem, OutboxItem, Spooled, utc_now

_OWED = (QUEUED, "callback")
_LEAST_FREE = 500 * 1024**2  # bytes: below, SQLite and PostgreSQL may soon refuse to write


@dataclass(frozen=True)
class Backlog:
    """How many wait, and for how many seconds the oldest of them has."""

    count: int = 0
    age: float = 0.0


@dataclass(frozen=True)
class Standing:
    """What is open: ``inbox`` of everybody, ``outbox`` by channel, ``people`` = citizens who wait for one.

    ``spool`` is what is written down and not taken in yet. ``parked`` counts by inbox and outbox, ``alerts`` the open
    ones by kind.
    """

    spool: Backlog
    inbox: Backlog
    outbox: Mapping[str, Backlog]
    people: Backlog
    parked: Mapping[str, int]
    alerts: Mapping[str, int]


def standing(session: Session, now: dt.datetime | None = None) -> Standing:
    """Return what is open now, in a handful of queries on indexed states."""
    now = now or utc_now()
    return Standing(
        spool=_one(session, Spooled.created_at, sa.true(), now),
        inbox=_one(session, InboxItem.created_at, InboxItem.state.in_(("new", "working")), now),
        outbox=_by_channel(session, now),
        people=_one(session, Handoff.waiting_since, sa.and_(Handoff.state.in_(_OWED), _is_open()), now),
        parked={
            "inbox": _count(session, InboxItem.id, InboxItem.state == "parked"),
            "outbox": _count(session, OutboxItem.id, OutboxItem.state == "parked"),
        },
        alerts=_alerts(session),
    )


def _is_open() -> sa.sql.ColumnElement:
    return sa.and_(Handoff.closed_at.is_(None), Handoff.waiting_since.is_not(None))


def _one(session: Session, since: sa.Column, condition: sa.sql.ColumnElement, now: dt.datetime) -> Backlog:
    oldest = sa.func.min(since, type_=since.type)
    count, first = session.execute(sa.select(sa.func.count(), oldest).where(condition)).one()
    return Backlog(count, _seconds(first, now))


def _by_channel(session: Session, now: dt.datetime) -> dict[str, Backlog]:
    oldest = sa.func.min(OutboxItem.created_at, type_=OutboxItem.created_at.type)
    rows = session.execute(
        sa.select(Conversation.channel, sa.func.count(), oldest)
        .join(Conversation, Conversation.id == OutboxItem.conversation_id)
        .where(OutboxItem.state.in_(("pending", "sending")))
        .group_by(Conversation.channel)
    )
    return {channel: Backlog(count, _seconds(first, now)) for channel, count, first in rows}


def _seconds(since: dt.datetime | None, now: dt.datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0


def _count(session: Session, column: sa.Column, condition: sa.sql.ColumnElement) -> int:
    return session.scalar(sa.select(sa.func.count(column)).where(condition)) or 0


def _alerts(session: Session) -> dict[str, int]:
    rows = sa.select(Alert.kind, sa.func.count()).where(Alert.cleared_at.is_(None)).group_by(Alert.kind)
    return {found.kind: found[1] for found in session.execute(rows)}


def has_room(folder: Path, free: int | None = None) -> bool:
    """Tell whether the disk of a folder (or of the nearest one above it) has room to go on writing."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return (shutil.disk_usage(folder).free if free is None else free) >= _LEAST_FREE


def connections(engine: Engine) -> tuple[int, float]:
    """Return how many connections of this process's pool are in use, and how many it may have."""
    pool = engine.pool
    if not isinstance(pool, sa.pool.QueuePool):
        return 0, math.inf
    more = pool._max_overflow  # there is no other way to ask; -1 = without limit
    return pool.checkedout(), math.inf if more < 0 else pool.size() + more
