"""Signed-in browsers: rows of the database, known by the digest of a random secret in a cookie."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.console.person import Person
from knowledge.models import Staff, StaffSession, utc_now

IDLE = dt.timedelta(minutes=30)  # without any open console
LONGEST = dt.timedelta(hours=12)
TOUCH_EVERY = dt.timedelta(seconds=30)
_SECRET = 43  # characters of 32 random bytes


def new_secret() -> str:
    """Return what goes into the cookie."""
    return secrets.token_urlsafe(32)


def is_secret(raw: str) -> bool:
    """Tell whether a cookie has the shape of a secret."""
    return len(raw) == _SECRET and raw.isascii()


def session_id(secret: str) -> str:
    """Return the key of a secret's row."""
    return hashlib.sha256(secret.encode()).hexdigest()


def csrf_token(key: bytes, secret: str) -> str:
    """Return the token that only pages given to this browser can know."""
    return hmac.new(key, b"console-csrf:" + secret.encode(), hashlib.sha256).hexdigest()


def begin(session: Session, staff_id: int, secret: str, now: dt.datetime | None = None) -> None:
    """Let a browser in, and remove what is over."""
    at = now or utc_now()
    session.execute(sa.delete(StaffSession).where(_is_over(at)))
    row = StaffSession(id=session_id(secret), staff_id=staff_id, created_at=at, seen_at=at, expires_at=at + LONGEST)
    session.add(row)
    session.execute(sa.update(Staff).where(Staff.id == staff_id).values(seen_at=at))


def find(session: Session, secret: str, now: dt.datetime | None = None) -> Person | None:
    """Return who the browser belongs to, None when its session is over or its account disabled."""
    if not is_secret(secret):
        return None
    at, key = now or utc_now(), session_id(secret)
    found = session.execute(
        sa.select(StaffSession, Staff)
        .join(Staff, Staff.id == StaffSession.staff_id)
        .where(StaffSession.id == key, Staff.is_active.is_(True), sa.not_(_is_over(at)))
    ).first()
    if found is None:
        return None
    row, staff = found
    if at - row.seen_at >= TOUCH_EVERY:
        touch(session, key, staff.id, at)
    return Person.of(staff, key)


def touch(session: Session, key: str, staff_id: int, at: dt.datetime) -> None:
    """Note that the console is open."""
    session.execute(sa.update(StaffSession).where(StaffSession.id == key).values(seen_at=at))
    session.execute(sa.update(Staff).where(Staff.id == staff_id).values(seen_at=at))


def end(session: Session, key: str) -> None:
    """Sign one browser out."""
    session.execute(sa.delete(StaffSession).where(StaffSession.id == key))


def end_all(session: Session, staff_id: int) -> None:
    """Sign a person out everywhere."""
    session.execute(sa.delete(StaffSession).where(StaffSession.staff_id == staff_id))


def _is_over(at: dt.datetime) -> sa.sql.ColumnElement:
    return sa.or_(StaffSession.expires_at <= at, StaffSession.seen_at <= at - IDLE)
