"""The durable inbox: nothing received is lost, nothing is answered twice.

An item goes new → working → done, or back to new for another try, or parked when it cannot be
worked on. Within a conversation only the oldest open item is handed out. A claim is a lease:
whoever finishes must still hold it, so a second worker can never answer the same item again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from bot.conversation import take_seqs
from bot.delivery.saying import put
from knowledge.models import Conversation, Handoff, InboxItem, Message, utc_now
from knowledge.reply import Reply

# Many times what one try may take; after it, an item of a process that died is taken up again.
LEASE = dt.timedelta(seconds=30)
BOT = "bot"  # the owner of a conversation that no people own
# As in bot/conversation.py, statements that run for every message are built once.
_ROWS = InboxItem.__table__
_EARLIER = aliased(InboxItem)
_NEXT = (
    sa.select(InboxItem, Conversation, Message.seq)
    .join(Conversation, Conversation.id == InboxItem.conversation_id)
    .outerjoin(Message, Message.id == InboxItem.message_id)
    .where(InboxItem.available_at <= sa.bindparam("now"))
    .where(
        ~sa.exists().where(
            _EARLIER.conversation_id == InboxItem.conversation_id,
            _EARLIER.id < InboxItem.id,
            _EARLIER.state.in_(("new", "working")),
        )
    )
    .order_by(InboxItem.id)
    .limit(1)
    .with_for_update(skip_locked=True, of=InboxItem)
)
_DUE = _NEXT.where(InboxItem.state == "new")
_DUE_WITHOUT_RASA = _DUE.where(
    sa.or_(
        InboxItem.created_at <= sa.bindparam("asked_until"),
        Conversation.owner != BOT,
        InboxItem.body["message"].as_string() == "",
    )
)
_WITH_PEOPLE = sa.select(Handoff.conversation_id).where(Handoff.closed_at.is_(None))
# by the few conversations: by the index of states all that wait would be looked at
_DUE_WITH_PEOPLE = _NEXT.where(InboxItem.conversation_id.in_(sa.bindparam("people", expanding=True))).where(
    sa.func.coalesce(InboxItem.state, "") == "new"
)
_TAKE = (
    sa.update(_ROWS)
    .where(_ROWS.c.id == sa.bindparam("item_id"), _ROWS.c.state == "new")
    .values(state="working", attempts=sa.bindparam("tries"), available_at=sa.bindparam("until"))
)
_HELD = (
    sa.update(_ROWS)
    .where(_ROWS.c.id == sa.bindparam("item_id"), _ROWS.c.state == "working")
    .where(_ROWS.c.attempts == sa.bindparam("attempt"))
)
_CLOSE = _HELD.values(
    state=sa.bindparam("to_state"), error=sa.bindparam("why"), finished_at=sa.bindparam("now"), body={}
)
_EXPECT = (
    sa.update(Conversation.__table__)
    .where(Conversation.__table__.c.id == sa.bindparam("which"))
    .values(expects=sa.bindparam("what"))
)
_PUT_BACK = _HELD.values(state="new", available_at=sa.bindparam("again"), error=sa.bindparam("why"))


@dataclass(frozen=True)
class Claimed:
    """An item in work, ours ``until`` its lease ends. ``attempt`` counts from 1.

    ``owner_version`` is the conversation's at the start; ``external_id`` names the conversation in its channel.
    ``answer``, ``note`` and ``reply`` (as JSON) are as in ``bot.messages.Prepared``.
    """

    item_id: int
    attempt: int
    conversation_id: str
    channel: str
    external_id: str
    seq: int
    came_at: dt.datetime
    message: str
    intent: str
    answer: str
    note: str
    owner: str
    owner_version: int
    until: dt.datetime
    reply: Mapping[str, Any] | None = None

    @property
    def request_id(self) -> str:
        """The name of this try in the logs of all programs; it tells nothing about who asks."""
        return f"{self.item_id}.{self.attempt}"


def claim(
    session: Session,
    now: dt.datetime | None = None,
    asked_until: dt.datetime | None = None,
    people_first: bool = False,
) -> Claimed | None:
    """Take the oldest item that is due and whose conversation has none before it.

    With ``asked_until`` one for Rasa is taken only when it came in by then; what needs no Rasa is taken anyhow.
    ``people_first`` takes before all others an item of a conversation in which people are wanted.
    """
    now = now or utc_now()
    found = _with_people(session, now) if people_first and not asked_until else None
    if asked_until is not None:
        found = session.execute(_DUE_WITHOUT_RASA, {"now": now, "asked_until": asked_until}).first()
    elif found is None:
        found = session.execute(_DUE, {"now": now}).first()
    if found is None or not _take(session, found.InboxItem, now):
        return None
    item, conversation, seq = found
    return Claimed(
        item_id=item.id,
        attempt=item.attempts + 1,
        conversation_id=item.conversation_id,
        channel=item.channel,
        external_id=conversation.external_id,
        seq=seq or 0,
        came_at=item.created_at,
        message=item.body.get("message", ""),
        intent=item.body.get("intent", ""),
        answer=item.body.get("answer", "empty"),
        note=item.body.get("note", ""),
        owner=conversation.owner,
        owner_version=conversation.version,
        until=now + LEASE,
        reply=item.body.get("reply"),
    )


def _with_people(session: Session, now: dt.datetime) -> Any:
    people = list(session.scalars(_WITH_PEOPLE))
    return session.execute(_DUE_WITH_PEOPLE, {"now": now, "people": people}).first() if people else None


def _take(session: Session, item: InboxItem, now: dt.datetime) -> bool:
    return _changed(session, _TAKE, {"item_id": item.id, "tries": item.attempts + 1, "until": now + LEASE})


def _changed(session: Session, statement: sa.sql.Update, values: Mapping[str, Any]) -> bool:
    session.flush()
    return bool(session.execute(statement, dict(values)).rowcount)


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
    closing = {"to_state": state, "why": error, "now": utc_now()}
    return _changed(session, _CLOSE, {**_held(claimed), **closing})


def _held(claimed: Claimed) -> dict[str, Any]:
    return {"item_id": claimed.item_id, "attempt": claimed.attempt}


def _note(session: Session, claimed: Claimed, error: str) -> None:
    session.execute(sa.update(InboxItem).where(InboxItem.id == claimed.item_id).values(error=error))


def _store_replies(session: Session, claimed: Claimed, replies: Sequence[Reply]) -> bool:
    grown = take_seqs(session, claimed.conversation_id, len(replies), claimed.owner_version)
    if grown is None:
        return False
    for place, reply in enumerate(replies):
        seq = grown.last_seq - len(replies) + 1 + place
        put(session, claimed.conversation_id, seq, claimed.owner_version, reply, answer_key(claimed.item_id, place))
    return True


def _expect(session: Session, claimed: Claimed, expects: str) -> None:
    """Only Rasa's answers change what is waited for: its form still waits after a sentence of our own."""
    _changed(session, _EXPECT, {"which": claimed.conversation_id, "what": expects})


def answer_key(item_id: int, place: int) -> str:
    """Return the unique key of an answer's n-th message, so that an item is answered at most once."""
    return f"inbox:{item_id}:{place}"


def retry(session: Session, claimed: Claimed, delay: float, error: str) -> bool:
    """Put an item back to be tried again after ``delay`` seconds; its conversation waits for it."""
    again = utc_now() + dt.timedelta(seconds=delay)
    return _changed(session, _PUT_BACK, {**_held(claimed), "again": again, "why": error})


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
