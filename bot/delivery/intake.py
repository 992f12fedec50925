"""Taking messages in: stored, numbered and put into the inbox before anything is acknowledged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from bot.conversation import take_seqs
from bot.delivery.inbox import answer_key
from bot.errors import ApiError
from bot.messages import Inbound, Prepared, prepare_tap, prepare_text
from knowledge.models import Conversation, InboxItem, Message


@dataclass(frozen=True)
class Accepted:
    """A message that is stored: its number in the conversation and its inbox item."""

    seq: int
    item_id: int


def accept(sessions: sessionmaker, conversation_id: str, inbound: Inbound, key: bytes) -> Accepted:
    """Store a message and its inbox item in one transaction; the same ``client_id`` again changes nothing.

    Raises:
        ApiError: 401 no such conversation; 422 a button that was not offered.
    """
    try:
        with sessions.begin() as session:
            return _find(session, conversation_id, inbound) or _store(session, conversation_id, inbound, key)
    except IntegrityError:  # its twin arrived in the same moment and was stored
        with sessions.begin() as session:
            found = _find(session, conversation_id, inbound)
        if found is None:
            raise
        return found


def _find(session: Session, conversation_id: str, inbound: Inbound) -> Accepted | None:
    found = session.execute(
        sa.select(Message.seq, InboxItem.id)
        .join(InboxItem, InboxItem.message_id == Message.id)
        .where(Message.conversation_id == conversation_id, Message.client_id == inbound.client_id)
    ).first()
    return Accepted(*found) if found else None


def _store(session: Session, conversation_id: str, inbound: Inbound, key: bytes) -> Accepted:
    seq = take_seqs(session, conversation_id, 1)
    if seq is None:
        raise ApiError(401, "token_invalid")
    conversation = session.get(Conversation, conversation_id)
    prepared = _prepare(session, conversation, inbound, key)
    message = Message(
        conversation_id=conversation_id, seq=seq, author="citizen", text=prepared.stored, client_id=inbound.client_id
    )
    session.add(message)
    session.flush()
    item = InboxItem(
        channel=conversation.channel,
        external_id=f"{conversation_id}:{inbound.client_id}",
        conversation_id=conversation_id,
        message_id=message.id,
        body={"message": prepared.message, "intent": prepared.intent},
    )
    session.add(item)
    session.flush()
    return Accepted(seq, item.id)


def _prepare(session: Session, conversation: Conversation, inbound: Inbound, key: bytes) -> Prepared:
    if inbound.tap is None:
        return prepare_text(inbound.text, conversation.expects, key)
    offered = sa.and_(
        Message.conversation_id == conversation.id,
        Message.seq == inbound.tap.seq,
        Message.author.in_(("assistant", "staff")),
    )
    return prepare_tap(session.scalar(sa.select(Message.body).where(offered)), inbound.tap)


def answers(session: Session, accepted: Accepted) -> list[dict[str, Any]] | None:
    """Return the answer's replies as JSON, None while the item is still open."""
    state = session.scalar(sa.select(InboxItem.state).where(InboxItem.id == accepted.item_id))
    if state in ("new", "working"):
        return None
    mine = Message.client_id.like(answer_key(accepted.item_id, 0)[:-1] + "%")
    item = sa.select(InboxItem.conversation_id).where(InboxItem.id == accepted.item_id).scalar_subquery()
    rows = sa.select(Message.body).where(Message.conversation_id == item, mine).order_by(Message.seq)
    return list(session.scalars(rows))
