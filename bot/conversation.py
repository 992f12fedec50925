"""Conversations and their messages in the database."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from bot.delivery.bell import ring
from knowledge.models import Conversation, Message, utc_now

ERASED = "erased"  # the owner of a conversation that is closed for good


@dataclass(frozen=True)
class Line:
    """A message as channels show it; ``reply`` is the reply's JSON, ``created_at`` ISO 8601 in UTC.

    ``file`` has the ``name`` and ``size`` (bytes) of what a citizen sent with it.
    """

    seq: int
    author: str
    text: str
    reply: dict[str, Any] | None
    client_id: str | None
    created_at: str
    outcome: str
    file: dict[str, Any] | None = None


def open_web(session: Session) -> str:
    """Open a conversation on the web and return its id, which is random."""
    conversation_id = str(uuid.uuid4())
    session.add(Conversation(id=conversation_id, channel="web", external_id=conversation_id))
    return conversation_id


def find_or_open(sessions: sessionmaker, channel: str, external_id: str) -> str:
    """Return the id of a channel's conversation, opened when it is new."""
    with sessions.begin() as session:
        found = find(session, channel, external_id)
    if found:
        return found
    try:
        with sessions.begin() as session:
            opened = Conversation(id=str(uuid.uuid4()), channel=channel, external_id=external_id)
            session.add(opened)
        return opened.id
    except IntegrityError:  # another request opened it in the same moment
        with sessions.begin() as session:
            return find(session, channel, external_id) or ""


def find(session: Session, channel: str, external_id: str) -> str | None:
    """Return the id of a channel's conversation, or None."""
    wanted = sa.and_(Conversation.channel == channel, Conversation.external_id == external_id)
    return session.scalar(sa.select(Conversation.id).where(wanted))


def last_seq(session: Session, conversation_id: str) -> int | None:
    """Return the number of the newest message (0 = none yet), None when there is no such conversation (any more)."""
    wanted = sa.and_(Conversation.id == conversation_id, Conversation.owner != ERASED)
    return session.scalar(sa.select(Conversation.last_seq).where(wanted))


def take_seqs(session: Session, conversation_id: str, count: int, owner_version: int | None = None) -> int | None:
    """Reserve the next numbers of a conversation and return the last of them.

    The row stays locked until the transaction ends, so that numbers become visible in their order.
    With ``owner_version`` nothing is reserved, and None returned, once the owner has changed.
    """
    row = sa.update(Conversation).where(Conversation.id == conversation_id, Conversation.owner != ERASED)
    if owner_version is not None:
        row = row.where(Conversation.version == owner_version)
    grown = row.values(last_seq=Conversation.last_seq + count, last_at=utc_now())
    done = session.execute(grown.execution_options(synchronize_session=False))
    if not done.rowcount:
        return None
    ring(session, conversation_id)
    return last_seq(session, conversation_id)


def lines_after(session: Session, conversation_id: str, after: int, limit: int) -> list[Line]:
    """Return the messages numbered above ``after``, in order."""
    wanted = sa.and_(Message.conversation_id == conversation_id, Message.seq > after)
    rows = session.scalars(sa.select(Message).where(wanted).order_by(Message.seq).limit(limit))
    return [_line(row) for row in rows]


def _line(row: Message) -> Line:
    return Line(
        seq=row.seq,
        author=row.author,
        text=row.text,
        reply=row.body if row.author in ("assistant", "staff") else None,
        client_id=row.client_id if row.author == "citizen" else None,
        created_at=row.created_at.isoformat(),
        outcome=row.outcome,
        file=_file(row),
    )


def _file(row: Message) -> dict[str, Any] | None:
    body = row.body or {}
    if row.author != "citizen" or body.get("kind") not in ("image", "file"):
        return None
    return {"name": body.get("name", ""), "size": body.get("size", 0)}
