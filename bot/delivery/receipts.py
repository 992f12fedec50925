"""What providers tell afterwards: a message arrived, was read, or (an echo) was sent at all."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from knowledge.models import Conversation, DeliveryPart, OutboxItem, utc_now
from nlu.text import nfc

# As in bot/conversation.py, statements that run for every message are built once.
_PARTS, _ITEMS, _CONVERSATIONS = DeliveryPart.__table__, OutboxItem.__table__, Conversation.__table__
_OF_CHANNEL = (
    sa.select(_PARTS.c.id, _PARTS.c.outbox_id, _PARTS.c.body)
    .join(_ITEMS, _ITEMS.c.id == _PARTS.c.outbox_id)
    .join(_CONVERSATIONS, _CONVERSATIONS.c.id == _ITEMS.c.conversation_id)
    .where(_CONVERSATIONS.c.channel == sa.bindparam("channel"))
    .order_by(_PARTS.c.id)
)
_NAMED = _OF_CHANNEL.where(_PARTS.c.external_message_id == sa.bindparam("name"))
_UNSETTLED = _OF_CHANNEL.where(
    _PARTS.c.state.in_(("sending", "uncertain")), _CONVERSATIONS.c.external_id == sa.bindparam("external_id")
)
_SENT = (
    sa.update(_PARTS)
    .where(_PARTS.c.id == sa.bindparam("part_id"))
    .values(state="sent", external_message_id=sa.bindparam("name"), sent_at=sa.bindparam("now"), error="")
)
_DUE = (
    sa.update(_ITEMS)
    .where(_ITEMS.c.id == sa.bindparam("item_id"), _ITEMS.c.state == "pending")
    .values(available_at=sa.bindparam("now"))
)
_FIRST = {
    what: sa.update(_PARTS)
    .where(_PARTS.c.id == sa.bindparam("part_id"), _PARTS.c[column].is_(None))
    .values({column: sa.bindparam("at")})
    for what, column in (("delivered", "delivered_at"), ("seen", "seen_at"))
}


def confirm(
    session: Session, channel: str, external_message_id: str, what: Literal["delivered", "seen"], at: dt.datetime
) -> bool:
    """Note a receipt for a part that we know by the provider's id; repeats change nothing. False = not ours."""
    found = session.execute(_NAMED, {"channel": channel, "name": external_message_id}).first()
    if found is None:
        return False
    session.execute(_FIRST[what], {"part_id": found.id, "at": at})
    return True


def echo(session: Session, channel: str, external_id: str, text: str, external_message_id: str) -> bool:
    """Take a provider's copy of a sent text as proof that it was sent; False = no part of ours is meant.

    It settles a part whose call was cut off, and gives it the id that its receipts will carry.
    """
    if session.execute(_NAMED, {"channel": channel, "name": external_message_id}).first() is not None:
        return True
    parts = session.execute(_UNSETTLED, {"channel": channel, "external_id": external_id})
    meant = [part for part in parts if _same(part.body.get("text", ""), text)]
    if not meant:
        return False
    _settle(session, meant[0], external_message_id)
    return True


def _same(one: str, other: str) -> bool:
    return " ".join(nfc(one).split()) == " ".join(nfc(other).split())


def _settle(session: Session, part: sa.engine.Row, external_message_id: str) -> None:
    now = utc_now()
    session.execute(_SENT, {"part_id": part.id, "name": external_message_id, "now": now})
    session.execute(_DUE, {"item_id": part.outbox_id, "now": now})
