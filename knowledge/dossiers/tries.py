"""Counting tries that prove nothing, durably: per conversation and per code, whoever asks and whatever restarts.

A try is counted before anything is looked up and taken back when it succeeds, so that guesses made at the
same moment are all counted. Codes that do not exist are counted like those that do.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from knowledge.models import LookUpTry
from nlu.dossier_codes import match_key

MOST_MISSES = 5
PAUSE = dt.timedelta(minutes=15)  # the first; each further one within a day is twice as long
_LONGEST_PAUSE = dt.timedelta(hours=24)
_MEMORY = dt.timedelta(hours=24)


def subjects(conversation_id: str, codes: Sequence[str], secret: bytes) -> tuple[str, ...]:
    """Return the digests under which a look-up is counted: of the conversation first, then of each code."""
    named = (f"conversation:{conversation_id}", *(f"code:{match_key(code)}" for code in codes))
    return tuple(hmac.new(secret, f"tries:{name}".encode(), hashlib.sha256).hexdigest() for name in named)


def charge(session: Session, counted: Sequence[str], now: dt.datetime) -> dt.datetime | None:
    """Count a try for each subject; return until when they are paused (then nothing is counted), else None."""
    rows = _rows(session, counted, now)
    paused = [row.paused_until for row in rows if row.paused_until and row.paused_until > now]
    if paused:
        return max(paused)
    for row in rows:
        _count(row, now)
    return None


def _rows(session: Session, counted: Sequence[str], now: dt.datetime) -> list[LookUpTry]:
    """Return the rows, made where there are none, locked until the end of the transaction."""
    wanted = sorted(set(counted))  # one order for all, or two transactions wait for each other
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    fresh = [{"subject": subject, "misses": 0, "level": 0, "last_at": now} for subject in wanted]
    session.execute(insert(LookUpTry.__table__).values(fresh).on_conflict_do_nothing(index_elements=["subject"]))
    locked = sa.select(LookUpTry).where(LookUpTry.subject.in_(wanted)).order_by(LookUpTry.subject).with_for_update()
    return list(session.scalars(locked.execution_options(populate_existing=True)))


def _count(row: LookUpTry, now: dt.datetime) -> None:
    if row.last_at < now - _MEMORY:
        row.misses = row.level = 0
    row.last_at = now
    row.paused_until = None
    row.misses += 1
    if row.misses >= MOST_MISSES:
        row.paused_until = now + min(PAUSE * 2**row.level, _LONGEST_PAUSE)
        row.misses, row.level = 0, row.level + 1


def refund(session: Session, counted: Sequence[str], now: dt.datetime) -> None:
    """Take the last counted try back, for subjects of a look-up that succeeded."""
    for row in _rows(session, counted, now):
        if row.paused_until and row.paused_until > now:
            row.paused_until = None
            row.misses, row.level = MOST_MISSES - 1, row.level - 1
        else:
            row.misses = max(0, row.misses - 1)


def forgive(session: Session, subject: str) -> None:
    """Forget all tries of one subject."""
    _remove(session, LookUpTry.subject == subject)


def forget_old(session: Session, now: dt.datetime) -> None:
    """Remove what no longer counts; rows that are being counted just now are left alone."""
    old = sa.select(LookUpTry.subject).where(LookUpTry.last_at < now - _MEMORY - _LONGEST_PAUSE)
    _remove(session, LookUpTry.subject.in_(old.with_for_update(skip_locked=True)))


def _remove(session: Session, which: sa.sql.ColumnElement) -> None:
    session.execute(sa.delete(LookUpTry).where(which).execution_options(synchronize_session=False))
