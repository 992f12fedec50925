"""What providers tell afterwards: a message arrived, was read, or (an echo) was sent at all."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.delivery.ledger import changed
from knowledge.models import Conversation, DeliveryPart, OutboxItem, utc_now
from nlu.text import nfc

_COLUMNS = {"delivered": DeliveryPart.delivered_at, "seen": DeliveryPart.seen_at}


def confirm(
    session: Session, channel: str, external_message_id: str, what: Literal["delivered", "seen"], at: dt.datetime
) -> bool:
    """Note a receipt for a part that we know by the provider's id; repeats change nothing. False = not ours."""
    found = session.scalar(_part(channel, DeliveryPart.external_message_id == external_message_id))
    if found is None:
        return False
    column = _COLUMNS[what]
    first = sa.update(DeliveryPart).where(DeliveryPart.id == found.id, column.is_(None))
    changed(session, first.values({column: at}))
    return True


def echo(session: Session, channel: str, external_id: str, text: str, external_message_id: str) -> bool:
    """Take a provider's copy of a sent text as proof that it was sent; False = no part of ours is meant.

    It settles a part whose call was cut off, and gives it the id that its receipts will carry.
    """
    if session.scalar(_part(channel, DeliveryPart.external_message_id == external_message_id)) is not None:
        return True
    unsettled = DeliveryPart.state.in_(("sending", "uncertain"))
    parts = session.scalars(_part(channel, sa.and_(unsettled, Conversation.external_id == external_id)))
    meant = [part for part in parts if _same(part.body.get("text", ""), text)]
    if not meant:
        return False
    _settle(session, meant[0], external_message_id)
    return True


def _part(channel: str, wanted: Any) -> sa.sql.Select:
    return (
        sa.select(DeliveryPart)
        .join(OutboxItem, OutboxItem.id == DeliveryPart.outbox_id)
        .join(Conversation, Conversation.id == OutboxItem.conversation_id)
        .where(Conversation.channel == channel, wanted)
        .order_by(DeliveryPart.id)
    )


def _same(one: str, other: str) -> bool:
    return " ".join(nfc(one).split()) == " ".join(nfc(other).split())


def _settle(session: Session, part: DeliveryPart, external_message_id: str) -> None:
    values = {"state": "sent", "external_message_id": external_message_id, "sent_at": utc_now(), "error": ""}
    changed(session, sa.update(DeliveryPart).where(DeliveryPart.id == part.id).values(values))
    waiting = sa.and_(OutboxItem.id == part.outbox_id, OutboxItem.state == "pending")
    changed(session, sa.update(OutboxItem).where(waiting).values(available_at=utc_now()))
