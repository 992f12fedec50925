"""The ledger of deliveries: what was handed to a provider, part by part, so that nothing is sent twice.

An outbox item is claimed under a lease. Each of its parts is marked ``sending`` before the call and
``sent`` after it; what is found ``sending`` when a process has died may have arrived, and becomes
``uncertain``. See docs/adr/0011.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from bot.channels.base import Capabilities, Delivery, Part
from bot.channels.render import render
from knowledge.models import Conversation, DeliveryPart, Message, OutboxItem, utc_now
from knowledge.reply import Block, Reply

LEASE = dt.timedelta(seconds=120)  # longer than any one call; renewed before each


@dataclass(frozen=True)
class Lane:
    """One channel as the ledger sees it; ``choose`` is the line above numbered choices."""

    name: str
    capabilities: Capabilities
    confirms: bool
    choose: str


@dataclass(frozen=True)
class Step:
    """One part still to be sent; ``row_id`` 0 = the channel keeps no ledger. ``attempts`` were made before."""

    row_id: int
    number: int
    attempts: int
    part: Part


@dataclass(frozen=True)
class Outgoing:
    """A claimed outbox item with its remaining parts, in order."""

    delivery: Delivery
    steps: tuple[Step, ...]
    created_at: dt.datetime


def claim(session: Session, lane: Lane, now: dt.datetime | None = None) -> Outgoing | None:
    """Take the oldest message of the channel that is due and whose conversation has none before it."""
    now = now or utc_now()
    _drop_stale(session, lane)
    row = session.execute(_due(lane, now)).first()
    if row is None or not _take(session, row.OutboxItem, now):
        return None
    item, conversation, message = row
    steps = _steps(session, lane, item, _reply(message))
    return Outgoing(_delivery(session, item, conversation, message.body or {}), steps, item.created_at)


def _reply(message: Message) -> Reply:
    """Return the message as a reply; one that cannot be read must not stop its channel."""
    try:
        return Reply.from_json(message.body)
    except (ValueError, TypeError, KeyError, AttributeError):
        return Reply("handoff", ((Block("text", text=message.text),),))


def _due(lane: Lane, now: dt.datetime) -> sa.sql.Select:
    earlier = aliased(OutboxItem)
    blocked = sa.exists().where(
        earlier.conversation_id == OutboxItem.conversation_id,
        earlier.seq < OutboxItem.seq,
        earlier.state.in_(("pending", "sending")),
    )
    return (
        sa.select(OutboxItem, Conversation, Message)
        .join(Conversation, Conversation.id == OutboxItem.conversation_id)
        .join(Message, Message.id == OutboxItem.message_id)
        .where(Conversation.channel == lane.name, OutboxItem.state == "pending", OutboxItem.available_at <= now)
        .where(~blocked)
        .order_by(OutboxItem.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=OutboxItem)
    )


def _take(session: Session, item: OutboxItem, now: dt.datetime) -> bool:
    taken = sa.update(OutboxItem).where(OutboxItem.id == item.id, OutboxItem.state == "pending")
    return bool(changed(session, taken.values(state="sending", attempts=item.attempts + 1, available_at=now + LEASE)))


def changed(session: Session, statement: sa.sql.Update) -> int:
    """Run an update and return how many rows it changed."""
    return int(session.execute(statement.execution_options(synchronize_session=False)).rowcount)


def _drop_stale(session: Session, lane: Lane) -> None:
    """An answer of the assistant that was on its way when a person took over must not arrive."""
    stale = (
        sa.select(OutboxItem.id)
        .join(Conversation, Conversation.id == OutboxItem.conversation_id)
        .join(Message, Message.id == OutboxItem.message_id)
        .where(OutboxItem.state == "pending", Conversation.channel == lane.name, Message.author == "assistant")
        .where(OutboxItem.owner_version != Conversation.version)
    )
    for item_id in session.scalars(stale).all():
        changed(session, sa.update(OutboxItem).where(OutboxItem.id == item_id).values(state="dropped"))
        _forget(session, item_id)


def _steps(session: Session, lane: Lane, item: OutboxItem, reply: Reply) -> tuple[Step, ...]:
    if lane.capabilities.replayed:
        parts = render(reply, item.seq, lane.capabilities, lane.choose)
        return tuple(Step(0, number, 0, part) for number, part in enumerate(parts[:1]))
    rows = _rows(session, item.id) or _open(session, lane, item, reply)
    if lane.confirms:  # nothing was heard of it within the time given: it did not arrive
        for row in rows:
            row.state = "pending" if row.state == "uncertain" else row.state
    waiting = [row for row in rows if row.state == "pending"]
    return tuple(Step(row.id, row.part, row.attempts, Part.from_json(row.body)) for row in waiting)


def _rows(session: Session, item_id: int) -> list[DeliveryPart]:
    mine = sa.select(DeliveryPart).where(DeliveryPart.outbox_id == item_id).order_by(DeliveryPart.part)
    return list(session.scalars(mine.execution_options(populate_existing=True)))


def _open(session: Session, lane: Lane, item: OutboxItem, reply: Reply) -> list[DeliveryPart]:
    """Write the parts down as they are rendered now: a later version of us must go on with the same ones."""
    parts = render(reply, item.seq, lane.capabilities, lane.choose)
    rows = [
        DeliveryPart(outbox_id=item.id, part=number, state="pending", attempts=0, body=part.to_json())
        for number, part in enumerate(parts)
    ]
    session.add_all(rows)
    session.flush()
    return rows


def _delivery(session: Session, item: OutboxItem, conversation: Conversation, body: dict[str, Any]) -> Delivery:
    said = sa.select(sa.func.max(Message.created_at, type_=Message.created_at.type))
    mine = sa.and_(Message.conversation_id == conversation.id, Message.author == "citizen")
    return Delivery(
        item_id=item.id,
        conversation_id=conversation.id,
        channel=conversation.channel,
        external_id=conversation.external_id,
        seq=item.seq,
        attempt=item.attempts + 1,
        body=body,
        heard_at=session.scalar(said.where(mine)),
    )


def held(outgoing: Outgoing) -> Any:
    """Return the condition that the item is still ours."""
    delivery = outgoing.delivery
    return sa.and_(
        OutboxItem.id == delivery.item_id, OutboxItem.state == "sending", OutboxItem.attempts == delivery.attempt
    )


def begin(session: Session, outgoing: Outgoing, step: Step) -> bool:
    """Renew the lease and mark a part as being sent; False = it is no longer ours to send."""
    renewed = sa.update(OutboxItem).where(held(outgoing)).values(available_at=utc_now() + LEASE)
    if not changed(session, renewed):
        return False
    if not step.row_id:
        return True
    mine = sa.and_(DeliveryPart.id == step.row_id, DeliveryPart.state == "pending")
    return bool(
        changed(session, sa.update(DeliveryPart).where(mine).values(state="sending", attempts=step.attempts + 1))
    )


def sent(session: Session, step: Step, external_message_id: str | None, now: dt.datetime | None = None) -> None:
    """Mark a part as sent; true even when the lease ended meanwhile."""
    mine = sa.and_(DeliveryPart.id == step.row_id, DeliveryPart.attempts == step.attempts + 1)
    values: dict[str, Any] = {"state": "sent", "error": "", "sent_at": now or utc_now()}
    if external_message_id:
        values["external_message_id"] = external_message_id
    open_states = DeliveryPart.state.in_(("sending", "uncertain", "sent"))
    changed(session, sa.update(DeliveryPart).where(mine, open_states).values(values))


def set_part(session: Session, step: Step, state: str, error: str, attempts: int) -> None:
    """Set what became of the try that has just been made."""
    mine = sa.and_(DeliveryPart.id == step.row_id, DeliveryPart.state == "sending")
    changed(session, sa.update(DeliveryPart).where(mine).values(state=state, error=error, attempts=attempts))


def put_off(session: Session, outgoing: Outgoing, until: dt.datetime, error: str) -> None:
    """Let the item wait; its conversation waits with it."""
    values = {"state": "pending", "available_at": until, "error": error}
    changed(session, sa.update(OutboxItem).where(held(outgoing)).values(values))


def park(session: Session, outgoing: Outgoing, error: str) -> None:
    """Give up on the rest of the item; the messages after it may go."""
    rest = sa.and_(DeliveryPart.outbox_id == outgoing.delivery.item_id, DeliveryPart.state.in_(("pending", "sending")))
    changed(session, sa.update(DeliveryPart).where(rest).values(state="parked", error=error))
    close(session, outgoing, error)


def close(session: Session, outgoing: Outgoing, error: str = "") -> str:
    """Close an item whose parts are all settled and return its state: sent, unsure or parked."""
    states = {row.state for row in _rows(session, outgoing.delivery.item_id)}
    state = "parked" if "parked" in states else "unsure" if "uncertain" in states else "sent"
    if error and not states:  # a channel without a ledger
        state = "parked"
    values = {"state": state, "error": error, "sent_at": utc_now() if state == "sent" else None}
    if changed(session, sa.update(OutboxItem).where(held(outgoing)).values(values)):
        _forget(session, outgoing.delivery.item_id)
    return state


def _forget(session: Session, item_id: int) -> None:
    """The message itself is kept once, in its own table."""
    changed(session, sa.update(DeliveryPart).where(DeliveryPart.outbox_id == item_id).values(body={}))


def lost(session: Session, lane: Lane, everything: bool) -> list[OutboxItem]:
    """Return the items of processes that died: their lease is over, or ``everything`` of a process that was alone."""
    dead = sa.and_(OutboxItem.state == "sending", Conversation.channel == lane.name)
    if not everything:
        dead = sa.and_(dead, OutboxItem.available_at <= utc_now())
    items = sa.select(OutboxItem).join(Conversation, Conversation.id == OutboxItem.conversation_id).where(dead)
    return list(session.scalars(items.with_for_update(skip_locked=True, of=OutboxItem)))


def take_up(session: Session, item: OutboxItem, until: dt.datetime) -> bool:
    """Put a lost item back and return whether a part of it may or may not have been sent."""
    interrupted = sa.and_(DeliveryPart.outbox_id == item.id, DeliveryPart.state == "sending")
    values = {"state": "uncertain", "error": "interrupted"}
    is_uncertain = bool(changed(session, sa.update(DeliveryPart).where(interrupted).values(values)))
    item.state, item.available_at = "pending", until if is_uncertain else utc_now()
    return is_uncertain
