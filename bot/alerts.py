"""Alerts for staff: raised where something breaks, merged when it repeats, cleared when it works again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from knowledge.models import Alert, utc_now

log = structlog.get_logger("alerts")

# what has happened and stays so: a person ends these; all others end by themselves when it works again
EVENTS = frozenset({"uncertain", "parked", "window_closed", "too_old", "unstorable", "erasure"})


def raise_alert(
    session: Session,
    kind: str,
    channel: str,
    text_key: str,
    details: Mapping[str, Any] | None = None,
    now: dt.datetime | None = None,
) -> None:
    """Open an alert, or count it when it is open; ``details`` must hold no secret and nothing a citizen wrote."""
    now, details = now or utc_now(), dict(details or {})
    if _count(session, kind, channel, text_key, details, now):
        return
    log.warning("alert.raised", kind=kind, channel=channel, text=text_key)
    try:
        with session.begin_nested():
            opened = Alert(kind=kind, channel=channel, text_key=text_key, details=details, first_at=now, last_at=now)
            session.add(opened)
    except IntegrityError:  # another process opened it in the same moment
        _count(session, kind, channel, text_key, details, now)


def _count(
    session: Session, kind: str, channel: str, text_key: str, details: Mapping[str, Any], now: dt.datetime
) -> bool:
    again = sa.update(Alert).where(_is_open(kind, channel), Alert.text_key == text_key)
    values = {"count": Alert.count + 1, "last_at": now, "details": details}
    return bool(session.execute(again.values(values).execution_options(synchronize_session=False)).rowcount)


def _is_open(kind: str, channel: str) -> Any:
    return sa.and_(Alert.kind == kind, Alert.channel == channel, Alert.cleared_at.is_(None))


def clear_alerts(session: Session, kind: str, channel: str, now: dt.datetime | None = None) -> bool:
    """Close the open alerts of a kind, because it works again; tell whether there were any."""
    if session.scalar(sa.select(Alert.id).where(_is_open(kind, channel)).limit(1)) is None:
        return False  # the usual case takes no write lock
    closing = sa.update(Alert).where(_is_open(kind, channel)).values(cleared_at=now or utc_now())
    session.execute(closing.execution_options(synchronize_session=False))
    return True


def see(session: Session, alert_id: int, count: int, now: dt.datetime | None = None) -> bool:
    """Close the open alert of an event that somebody has seen so many times; False = there is none, or it has grown."""
    seen = sa.update(Alert).where(Alert.id == alert_id, Alert.kind.in_(EVENTS), Alert.cleared_at.is_(None))
    seen = seen.where(Alert.count == count)
    values = {"cleared_at": now or utc_now()}
    return bool(session.execute(seen.values(values).execution_options(synchronize_session=False)).rowcount)


def open_alerts(session: Session) -> list[Alert]:
    """Return the open alerts, the newest first."""
    return list(session.scalars(sa.select(Alert).where(Alert.cleared_at.is_(None)).order_by(Alert.last_at.desc())))
