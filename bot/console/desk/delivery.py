"""What became of each message on its way to the citizen, in the words of the console."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from knowledge.models import DeliveryPart, OutboxItem

# a part of a refusal's own words, and the sentence under ``delivery_why`` that tells what it means
_WHY = (
    ("silent for too long", "window"),
    ("token", "operator"),
    ("package", "operator"),
    ("block", "blocked"),
    ("too old", "old"),
)


@dataclass(frozen=True)
class Fate:
    """``state`` and ``why`` name sentences under ``delivery`` and ``delivery_why``; "" = nothing to say."""

    state: str
    why: str = ""

    @property
    def is_settled(self) -> bool:
        """Tell whether nothing more will happen to the message by itself."""
        return self.state not in ("pending", "retrying", "sending")


def fates(session: Session, message_ids: Collection[int]) -> dict[int, Fate]:
    """Return what became of messages, by their ids; what was never sent out has no line."""
    items = list(session.scalars(sa.select(OutboxItem).where(OutboxItem.message_id.in_(message_ids))))
    mine = DeliveryPart.outbox_id.in_([item.id for item in items])
    parts: dict[int, list[DeliveryPart]] = {}
    for part in session.scalars(sa.select(DeliveryPart).where(mine).order_by(DeliveryPart.part)):
        parts.setdefault(part.outbox_id, []).append(part)
    return {item.message_id: _fate(item, parts.get(item.id, ())) for item in items}


def _fate(item: OutboxItem, parts: Sequence[DeliveryPart]) -> Fate:
    trouble = next((part.error for part in parts if part.error), item.error)
    if item.state == "unsure" or any(part.state == "uncertain" for part in parts):
        return Fate("unsure")
    if item.state == "parked":
        return Fate("parked", _why(trouble))
    if item.state == "sent":
        return Fate(_receipt(parts))
    if item.state == "pending" and trouble:
        return Fate("retrying", _why(trouble))
    return Fate(item.state)


def _receipt(parts: Sequence[DeliveryPart]) -> str:
    if parts and all(part.seen_at for part in parts):
        return "seen"
    return "delivered" if parts and all(part.delivered_at for part in parts) else "sent"


def _why(error: str) -> str:
    return next((name for sign, name in _WHY if sign in error.lower()), "refused")
