"""Forgetting: what was said longer ago than so many days loses its words; how much was said, and when, stays.

A conversation whose hand-off is still open keeps everything: its citizen is owed an answer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session, sessionmaker

from bot import words
from bot.conversation import ERASED
from bot.erasing import tidy
from bot.files.store import FileStore
from bot.handoff import review
from bot.tracker import Tracker
from knowledge.dossiers import subscriptions
from knowledge.models import (
    Attachment,
    Conversation,
    DeliveryPart,
    Draft,
    Handoff,
    HandoffEvent,
    InboxItem,
    Message,
    Note,
    OutboxItem,
    ReviewItem,
    Subscription,
    utc_now,
)

log = structlog.get_logger("retention")

_BATCH = 20  # conversations in one transaction: others must get at the database in between
_COUNTED = ("procedures", "candidates", "aspects")  # of an answer: codes and names of ours, nobody's words
_EXPIRED = "expired"


InTurn = Callable[[Callable[[], "Retained"]], "Retained"]


def _at_once(work: Callable[[], Retained]) -> Retained:
    return work()


@dataclass(frozen=True)
class Retained:
    """How much has lost its words."""

    conversations: int = 0
    messages: int = 0
    files: int = 0


@dataclass(frozen=True)
class Retention:
    """Removes what is older than ``days``; 0 = never. ``tracker`` is what Rasa remembers."""

    sessions: sessionmaker
    files: FileStore
    tracker: Tracker
    days: int

    def retain(self, now: dt.datetime | None = None, in_turn: InTurn = _at_once) -> Retained:
        """Remove everything that is too old by now; doing it again does no harm.

        Each batch is done by ``in_turn(work)``: where others are served meanwhile, it waits there for its turn.
        """
        if not self.days:
            return Retained()
        before = (now or utc_now()) - dt.timedelta(days=self.days)
        with self.sessions() as session:
            due = old_conversations(session, before)
        messages = files = 0
        for place in range(0, len(due), _BATCH):
            gone = in_turn(partial(self._forget, due[place : place + _BATCH], before))
            messages, files = messages + gone.messages, files + gone.files
        if due:
            words.forget(self.sessions)
            tidy(self.sessions)
        log.info("retention.done", conversations=len(due), messages=messages, files=files)
        return Retained(len(due), messages, files)

    def _forget(self, keys: list[str], before: dt.datetime) -> Retained:
        """Files first: their names are known as long as the rows are there, so that a crash leaves none behind."""
        with self.sessions() as session:
            keys = [key for key in keys if not _is_open(session, key)]
            kept = sa.and_(Attachment.conversation_id.in_(keys), Attachment.created_at < before, Attachment.path != "")
            paths = list(session.scalars(sa.select(Attachment.path).where(kept)))
            quiet = sa.and_(Conversation.id.in_(keys), Conversation.last_at < before)
            silent = list(session.scalars(sa.select(Conversation.id).where(quiet)))
        for path in paths:
            self.files.remove(path)
        if silent:
            self.tracker.forget(silent)
        with self.sessions.begin() as session:
            messages = forget_rows(session, keys, before)
        return Retained(len(keys), messages, len(paths))


def old_conversations(session: Session, before: dt.datetime) -> list[str]:
    """Return the conversations that hold anything older than a moment, but for those that people still owe."""
    found = sa.union(*(statement for statement in _holders(before))).subquery()
    still_open = sa.exists().where(Handoff.conversation_id == Conversation.id, Handoff.closed_at.is_(None))
    due = sa.select(Conversation.id).join(found, found.c.conversation_id == Conversation.id)
    return list(session.scalars(due.where(~still_open, Conversation.owner != ERASED).order_by(Conversation.id)))


def _holders(before: dt.datetime) -> Iterator[Any]:
    yield sa.select(Message.conversation_id).where(Message.created_at < before, Message.text != "")
    yield sa.select(Note.conversation_id).where(Note.created_at < before)
    yield sa.select(Draft.conversation_id).where(Draft.updated_at < before)
    yield sa.select(Attachment.conversation_id).where(Attachment.created_at < before, Attachment.state != "erased")
    told = sa.or_(Handoff.contact != "", Handoff.comment != "", sa.cast(Handoff.summary, sa.Text) != "{}")
    yield sa.select(Handoff.conversation_id).where(Handoff.closed_at < before, told)
    yield sa.select(Subscription.conversation_id).where(Subscription.ended_at < before)
    undecided = sa.and_(ReviewItem.created_at < before, ReviewItem.state == review.OPEN)
    yield sa.select(ReviewItem.conversation_id).where(undecided)


def _is_open(session: Session, conversation_id: str) -> bool:
    """Look again: somebody may have asked for a person since the list was made."""
    still = sa.and_(Handoff.conversation_id == conversation_id, Handoff.closed_at.is_(None))
    return session.scalar(sa.select(Handoff.id).where(still).limit(1)) is not None


def forget_rows(session: Session, keys: list[str], before: dt.datetime) -> int:
    """Take the words out of everything older than a moment; return how many messages lost theirs."""
    if session.get_bind().dialect.name == "sqlite":  # else the text stays in the free places of the file
        session.connection().exec_driver_sql("PRAGMA secure_delete=ON")
    count = _forget_messages(session, keys, before)
    _forget_traffic(session, keys, before)
    _forget_handoffs(session, keys, before)
    _forget_reviews(session, keys, before)
    values = {"name": "", "sha256": "", "path": "", "reason": "", "state": "erased"}
    _update(session, Attachment, _old(Attachment, Attachment.created_at, keys, before), values)
    subscriptions.remove(session, _old(Subscription, Subscription.ended_at, keys, before))
    for table, at in ((Note, Note.created_at), (Draft, Draft.updated_at)):
        session.execute(
            sa.delete(table).where(_old(table, at, keys, before)).execution_options(synchronize_session=False)
        )
    return count


def _forget_messages(session: Session, keys: list[str], before: dt.datetime) -> int:
    old = sa.and_(_old(Message, Message.created_at, keys, before), Message.text != "")
    answered = sa.select(Message.id, Message.body).where(old, Message.author == "assistant", Message.body.is_not(None))
    counted = [
        {"key": row.id, "kept": {name: row.body.get(name) or [] for name in _COUNTED}}
        for row in session.execute(answered)
        if row.body
    ]
    count = _update(session, Message, old, {"text": "", "body": sa.null(), "client_id": None})
    if counted:
        keeping = sa.update(Message.__table__).where(Message.__table__.c.id == sa.bindparam("key"))
        session.execute(keeping.values(body=sa.bindparam("kept", type_=sa.JSON)), counted)
    return count


def _forget_traffic(session: Session, keys: list[str], before: dt.datetime) -> None:
    named = sa.literal("erased:") + sa.cast(InboxItem.id, sa.String)  # the name holds the provider's id of the message
    old = sa.and_(_old(InboxItem, InboxItem.created_at, keys, before), InboxItem.state.in_(("done", "parked")))
    _update(session, InboxItem, old, {"external_id": named, "body": {}, "error": ""})
    old = _old(OutboxItem, OutboxItem.created_at, keys, before)
    outgoing = sa.select(OutboxItem.id).where(old)
    _update(session, OutboxItem, old, {"error": ""})
    parts: dict[str, Any] = {"body": {}, "external_message_id": None, "error": ""}
    _update(session, DeliveryPart, DeliveryPart.outbox_id.in_(outgoing), parts)


def _forget_handoffs(session: Session, keys: list[str], before: dt.datetime) -> None:
    old = _old(Handoff, Handoff.closed_at, keys, before)
    _update(session, Handoff, old, {"summary": {}, "contact": "", "comment": ""})
    _update(session, HandoffEvent, HandoffEvent.handoff_id.in_(sa.select(Handoff.id).where(old)), {"detail": {}})


def _forget_reviews(session: Session, keys: list[str], before: dt.datetime) -> None:
    """What was decided is a lesson and stays, as it was covered then; nobody decides on the rest any more."""
    old = _old(ReviewItem, ReviewItem.created_at, keys, before)
    expired = {"question": "", "understood": {}, "state": _EXPIRED}
    _update(session, ReviewItem, sa.and_(old, ReviewItem.state == review.OPEN), expired)


def _old(table: Any, at: Any, keys: list[str], before: dt.datetime) -> Any:
    return sa.and_(table.conversation_id.in_(keys), at < before)


def _update(session: Session, table: Any, where: Any, values: dict[str, Any]) -> int:
    changing = sa.update(table).where(where).values(values).execution_options(synchronize_session=False)
    return int(session.execute(changing).rowcount)
