"""How long each message waited for its answer, by the rows."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from benchmarks.load.sender import Sent
from benchmarks.load.zalo import user_of
from knowledge.models import Conversation, InboxItem, Message, OutboxItem

_SOME = 200  # conversations a query


def delivered(session: Session, sent: Sequence[Sent]) -> dict[str, float]:
    """Return when the answer to each message was delivered (seconds since 1970), by the message's id at Zalo."""
    users = sorted({user_of(one.citizen) for one in sent})
    found: dict[str, float] = {}
    for start in range(0, len(users), _SOME):
        found |= _delivered(session, users[start : start + _SOME])
    return found


def _delivered(session: Session, users: Sequence[str]) -> dict[str, float]:
    mine = sa.select(Conversation.id).where(Conversation.channel == "zalo", Conversation.external_id.in_(users))
    asked = sa.select(InboxItem.id, InboxItem.external_id).where(InboxItem.conversation_id.in_(mine))
    ids = {item: external_id.rpartition(":")[2] for item, external_id in session.execute(asked)}
    out = sa.select(Message.client_id, OutboxItem.sent_at).join(OutboxItem, OutboxItem.message_id == Message.id)
    rows = out.where(OutboxItem.conversation_id.in_(mine), Message.client_id.startswith("inbox:"))
    found: dict[str, float] = {}
    for key, at in session.execute(rows.where(OutboxItem.sent_at.is_not(None))):
        message_id = ids[int(key.split(":")[1])]
        found[message_id] = max(found.get(message_id, 0.0), at.timestamp())
    return found
