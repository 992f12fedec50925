"""Taking messages in: stored, numbered and put into the inbox before anything is acknowledged."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from bot import erasure
from bot.alerts import raise_alert
from bot.cases import CaseDesk
from bot.conversation import take_seqs
from bot.delivery.inbox import answer_key
from bot.delivery.preparing import Preparer
from bot.errors import ApiError
from bot.files import rows
from bot.handoff.takeover import give_back_when_silent, take_over
from bot.inbound import TREATMENTS, Inbound
from bot.messages import Prepared
from bot.texts import Texts
from knowledge.models import Conversation, InboxItem, Message, utc_now


@dataclass(frozen=True)
class Accepted:
    """A message that is stored: its number in the conversation, its inbox item, whether it came for the first time."""

    seq: int
    item_id: int
    is_new: bool = True


@dataclass(frozen=True)
class Intake:
    """The door of the house; ``key`` seals proofs, ``cases`` lets conversations into cases."""

    sessions: sessionmaker
    key: bytes
    texts: Texts
    cases: CaseDesk = field(default_factory=CaseDesk)

    def accept(self, conversation_id: str, inbound: Inbound, instead: str = "") -> Accepted:
        """Store a message and its inbox item in one transaction; the same ``client_id`` again changes nothing.

        With ``instead`` it is not asked but answered by the reply of that name (``SILENT`` = by none).

        Raises:
            ApiError: 401 no such conversation; 422 a button that was not offered, on the web.
        """
        try:
            with self.sessions.begin() as session:
                return _find(session, conversation_id, inbound) or self._store(
                    session, conversation_id, inbound, instead
                )
        except IntegrityError:  # its twin arrived in the same moment and was stored
            with self.sessions.begin() as session:
                found = _find(session, conversation_id, inbound)
            if found is None:
                raise
            return found

    def _store(self, session: Session, conversation_id: str, inbound: Inbound, instead: str) -> Accepted:
        seq = take_seqs(session, conversation_id, 1)
        if seq is None:
            raise ApiError(401, "token_invalid")
        conversation = session.get(Conversation, conversation_id)
        if TREATMENTS[inbound.kind].author == "citizen":
            give_back_when_silent(session, conversation)
        prepared = Preparer(session, conversation, self.key, self.texts, self.cases).prepare(inbound)
        if instead:
            prepared = replace(prepared, message="", answer=instead, note="")
        message = _message(conversation_id, seq, inbound, prepared)
        session.add(message)
        session.flush()
        item = _item(conversation, message, prepared)
        session.add(item)
        session.flush()
        rows.note(session, message, inbound)
        self._consequences(session, conversation, inbound)
        return Accepted(seq, item.id)

    def _consequences(self, session: Session, conversation: Conversation, inbound: Inbound) -> None:
        if inbound.kind == "staff":
            take_over(session, conversation)
        if inbound.kind == "withdraw":  # a duty with a deadline: the alert stands until it is done
            channel, request = (
                conversation.channel,
                self._request(conversation.channel, conversation.external_id, inbound),
            )
            raise_alert(session, "withdraw", channel, "withdraw", {"conversation": conversation.id})
            erasure.mark(session, conversation.id, request)

    def _request(self, channel: str, external_id: str, inbound: Inbound) -> str:
        return erasure.request_key(self.key, channel, external_id, inbound.client_id)

    def withdrawn(self, channel: str, external_id: str, inbound: Inbound) -> Accepted | None:
        """Return what a repeated withdrawal comes to: nothing new. None = it comes for the first time."""
        with self.sessions.begin() as session:
            known = erasure.is_known(session, self._request(channel, external_id, inbound))
        return Accepted(0, 0, is_new=False) if known else None


def _find(session: Session, conversation_id: str, inbound: Inbound) -> Accepted | None:
    found = session.execute(
        sa.select(Message.seq, InboxItem.id)
        .join(InboxItem, InboxItem.message_id == Message.id)
        .where(Message.conversation_id == conversation_id, Message.client_id == inbound.client_id)
    ).first()
    return Accepted(found.seq, found.id, is_new=False) if found else None


def _message(conversation_id: str, seq: int, inbound: Inbound, prepared: Prepared) -> Message:
    return Message(
        conversation_id=conversation_id,
        seq=seq,
        author=TREATMENTS[inbound.kind].author,
        text=prepared.stored,
        body=prepared.body,
        client_id=inbound.client_id,
        created_at=_moment(inbound.at),
    )


def _moment(at: dt.datetime | None) -> dt.datetime:
    """Return the provider's time, which counts for its windows; never one in the future."""
    return min(at, utc_now()) if at else utc_now()


def _item(conversation: Conversation, message: Message, prepared: Prepared) -> InboxItem:
    return InboxItem(
        channel=conversation.channel,
        external_id=f"{conversation.id}:{message.client_id}",
        conversation_id=conversation.id,
        message_id=message.id,
        body=prepared.to_item(),
    )


def answers(session: Session, accepted: Accepted) -> list[dict[str, Any]] | None:
    """Return the answer's replies as JSON, None while the item is still open."""
    state = session.scalar(sa.select(InboxItem.state).where(InboxItem.id == accepted.item_id))
    if state in ("new", "working"):
        return None
    mine = Message.client_id.like(answer_key(accepted.item_id, 0)[:-1] + "%")
    item = sa.select(InboxItem.conversation_id).where(InboxItem.id == accepted.item_id).scalar_subquery()
    rows = sa.select(Message.body).where(Message.conversation_id == item, mine).order_by(Message.seq)
    return list(session.scalars(rows))
