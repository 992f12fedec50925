"""The proof on its way from the front server to the look-up: by the database, never through Rasa.

It is sealed and in an envelope, waits a quarter of an hour at most, and is gone once it has been read.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from knowledge.models import ProofInHand
from knowledge.proof import LIFE, unwrap, wrap


def leave(session: Session, conversation_id: str, sealed: str, secret: bytes, now: dt.datetime) -> None:
    """Leave a sealed proof for the next look-up of a conversation, in the place of an earlier one."""
    old = ProofInHand.left_at < now - dt.timedelta(seconds=LIFE)
    _remove(session, sa.or_(old, ProofInHand.conversation_id == conversation_id))
    envelope = wrap(sealed, secret, now.timestamp())
    session.add(ProofInHand(conversation_id=conversation_id, envelope=envelope, left_at=now))


def take(session: Session, conversation_id: str, secret: bytes, now: dt.datetime) -> str | None:
    """Return the sealed proof, once; None when there is none, or one that is too old."""
    mine = ProofInHand.conversation_id == conversation_id
    envelope = session.scalar(sa.select(ProofInHand.envelope).where(mine))
    _remove(session, mine)
    return unwrap(envelope, secret, now.timestamp()) if envelope else None


def _remove(session: Session, which: sa.sql.ColumnElement) -> None:
    session.execute(sa.delete(ProofInHand).where(which).execution_options(synchronize_session=False))
