"""The durable outbox: messages leave in the order of their numbers, one conversation apart from the other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import anyio
import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session, aliased, sessionmaker

from bot.channels.base import Channel, Delivery
from bot.errors import DeliveryError
from bot.transactions import transaction
from knowledge.models import Conversation, Message, OutboxItem, utc_now

log = structlog.get_logger("outbox")

_BATCH = 50
_MOST_ATTEMPTS = 8


class Outbox:
    """Delivers what is pending; ``wake`` it after a commit, it looks by itself every second."""

    def __init__(self, sessions: sessionmaker, channels: Mapping[str, Channel]) -> None:
        self._sessions = sessions
        self._channels = channels
        self._news = anyio.Event()

    def wake(self) -> None:
        """Look at once."""
        self._news.set()

    async def run(self) -> None:
        """Deliver for ever; a fault of the database is logged and tried again."""
        while True:
            self._news = anyio.Event()
            try:
                while await self._round():
                    pass
            except Exception as error:  # the rows are still there for the next round
                log.error("outbox.failed", error=type(error).__name__)
            with anyio.move_on_after(1):
                await self._news.wait()

    async def _round(self) -> bool:
        deliveries = await transaction(self._sessions, pending)
        for delivery in deliveries:
            await self._deliver(delivery)
        return bool(deliveries)

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            await self._channels[delivery.channel].deliver(delivery)
        except DeliveryError as error:
            await self._put_off(delivery, error)
        except Exception as error:  # one message must not stop those of others
            await self._put_off(delivery, DeliveryError(type(error).__name__))
        else:
            await transaction(self._sessions, mark, delivery.item_id, "sent")

    async def _put_off(self, delivery: Delivery, error: DeliveryError) -> None:
        log.warning("outbox.refused", conversation=delivery.conversation_id, seq=delivery.seq, error=str(error))
        await transaction(self._sessions, put_off, delivery, error)


def pending(session: Session, now: dt.datetime | None = None) -> list[Delivery]:
    """Return the next message of each conversation that has one due; stale ones are dropped on the way."""
    _drop_stale(session)
    earlier = aliased(OutboxItem)
    blocked = sa.exists().where(
        earlier.conversation_id == OutboxItem.conversation_id,
        earlier.seq < OutboxItem.seq,
        earlier.state == "pending",
    )
    due = sa.and_(OutboxItem.state == "pending", OutboxItem.available_at <= (now or utc_now()), ~blocked)
    rows = session.execute(
        sa.select(OutboxItem, Conversation, Message.body)
        .join(Conversation, Conversation.id == OutboxItem.conversation_id)
        .join(Message, Message.id == OutboxItem.message_id)
        .where(due)
        .order_by(OutboxItem.id)
        .limit(_BATCH)
    )
    return [_delivery(*row) for row in rows]


def _delivery(item: OutboxItem, conversation: Conversation, body: dict[str, Any]) -> Delivery:
    return Delivery(
        item_id=item.id,
        conversation_id=conversation.id,
        channel=conversation.channel,
        external_id=conversation.external_id,
        seq=item.seq,
        attempt=item.attempts + 1,
        body=body,
    )


def _drop_stale(session: Session) -> None:
    """An answer of the assistant that was on its way when a person took over must not arrive."""
    current = sa.select(Conversation.version).where(Conversation.id == OutboxItem.conversation_id).scalar_subquery()
    stale = sa.select(OutboxItem.id).where(OutboxItem.state == "pending", OutboxItem.owner_version != current)
    for item_id in session.scalars(stale).all():
        mark(session, item_id, "dropped")


def mark(session: Session, item_id: int, state: str, error: str = "") -> None:
    """Set the final state of an item."""
    values = {"state": state, "error": error, "sent_at": utc_now() if state == "sent" else None}
    session.execute(sa.update(OutboxItem).where(OutboxItem.id == item_id).values(values))


def put_off(session: Session, delivery: Delivery, error: DeliveryError) -> None:
    """Try again later, or park the item when that is useless."""
    if error.retry_after is None or delivery.attempt >= _MOST_ATTEMPTS:
        mark(session, delivery.item_id, "parked", str(error))
        return
    values = {
        "attempts": delivery.attempt,
        "available_at": utc_now() + dt.timedelta(seconds=error.retry_after),
        "error": str(error),
    }
    session.execute(sa.update(OutboxItem).where(OutboxItem.id == delivery.item_id).values(values))
