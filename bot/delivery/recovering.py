"""What other programs have left in the outbox: those that died, and those of the release before this one."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.delivery.ledger import Lane, changed
from knowledge.models import Conversation, DeliveryPart, OutboxItem, utc_now

_NAMELESS = sa.and_(OutboxItem.channel == "", OutboxItem.state.in_(("pending", "sending")))
_CHANNEL = sa.select(Conversation.channel).where(Conversation.id == OutboxItem.conversation_id).scalar_subquery()


def name_lanes(session: Session) -> None:
    """Give open items the channel that the release before did not write, while this one is rolled out."""
    if session.scalar(sa.select(OutboxItem.id).where(_NAMELESS).limit(1)) is not None:
        changed(session, sa.update(OutboxItem).where(_NAMELESS).values(channel=_CHANNEL))


def lost(session: Session, lane: Lane, everything: bool) -> list[OutboxItem]:
    """Return the items of processes that died: their lease is over, or ``everything`` of a process that was alone."""
    dead = sa.and_(OutboxItem.state == "sending", OutboxItem.channel == lane.name)
    if not everything:
        dead = sa.and_(dead, OutboxItem.available_at <= utc_now())
    return list(session.scalars(sa.select(OutboxItem).where(dead).with_for_update(skip_locked=True)))


def take_up(session: Session, item: OutboxItem, until: dt.datetime) -> bool:
    """Put a lost item back and return whether a part of it may or may not have been sent."""
    interrupted = sa.and_(DeliveryPart.outbox_id == item.id, DeliveryPart.state == "sending")
    values = {"state": "uncertain", "error": "interrupted"}
    is_uncertain = bool(changed(session, sa.update(DeliveryPart).where(interrupted).values(values)))
    item.state, item.available_at = "pending", until if is_uncertain else utc_now()
    return is_uncertain
