"""Erasing a conversation: first it is marked, so that nothing more goes in or out; then all that was said is removed.

What stays is what counts: how many messages, when, with what outcome; and which consents were given when.
A later word of the same citizen opens a new conversation. Doing it again does no harm.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.alerts import clear_alerts
from bot.conversation import ERASED
from knowledge.dossiers import subscriptions
from knowledge.models import (
    Attachment,
    Case,
    CaseMember,
    Conversation,
    DeliveryPart,
    Draft,
    Erasure,
    Handoff,
    HandoffEvent,
    InboxItem,
    Message,
    Note,
    OutboxItem,
    ProofInHand,
    ReviewItem,
    Subscription,
    utc_now,
)


def request_key(key: bytes, channel: str, external_id: str, client_id: str) -> str:
    """Return the digest by which a provider's repeated request is known again, without keeping who it was."""
    said = "\n".join(("withdraw", channel, external_id, client_id))
    return hmac.new(key, said.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def is_known(session: Session, request: str) -> bool:
    """Tell whether this very request has been taken in before."""
    return session.scalar(sa.select(Erasure.id).where(Erasure.request == request)) is not None


def mark(session: Session, conversation_id: str, request: str) -> bool:
    """Close a conversation for good and note the duty to erase it; False = that was done before."""
    if session.scalar(sa.select(Erasure.id).where(Erasure.conversation_id == conversation_id)) is not None:
        return False
    session.add(Erasure(conversation_id=conversation_id, request=request))
    values = {
        "owner": ERASED,
        "version": Conversation.version + 1,
        "expects": "",
        "external_id": f"erased:{conversation_id}",
    }
    _update(session, Conversation, Conversation.id == conversation_id, values)
    waiting = sa.and_(InboxItem.conversation_id == conversation_id, InboxItem.state.in_(("new", "working")))
    _update(session, InboxItem, waiting, {"state": "done", "body": {}, "finished_at": utc_now()})
    leaving = sa.and_(OutboxItem.conversation_id == conversation_id, OutboxItem.state.in_(("pending", "sending")))
    _update(session, OutboxItem, leaving, {"state": "dropped"})
    subscriptions.end(session, conversation_id, "erased", utc_now())
    session.flush()
    return True


def exists(session: Session, conversation_id: str) -> bool:
    """Tell whether there is such a conversation."""
    return session.scalar(sa.select(Conversation.id).where(Conversation.id == conversation_id)) is not None


def kept_files(session: Session, conversation_id: str) -> list[str]:
    """Return the paths of the files that are still kept."""
    mine = sa.and_(Attachment.conversation_id == conversation_id, Attachment.path != "")
    return list(session.scalars(sa.select(Attachment.path).where(mine)))


def erase_rows(session: Session, conversation_id: str) -> int:
    """Remove what was said, by whom and to whom, from every table; return how many messages there are."""
    if session.get_bind().dialect.name == "sqlite":  # else the text stays in the free places of the file
        session.connection().exec_driver_sql("PRAGMA secure_delete=ON")
    _erase_messages(session, conversation_id)
    _erase_traffic(session, conversation_id)
    _erase_files(session, conversation_id)
    _leave_case(session, conversation_id)
    session.execute(sa.delete(ProofInHand).where(ProofInHand.conversation_id == conversation_id))
    subscriptions.remove(session, Subscription.conversation_id == conversation_id)
    _erase_handoffs(session, conversation_id)
    counted = sa.select(sa.func.count()).select_from(Message).where(Message.conversation_id == conversation_id)
    return int(session.scalar(counted) or 0)


def _erase_messages(session: Session, conversation_id: str) -> None:
    values = {"text": "", "body": sa.null(), "client_id": None}
    _update(session, Message, Message.conversation_id == conversation_id, values)


def _erase_traffic(session: Session, conversation_id: str) -> None:
    items = sa.select(InboxItem.id).where(InboxItem.conversation_id == conversation_id)
    for item_id in session.scalars(items).all():  # the name holds the provider's id of the message
        values = {"external_id": f"erased:{item_id}", "body": {}, "error": ""}
        _update(session, InboxItem, InboxItem.id == item_id, values)
    _update(session, OutboxItem, OutboxItem.conversation_id == conversation_id, {"error": ""})
    outgoing = sa.select(OutboxItem.id).where(OutboxItem.conversation_id == conversation_id)
    parts: dict[str, Any] = {"body": {}, "external_message_id": None, "error": ""}
    _update(session, DeliveryPart, DeliveryPart.outbox_id.in_(outgoing), parts)


def _erase_files(session: Session, conversation_id: str) -> None:
    values = {"name": "", "sha256": "", "path": "", "reason": "", "state": "erased"}
    _update(session, Attachment, Attachment.conversation_id == conversation_id, values)


def _erase_handoffs(session: Session, conversation_id: str) -> None:
    mine = Handoff.conversation_id == conversation_id
    _update(session, Handoff, mine, {"summary": {}, "contact": "", "comment": ""})
    still_open = sa.and_(mine, Handoff.closed_at.is_(None))
    _update(session, Handoff, still_open, {"closed_at": utc_now(), "state": "closed", "close_reason": "erased"})
    handoffs = sa.select(Handoff.id).where(mine)
    _update(session, HandoffEvent, HandoffEvent.handoff_id.in_(handoffs), {"detail": {}})
    _update(session, ReviewItem, ReviewItem.conversation_id == conversation_id, {"question": "", "understood": {}})
    for table in (Note, Draft):
        mine = table.conversation_id == conversation_id
        session.execute(sa.delete(table).where(mine).execution_options(synchronize_session=False))


def _leave_case(session: Session, conversation_id: str) -> None:
    mine = sa.select(CaseMember.case_id).where(CaseMember.conversation_id == conversation_id)
    case_id = session.scalar(mine)
    if case_id is None:
        return
    session.execute(sa.delete(CaseMember).where(CaseMember.conversation_id == conversation_id))
    others = sa.exists().where(CaseMember.case_id == case_id)
    session.execute(sa.delete(Case).where(Case.id == case_id, ~others).execution_options(synchronize_session=False))


def done(session: Session, conversation_id: str) -> None:
    """Note that everything is removed, and clear the alert when nothing else of its channel waits."""
    open_now = sa.and_(Erasure.conversation_id == conversation_id, Erasure.done_at.is_(None))
    _update(session, Erasure, open_now, {"done_at": utc_now()})
    channel = session.scalar(sa.select(Conversation.channel).where(Conversation.id == conversation_id))
    waiting = (
        sa.select(Erasure.id)
        .join(Conversation, Conversation.id == Erasure.conversation_id)
        .where(Erasure.done_at.is_(None), Conversation.channel == channel)
    )
    if session.scalar(waiting.limit(1)) is None:
        clear_alerts(session, "withdraw", channel)


def _update(session: Session, table: Any, where: Any, values: dict[str, Any]) -> None:
    session.execute(sa.update(table).where(where).values(values).execution_options(synchronize_session=False))
