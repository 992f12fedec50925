"""The durable inbox: nothing received is lost, nothing is answered twice.

An item goes new → working → done, or back to new for another try, or parked when it cannot be
worked on. Within a conversation only the oldest open item is handed out. A claim is a lease:
whoever finishes must still hold it, so a second worker can never answer the same item again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from bot.conversation import take_seqs
from bot.delivery.saying import put
from knowledge.models import Conversation, InboxItem, Message, utc_now
from knowledge.reply import Reply

# Longer than any honest answer takes; after it, an item of a process that died is taken up again.
LEASE = dt.timedelta(seconds=60)


@dataclass(frozen=True)
class Claimed:
    """An item in work. ``attempt`` counts from 1; ``owner_version`` is the conversation's at that time.

    ``external_id`` names the conversation in its channel. ``answer`` and ``note`` are as in ``bot.messages.Prepared``.
    """

    item_id: int
    attempt: int
    conversation_id: str
    channel: str
    external_id: str
    seq: int
    message: str
    intent: str
    answer: str
    note: str
    owner: str
    owner_version: int


def claim(session: Session, now: dt.datetime | None = None) -> Claimed | None:
    """Take the oldest item that is due and whose conversation has none before it."""
    now = now or utc_now()
    item = session.scalar(_due(now))
    if item is None or not _take(session, item, now):
        return None
    conversation = session.get(Conversation, item.conversation_id)
    seq = session.scalar(sa.select(Message.seq).where(Message.id == item.message_id))
    return Claimed(
        item_id=item.id,
        attempt=item.attempts + 1,
        conversation_id=item.conversation_id,
        channel=item.channel,
        external_id=conversation.external_id,
        seq=seq or 0,
        message=item.body.get("message", ""),
        intent=item.body.get("intent", ""),
        answer=item.body.get("answer", "empty"),
        note=item.body.get("note", ""),
        owner=conversation.owner,
        owner_version=conversation.version,
    )


def _due(now: dt.datetime) -> sa.sql.Select:
    earlier = aliased(InboxItem)
    blocked = sa.exists().where(
        earlier.conversation_id == InboxItem.conversation_id,
        earlier.id < InboxItem.id,
        earlier.state.in_(("new", "working")),
    )
    open_items = sa.select(InboxItem).where(InboxItem.state == "new", InboxItem.available_at <= now, ~blocked)
    return open_items.order_by(InboxItem.id).limit(1).with_for_update(skip_locked=True, of=InboxItem)


def _take(session: Session, item: InboxItem, now: dt.datetime) -> bool:
    taken = sa.update(InboxItem).where(InboxItem.id == item.id, InboxItem.state == "new")
    values = {"state": "working", "attempts": item.attempts + 1, "available_at": now + LEASE}
    return _changed(session, taken.values(values))


def _changed(session: Session, statement: sa.sql.Update) -> bool:
    return bool(session.execute(statement.execution_options(synchronize_session=False)).rowcount)


def finish(
    session: Session,
    claimed: Claimed,
    replies: Sequence[Reply],
    state: str = "done",
    error: str = "",
    by_rasa: bool = True,
) -> bool:
    """Close an item and store its answer with the outbox rows, all or nothing.

    Returns False, with nothing stored, when the lease was lost. When the conversation changed
    hands meanwhile, the item is closed and the answer dropped.
    """
    if not _close(session, claimed, state, error):
        return False
    if replies and not _store_replies(session, claimed, replies):
        _note(session, claimed, "dropped: the conversation changed hands")
    elif replies and by_rasa:
        _expect(session, claimed, replies[-1].expects)
    return True


def _close(session: Session, claimed: Claimed, state: str, error: str) -> bool:
    values = {"state": state, "error": error, "finished_at": utc_now(), "body": {}}
    return _changed(session, _held(claimed).values(values))


def _held(claimed: Claimed) -> sa.sql.Update:
    return sa.update(InboxItem).where(
        InboxItem.id == claimed.item_id, InboxItem.state == "working", InboxItem.attempts == claimed.attempt
    )


def _note(session: Session, claimed: Claimed, error: str) -> None:
    session.execute(sa.update(InboxItem).where(InboxItem.id == claimed.item_id).values(error=error))


def _store_replies(session: Session, claimed: Claimed, replies: Sequence[Reply]) -> bool:
    last = take_seqs(session, claimed.conversation_id, len(replies), claimed.owner_version)
    if last is None:
        return False
    for place, reply in enumerate(replies):
        seq = last - len(replies) + 1 + place
        put(session, claimed.conversation_id, seq, claimed.owner_version, reply, answer_key(claimed.item_id, place))
    return True


def _expect(session: Session, claimed: Claimed, expects: str) -> None:
    """Only Rasa's answers change what is waited for: its form still waits after a sentence of our own."""
    waiting = sa.update(Conversation).where(Conversation.id == claimed.conversation_id)
    session.execute(waiting.values(expects=expects).execution_options(synchronize_session=False))


def answer_key(item_id: int, place: int) -> str:
    """Return the unique key of an answer's n-th message, so that an item is answered at most once."""
    return f"inbox:{item_id}:{place}"


def retry(session: Session, claimed: Claimed, delay: float, error: str) -> bool:
    """Put an item back to be tried again after ``delay`` seconds; its conversation waits for it."""
    again = utc_now() + dt.timedelta(seconds=delay)
    return _changed(session, _held(claimed).values({"state": "new", "available_at": again, "error": error}))


def recover(session: Session, everything: bool) -> int:
    """Take up the items of a process that died: those whose lease is over, or every one in work.

    ``everything`` is for a database that only one process uses, when that process starts.
    """
    lost = InboxItem.state == "working"
    if not everything:
        lost = sa.and_(lost, InboxItem.available_at <= utc_now())
    if session.scalar(sa.select(InboxItem.id).where(lost).limit(1)) is None:
        return 0  # the usual case takes no write lock
    again = sa.update(InboxItem).where(lost).values(state="new", available_at=utc_now())
    return int(session.execute(again.execution_options(synchronize_session=False)).rowcount)


def count_parked(session: Session) -> int:
    """Return how many items wait for a person because they could not be worked on."""
    return session.scalar(sa.select(sa.func.count()).where(InboxItem.state == "parked")) or 0
