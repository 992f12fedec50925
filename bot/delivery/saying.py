"""Putting a reply into a conversation: the message itself and the order to deliver it, together."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.conversation import take_seqs
from knowledge.models import Conversation, Message, OutboxItem
from knowledge.reply import Reply


def put(session: Session, conversation_id: str, seq: int, owner_version: int, reply: Reply, key: str) -> None:
    """Store a reply under a reserved number; ``key`` is unique in the conversation."""
    message = Message(
        conversation_id=conversation_id,
        seq=seq,
        author="assistant",
        text=reply.plain(),
        body=reply.to_json(),
        outcome=reply.outcome,
        client_id=key,
    )
    session.add(message)
    session.flush()
    outgoing = OutboxItem(conversation_id=conversation_id, seq=seq, message_id=message.id, owner_version=owner_version)
    session.add(outgoing)


def tell(session: Session, conversation_id: str, reply: Reply, key: str) -> bool:
    """Say something that nobody asked for just now; False = people own the conversation, and say it themselves."""
    owned = sa.select(Conversation.owner, Conversation.version).where(Conversation.id == conversation_id)
    found = session.execute(owned).first()
    if found is None or found.owner != "bot":
        return False
    seq = take_seqs(session, conversation_id, 1, found.version)
    if seq is None:
        return False
    put(session, conversation_id, seq, found.version, reply, key)
    return True
