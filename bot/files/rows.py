"""The files of messages in the database: noted with the message, claimed under a lease, settled once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.files.store import KeptFile
from bot.inbound import Attachment as Coming
from bot.inbound import Inbound, Kind
from knowledge.models import Attachment, Conversation, Message, utc_now

LEASE = dt.timedelta(seconds=120)  # longer than any one try takes
FILE_KINDS: tuple[Kind, ...] = ("image", "file", "video", "voice")


@dataclass(frozen=True)
class Waiting:
    """A file to be fetched: ``attempt`` counts from 1, ``coming`` is what the provider said about it."""

    attachment_id: int
    attempt: int
    conversation_id: str
    channel: str
    kind: Kind
    coming: Coming


def note(session: Session, conversation_id: str, message_id: int, body: Mapping[str, Any], inbound: Inbound) -> None:
    """Note the file that a message brings: to be fetched, or in our store already."""
    file = inbound.attachment
    if inbound.kind not in FILE_KINDS or file is None or not (file.path or file.url or file.file_id):
        return
    row = Attachment(
        conversation_id=conversation_id, message_id=message_id, kind=inbound.kind, name=body.get("name", "")
    )
    if file.path:
        row.state, row.path, row.sha256 = "stored", file.path, file.sha256
        row.size, row.media_type = file.size, file.media_type
    session.add(row)


def claim(session: Session, now: dt.datetime | None = None) -> Waiting | None:
    """Take the oldest file that is due, for one try."""
    now = now or utc_now()
    due = sa.and_(Attachment.state == "waiting", Attachment.available_at <= now)
    query = (
        sa.select(Attachment, Conversation.channel, Message.body)
        .join(Conversation, Conversation.id == Attachment.conversation_id)
        .join(Message, Message.id == Attachment.message_id)
        .where(due)
        .order_by(Attachment.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=Attachment)
    )
    row = session.execute(query).first()
    if row is None:
        return None
    found, channel, body = row
    waiting = Waiting(found.id, found.attempts + 1, found.conversation_id, channel, found.kind, _coming(body or {}))
    taken = _change(session, found.id, found.attempts, attempts=waiting.attempt, available_at=now + LEASE)
    return waiting if taken else None


def _coming(body: dict[str, Any]) -> Coming:
    return Coming(
        url=body.get("url", ""),
        file_id=body.get("file_id", ""),
        name=body.get("name", ""),
        size=body.get("size", 0),
        media_type=body.get("media_type", ""),
    )


def _change(session: Session, attachment_id: int, attempt: int, **values: Any) -> bool:
    """Change a row if nobody has settled, erased or taken it meanwhile."""
    mine = sa.and_(Attachment.id == attachment_id, Attachment.state == "waiting", Attachment.attempts == attempt)
    changing = sa.update(Attachment).where(mine).values(values)
    return bool(session.execute(changing.execution_options(synchronize_session=False)).rowcount)


def stored(session: Session, waiting: Waiting, file: KeptFile) -> bool:
    """Note that the file is kept; False = it must not be, since the row is no longer ours."""
    values = {"path": file.path, "size": file.size, "sha256": file.sha256, "media_type": file.kind.media_type}
    return _change(session, waiting.attachment_id, waiting.attempt, state="stored", reason="", **values)


def refused(session: Session, waiting: Waiting, reason: str) -> bool:
    """Note that the file is not kept, and why."""
    return _change(session, waiting.attachment_id, waiting.attempt, state="refused", reason=reason)


def put_off(session: Session, waiting: Waiting, seconds: float, reason: str) -> bool:
    """Have it tried again later."""
    again = utc_now() + dt.timedelta(seconds=seconds)
    return _change(session, waiting.attachment_id, waiting.attempt, available_at=again, reason=reason)


def is_known(session: Session, path: str) -> bool:
    """Tell whether a path in the store is the file of a message."""
    wanted = sa.and_(Attachment.path == path, Attachment.state == "stored")
    return session.scalar(sa.select(Attachment.id).where(wanted)) is not None


def of_message(session: Session, conversation_id: str, seq: int) -> Attachment | None:
    """Return the file of a citizen's message, None when it has none or it is not kept."""
    mine = sa.and_(Message.conversation_id == conversation_id, Message.seq == seq)
    query = sa.select(Attachment).join(Message, Message.id == Attachment.message_id)
    return session.scalar(query.where(mine, Attachment.state == "stored"))
