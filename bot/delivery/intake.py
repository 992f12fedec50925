"""Taking messages in: stored, numbered and put into the inbox before anything is acknowledged."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import erasure
from bot.alerts import raise_alert
from bot.cases import CaseDesk
from bot.conversation import add_message, open_channel, take_seqs
from bot.delivery.inbox import answer_key
from bot.delivery.preparing import Preparer
from bot.errors import ApiError
from bot.files import rows
from bot.handoff.citizen import COMMANDS, heard
from bot.handoff.takeover import answered_elsewhere, give_back_when_silent, take_over
from bot.inbound import TREATMENTS, Inbound
from bot.messages import Prepared
from bot.texts import Texts
from knowledge.dossiers import subscriptions
from knowledge.models import Conversation, InboxItem, Message, utc_now

_ITEM = sa.insert(InboxItem)
# tables, not classes: nothing of these rows is kept in the session
_CONVERSATIONS, _MESSAGES, _ITEMS = Conversation.__table__, Message.__table__, InboxItem.__table__
_KNOWN = (  # a conversation, with what it has of a message already
    sa.select(_CONVERSATIONS.c.id.label("conversation_id"), _MESSAGES.c.seq, _ITEMS.c.id.label("item_id"))
    .select_from(_CONVERSATIONS)
    .outerjoin(
        _ITEMS,
        sa.and_(
            _ITEMS.c.channel == _CONVERSATIONS.c.channel,
            _ITEMS.c.external_id == _CONVERSATIONS.c.id + ":" + sa.bindparam("client_id", type_=sa.String),
        ),
    )
    .outerjoin(_MESSAGES, _MESSAGES.c.id == _ITEMS.c.message_id)
)
_BY_ID = _KNOWN.where(_CONVERSATIONS.c.id == sa.bindparam("conversation_id"))
_BY_NAME = _KNOWN.where(
    _CONVERSATIONS.c.channel == sa.bindparam("channel"), _CONVERSATIONS.c.external_id == sa.bindparam("external_id")
)


@dataclass(frozen=True)
class Accepted:
    """A message that is stored: its number in the conversation, its inbox item, whether it came for the first time."""

    conversation_id: str
    seq: int
    item_id: int
    is_new: bool = True


@dataclass(frozen=True)
class Intake:
    """The door of the house; ``key`` seals proofs, ``cases`` lets conversations into cases.

    IntegrityError = its twin arrived in the same moment and was stored: done again, it is found.
    """

    key: bytes
    texts: Texts
    cases: CaseDesk = field(default_factory=CaseDesk)

    def accept(self, session: Session, conversation_id: str, inbound: Inbound, instead: str = "") -> Accepted:
        """Store a message and its inbox item; the same ``client_id`` again changes nothing.

        With ``instead`` it is not asked but answered by the reply of that name (``SILENT`` = by none).

        Raises:
            ApiError: 401 no such conversation; 422 a button that was not offered, on the web.
        """
        known = session.execute(_BY_ID, {"conversation_id": conversation_id, "client_id": inbound.client_id}).first()
        return _twin(known) or self._store(session, conversation_id, inbound, instead)

    def receive(
        self,
        session: Session,
        channel: str,
        external_id: str,
        inbound: Inbound,
        instead: str = "",
        came_at: dt.datetime | None = None,
    ) -> Accepted | None:
        """Do as ``accept`` for a channel's own name of a conversation, opened when it is new.

        None = nothing to keep: somebody leaves whom we do not know, or no longer. With ``came_at`` it came earlier than
        now, and has waited since.
        """
        if inbound.kind == "withdraw" and self._is_repeated(session, channel, external_id, inbound):
            return Accepted("", 0, 0, is_new=False)
        name = {"channel": channel, "external_id": external_id}
        known = session.execute(_BY_NAME, {**name, "client_id": inbound.client_id}).first()
        if known is None and TREATMENTS[inbound.kind].author == "system":
            return None
        conversation_id = known.conversation_id if known else open_channel(session, channel, external_id)
        return _twin(known) or self._store(session, conversation_id, inbound, instead, came_at)

    def _is_repeated(self, session: Session, channel: str, external_id: str, inbound: Inbound) -> bool:
        """A withdrawal that is repeated later must not reach what the citizen has begun since."""
        return erasure.is_known(session, self._request(channel, external_id, inbound))

    def _store(
        self,
        session: Session,
        conversation_id: str,
        inbound: Inbound,
        instead: str,
        came_at: dt.datetime | None = None,
    ) -> Accepted:
        conversation = take_seqs(session, conversation_id, 1)
        if conversation is None:
            raise ApiError(401, "token_invalid")
        seq = conversation.last_seq
        if TREATMENTS[inbound.kind].author == "citizen":
            give_back_when_silent(session, conversation)
        prepared = Preparer(session, conversation, self.key, self.texts, self.cases).prepare(inbound)
        if instead:
            prepared = replace(prepared, message="", answer=instead, note="", reply=None)
        columns = _message(conversation_id, seq, inbound, prepared)
        message_id = add_message(session, **columns)
        item = session.execute(_ITEM, _item(conversation, message_id, inbound, prepared, came_at))
        rows.note(session, conversation_id, message_id, prepared.body or {}, inbound)
        if columns["author"] == "citizen" and prepared.intent not in COMMANDS and prepared.reply is None:
            heard(session, conversation_id)
        self._consequences(session, conversation, inbound)
        return Accepted(conversation_id, seq, item.inserted_primary_key[0])

    def _consequences(self, session: Session, conversation: Conversation, inbound: Inbound) -> None:
        if inbound.kind == "staff":
            answered_elsewhere(session, conversation)
            take_over(session, conversation)
        if inbound.kind == "unfollow":
            subscriptions.end(session, conversation.id, "left", utc_now())
        if inbound.kind == "withdraw":  # a duty with a deadline: the alert stands until it is done
            channel, request = (
                conversation.channel,
                self._request(conversation.channel, conversation.external_id, inbound),
            )
            raise_alert(session, "withdraw", channel, "withdraw", {"conversation": conversation.id})
            erasure.mark(session, conversation.id, request)

    def _request(self, channel: str, external_id: str, inbound: Inbound) -> str:
        return erasure.request_key(self.key, channel, external_id, inbound.client_id)


def _twin(known: sa.engine.Row | None) -> Accepted | None:
    if known is None or known.item_id is None:
        return None
    return Accepted(known.conversation_id, known.seq, known.item_id, is_new=False)


def _message(conversation_id: str, seq: int, inbound: Inbound, prepared: Prepared) -> dict[str, Any]:
    return {
        "conversation_id": conversation_id,
        "seq": seq,
        "author": TREATMENTS[inbound.kind].author,
        "text": prepared.stored,
        "body": prepared.body,
        "client_id": inbound.client_id,
        "created_at": _moment(inbound.at),
    }


def _moment(at: dt.datetime | None) -> dt.datetime:
    """Return the provider's time, which counts for its windows; never one in the future."""
    return min(at, utc_now()) if at else utc_now()


def _item(
    conversation: Conversation, message_id: int, inbound: Inbound, prepared: Prepared, came_at: dt.datetime | None
) -> dict[str, Any]:
    return {
        "channel": conversation.channel,
        "external_id": f"{conversation.id}:{inbound.client_id}",  # by which it is found again
        "conversation_id": conversation.id,
        "message_id": message_id,
        "body": prepared.to_item(),
        "created_at": came_at or utc_now(),
    }


def answers(session: Session, accepted: Accepted) -> list[dict[str, Any]] | None:
    """Return the answer's replies as JSON, None while the item is still open."""
    state = session.scalar(sa.select(InboxItem.state).where(InboxItem.id == accepted.item_id))
    if state in ("new", "working"):
        return None
    mine = Message.client_id.like(answer_key(accepted.item_id, 0)[:-1] + "%")
    item = sa.select(InboxItem.conversation_id).where(InboxItem.id == accepted.item_id).scalar_subquery()
    rows = sa.select(Message.body).where(Message.conversation_id == item, mine).order_by(Message.seq)
    return list(session.scalars(rows))
