"""Putting a reply into a conversation: the message itself and the order to deliver it, together."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.conversation import add_message, take_seqs
from knowledge.models import Conversation, OutboxItem
from knowledge.reply import Reply

_ITEM = sa.insert(OutboxItem).values(
    channel=sa.select(Conversation.channel).where(Conversation.id == sa.bindparam("of")).scalar_subquery()
)
NEVER_STALE = -1  # in place of a version: what is true whoever owns the conversation by the time it is delivered


def put(
    session: Session,
    conversation_id: str,
    seq: int,
    owner_version: int,
    reply: Reply,
    key: str,
    staff_id: int | None = None,
    template: Mapping[str, str] | None = None,
) -> None:
    """Store a reply under a reserved number; ``key`` is unique in the conversation, ``staff_id`` its author if any.

    With ``template`` it is sent as the channel's approved template, with these values in its places.
    """
    body = {**reply.to_json(), "template": dict(template)} if template else reply.to_json()
    message_id = add_message(
        session,
        conversation_id=conversation_id,
        seq=seq,
        author="staff" if staff_id else "assistant",
        staff_id=staff_id,
        text=reply.plain(),
        body=body,
        outcome=reply.outcome,
        client_id=key,
    )
    item = {"conversation_id": conversation_id, "seq": seq, "message_id": message_id, "owner_version": owner_version}
    session.execute(_ITEM, {**item, "of": conversation_id})


def tell(session: Session, conversation_id: str, reply: Reply, key: str) -> bool:
    """Say something that nobody asked for just now; False = people own the conversation, and say it themselves."""
    owned = sa.select(Conversation.owner, Conversation.version).where(Conversation.id == conversation_id)
    found = session.execute(owned).first()
    if found is None or found.owner != "bot":
        return False
    grown = take_seqs(session, conversation_id, 1, found.version)
    if grown is None:
        return False
    put(session, conversation_id, grown.last_seq, found.version, reply, key)
    return True
