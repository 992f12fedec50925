"""The ledger of deliveries: what was handed to a provider, part by part, so that nothing is sent twice.

An outbox item is claimed under a lease. Each of its parts is marked ``sending`` before the call and
``sent`` after it; what is found ``sending`` when a process has died may have arrived, and becomes
``uncertain``. See docs/adr/0011.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from bot.channels.base import Capabilities, Delivery, Part
from bot.channels.render import render
from bot.conversation import heard_at
from bot.delivery.saying import NEVER_STALE
from knowledge.models import Conversation, DeliveryPart, Handoff, Message, OutboxItem, utc_now
from knowledge.reply import Block, Reply

LEASE = dt.timedelta(seconds=30)  # renewed before each call, and again while one lasts

# As in bot/conversation.py, statements that run for every message are built once.
_EARLIER = aliased(OutboxItem)
_FIRST_OF_ITS_CONVERSATION = ~sa.exists().where(
    _EARLIER.conversation_id == OutboxItem.conversation_id,
    _EARLIER.seq < OutboxItem.seq,
    _EARLIER.state.in_(("pending", "sending")),
)


def _due(*which: sa.sql.ColumnElement[bool]) -> sa.sql.Select:
    """Return the select of what may leave now, the oldest first."""
    return (
        _OUTGOING.where(*which)
        .where(OutboxItem.available_at <= sa.bindparam("now"), _FIRST_OF_ITS_CONVERSATION)
        .order_by(OutboxItem.id)
        .limit(sa.bindparam("most"))
        .with_for_update(skip_locked=True, of=OutboxItem)
    )


_OUTGOING = (
    sa.select(OutboxItem, Conversation, Message)
    .join(Conversation, Conversation.id == OutboxItem.conversation_id)
    .join(Message, Message.id == OutboxItem.message_id)
)
_IN_LANE = sa.and_(OutboxItem.channel == sa.bindparam("lane"), OutboxItem.state == "pending")
_DUE = _due(_IN_LANE)
# by the few conversations: by the index of lanes all that waits in one would be looked at
_DUE_WITH_PEOPLE = _due(
    OutboxItem.conversation_id.in_(sa.select(Handoff.conversation_id).where(Handoff.closed_at.is_(None))),
    sa.func.coalesce(OutboxItem.channel, "") == sa.bindparam("lane"),
    sa.func.coalesce(OutboxItem.state, "") == "pending",
)
_STALE = _OUTGOING.with_only_columns(OutboxItem.id).where(
    _IN_LANE,
    Message.author == "assistant",
    OutboxItem.owner_version != Conversation.version,
    OutboxItem.owner_version != NEVER_STALE,
)
_PARTS = (
    sa.select(DeliveryPart)
    .where(DeliveryPart.outbox_id == sa.bindparam("item_id"))
    .order_by(DeliveryPart.part)
    .execution_options(populate_existing=True)
)
_ITEM_ROWS, _PART_ROWS = OutboxItem.__table__.c, DeliveryPart.__table__.c
_ITEM, _PART = sa.update(OutboxItem.__table__), sa.update(DeliveryPart.__table__)
_FORGET = _PART.where(_PART_ROWS.outbox_id == sa.bindparam("item_id")).values(body={})  # the message is kept once
_ITEM = _ITEM.where(_ITEM_ROWS.id == sa.bindparam("item_id"))
_DROP = _ITEM.values(state="dropped")
_TAKE = _ITEM.where(_ITEM_ROWS.state == "pending").values(
    state="sending", attempts=sa.bindparam("tries"), available_at=sa.bindparam("until")
)
_HELD = _ITEM.where(_ITEM_ROWS.state == "sending", _ITEM_ROWS.attempts == sa.bindparam("attempt"))
_RENEW = _HELD.values(available_at=sa.bindparam("until"))
_PUT_OFF = _HELD.values(state="pending", available_at=sa.bindparam("until"), error=sa.bindparam("why"))
_CLOSE = _HELD.values(state=sa.bindparam("to_state"), error=sa.bindparam("why"), sent_at=sa.bindparam("now"))
_PART = _PART.where(_PART_ROWS.id == sa.bindparam("part_id"))
_BEGUN = sa.and_(_PART_ROWS.state == "sending", _PART_ROWS.attempts == sa.bindparam("tries"))
_BEGIN = _PART.where(sa.or_(_PART_ROWS.state == "pending", _BEGUN)).values(
    state="sending", attempts=sa.bindparam("tries")
)
_SENT = _PART.where(
    _PART_ROWS.attempts == sa.bindparam("tries"), _PART_ROWS.state.in_(("sending", "uncertain", "sent"))
).values(state="sent", error="", sent_at=sa.bindparam("now"))
_SENT_AS = _SENT.values(external_message_id=sa.bindparam("name"))


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
    taken = claim_some(session, lane, 1, now)
    return taken[0] if taken else None


def claim_some(
    session: Session, lane: Lane, most: int, now: dt.datetime | None = None, people_first: bool = False
) -> list[Outgoing]:
    """Do so for several conversations at once; ``people_first`` begins with those in which people are wanted."""
    now = now or utc_now()
    taken = _claim(session, lane, _DUE_WITH_PEOPLE, most, now) if people_first else []
    return taken + _claim(session, lane, _DUE, most - len(taken), now) if len(taken) < most else taken


def _claim(session: Session, lane: Lane, which: sa.sql.Select, most: int, now: dt.datetime) -> list[Outgoing]:
    while True:
        due = session.execute(which, {"lane": lane.name, "now": now, "most": most}).all()
        stale = [row.OutboxItem.id for row in due if _is_stale(*row)]
        if not stale:
            return [_outgoing(session, lane, *row) for row in due if _take(session, row.OutboxItem, now)]
        _drop(session, stale)


def _is_stale(item: OutboxItem, conversation: Conversation, message: Message) -> bool:
    versions = (conversation.version, NEVER_STALE)
    return bool(message.author == "assistant" and item.owner_version not in versions)


def _outgoing(session: Session, lane: Lane, item: OutboxItem, conversation: Conversation, message: Message) -> Outgoing:
    steps = _steps(session, lane, item, _reply(message))
    return Outgoing(_delivery(session, item, conversation, message.body or {}), steps, item.created_at)


def _reply(message: Message) -> Reply:
    """Return the message as a reply; one that cannot be read must not stop its channel."""
    try:
        return Reply.from_json(message.body)
    except (ValueError, TypeError, KeyError, AttributeError):
        return Reply("handoff", ((Block("text", text=message.text),),))


def _take(session: Session, item: OutboxItem, now: dt.datetime) -> bool:
    return _run(session, _TAKE, item_id=item.id, tries=item.attempts + 1, until=now + LEASE)


def _run(session: Session, statement: sa.sql.Update, **values: Any) -> bool:
    session.flush()
    return bool(session.execute(statement, values).rowcount)


def changed(session: Session, statement: sa.sql.Update) -> int:
    """Run an update and return how many rows it changed."""
    return int(session.execute(statement.execution_options(synchronize_session=False)).rowcount)


def drop_stale(session: Session, lane: Lane) -> None:
    """What was on its way when the conversation changed hands must not arrive, unless it is of no one owner.

    A person's last words before they passed it on were true when they were said: those still go. What is due is
    looked at when it is claimed; this frees what waits behind one that is not.
    """
    _drop(session, session.scalars(_STALE, {"lane": lane.name}).all())


def _drop(session: Session, item_ids: Sequence[int]) -> None:
    for item_id in item_ids:
        _run(session, _DROP, item_id=item_id)
        _run(session, _FORGET, item_id=item_id)


def _steps(session: Session, lane: Lane, item: OutboxItem, reply: Reply) -> tuple[Step, ...]:
    if lane.capabilities.replayed:
        parts = render(reply, item.seq, lane.capabilities, lane.choose)
        return tuple(Step(0, number, 0, part) for number, part in enumerate(parts[:1]))
    rows = (_rows(session, item.id) if item.attempts else []) or _open(session, lane, item, reply)
    if lane.confirms:  # nothing was heard of it within the time given: it did not arrive
        for row in rows:
            row.state = "pending" if row.state == "uncertain" else row.state
    waiting = [row for row in rows if row.state == "pending"]
    return tuple(Step(row.id, row.part, row.attempts, Part.from_json(row.body)) for row in waiting)


def _rows(session: Session, item_id: int) -> list[DeliveryPart]:
    return list(session.scalars(_PARTS, {"item_id": item_id}))


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
    return Delivery(
        item_id=item.id,
        conversation_id=conversation.id,
        channel=conversation.channel,
        external_id=conversation.external_id,
        seq=item.seq,
        attempt=item.attempts + 1,
        body=body,
        heard_at=heard_at(session, conversation.id),
    )


def _held(outgoing: Outgoing) -> dict[str, Any]:
    return {"item_id": outgoing.delivery.item_id, "attempt": outgoing.delivery.attempt}


def begin(session: Session, outgoing: Outgoing, step: Step) -> bool:
    """Renew the lease and mark a part as being sent; False = it is no longer ours to send.

    While the lease is ours, so is a mark of this try: of a commit whose end we have not heard of.
    """
    if not renew(session, outgoing):
        return False
    return not step.row_id or _run(session, _BEGIN, part_id=step.row_id, tries=step.attempts + 1)


def renew(session: Session, outgoing: Outgoing) -> bool:
    """Renew the lease; False = another has taken the item up, or it is settled."""
    return _run(session, _RENEW, **_held(outgoing), until=utc_now() + LEASE)


def sent(session: Session, step: Step, external_message_id: str | None, now: dt.datetime | None = None) -> None:
    """Mark a part as sent; true even when the lease ended meanwhile."""
    done = {"part_id": step.row_id, "tries": step.attempts + 1, "now": now or utc_now()}
    if external_message_id:
        _run(session, _SENT_AS, **done, name=external_message_id)
    else:
        _run(session, _SENT, **done)


def set_part(session: Session, step: Step, state: str, error: str, attempts: int) -> bool:
    """Set what became of the try that has just been made; False = somebody else knows more of it."""
    mine = sa.and_(DeliveryPart.id == step.row_id, DeliveryPart.state == "sending")
    return bool(
        changed(session, sa.update(DeliveryPart).where(mine).values(state=state, error=error, attempts=attempts))
    )


def put_off(session: Session, outgoing: Outgoing, until: dt.datetime, error: str) -> None:
    """Let the item wait; its conversation waits with it."""
    _run(session, _PUT_OFF, **_held(outgoing), until=until, why=error)


def park(session: Session, outgoing: Outgoing, error: str) -> None:
    """Give up on the rest of the item; the messages after it may go."""
    rest = sa.and_(DeliveryPart.outbox_id == outgoing.delivery.item_id, DeliveryPart.state.in_(("pending", "sending")))
    changed(session, sa.update(DeliveryPart).where(rest).values(state="parked", error=error))
    close(session, outgoing, error)


def close(session: Session, outgoing: Outgoing, error: str = "") -> str:
    """Close an item whose parts are all settled and return its state: sent, unsure or parked; "" = it is not ours."""
    states = {row.state for row in _rows(session, outgoing.delivery.item_id)}
    state = "parked" if "parked" in states else "unsure" if "uncertain" in states else "sent"
    if error and not states:  # a channel without a ledger
        state = "parked"
    done = {"to_state": state, "why": error, "now": utc_now() if state == "sent" else None}
    if not _run(session, _CLOSE, **_held(outgoing), **done):
        return ""
    _run(session, _FORGET, item_id=outgoing.delivery.item_id)
    return state
