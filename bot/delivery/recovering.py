"""What other programs have left in the outbox: those that died, and those of the release before this one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.delivery.ledger import Lane, changed
from knowledge.models import Conversation, DeliveryPart, OutboxItem, utc_now

_ON_ITS_WAY = 10.0  # seconds that a repeated webhook may take
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


def give_up_old(session: Session, lane: Lane, before: dt.datetime) -> list[str]:
    """Park what has been due to leave since before then; return its conversations, the newest last."""
    waiting = sa.and_(OutboxItem.channel == lane.name, OutboxItem.state == "pending")
    first = session.scalar(sa.select(OutboxItem.created_at).where(waiting).order_by(OutboxItem.id).limit(1))
    if first is None or first > before:
        return []
    old = sa.select(OutboxItem).where(waiting, OutboxItem.created_at <= before).order_by(OutboxItem.id)
    items = session.scalars(old.with_for_update(skip_locked=True)).all()
    for item in items:
        item.state, item.error = "parked", "too old"
        parts = sa.update(DeliveryPart).where(DeliveryPart.outbox_id == item.id)
        changed(session, parts.where(DeliveryPart.state == "pending").values(state="parked", error="too old"))
        changed(session, parts.values(body={}))
    return [item.conversation_id for item in items]


def told_again(begun: dt.datetime, now: dt.datetime, repeats: Sequence[float]) -> dt.datetime:
    """Return when the provider has next told what nobody took since a call was ``begun``; now = it may be any moment.

    ``repeats`` are the seconds after which it tells what was not taken the first time.
    """
    away = (now - begun).total_seconds()
    later = [seconds for seconds in repeats if seconds > away]
    if not later or away < repeats[0]:
        return now
    return begun + dt.timedelta(seconds=later[0] + _ON_ITS_WAY)


def take_up(session: Session, item: OutboxItem, until: dt.datetime) -> None:
    """Put a lost item back; one of which a part may or may not have been sent waits until then."""
    interrupted = sa.and_(DeliveryPart.outbox_id == item.id, DeliveryPart.state == "sending")
    values = {"state": "uncertain", "error": "interrupted"}
    is_uncertain = bool(changed(session, sa.update(DeliveryPart).where(interrupted).values(values)))
    item.state, item.available_at = "pending", until if is_uncertain else utc_now()
