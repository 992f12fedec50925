"""Conversations and their messages in the database."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.delivery.bell import ring
from knowledge.models import Conversation, Message, Staff, utc_now

ERASED = "erased"  # the owner of a conversation that is closed for good
TOOLS = "rest"  # the channel of tools, which ask one question at a time: nobody reads there what was not asked for

# Built once: building a statement takes SQLAlchemy longer than running it, and these run for every message. Updates of
# a class are built anew each time, to keep its objects up to date; of a table they are not, and need a flush before.
_ROWS = Conversation.__table__
_OPEN = sa.insert(Conversation)
_GROW = (
    sa.update(_ROWS)
    .where(_ROWS.c.id == sa.bindparam("which"), _ROWS.c.owner != ERASED)
    .values(last_seq=_ROWS.c.last_seq + sa.bindparam("count"), last_at=sa.bindparam("now"))
)
_GROW_OF_OWNER = _GROW.where(_ROWS.c.version == sa.bindparam("since"))
_AS_IT_IS = (
    sa.select(Conversation).where(Conversation.id == sa.bindparam("which")).execution_options(populate_existing=True)
)
_ADD = sa.insert(Message)
_HEARD = sa.select(sa.func.max(Message.created_at, type_=Message.created_at.type)).where(
    Message.conversation_id == sa.bindparam("conversation_id"), Message.author == "citizen"
)


@dataclass(frozen=True)
class Line:
    """A message as channels show it; ``reply`` is the reply's JSON, ``created_at`` ISO 8601 in UTC.

    ``file`` has the ``name`` and ``size`` (bytes) of what a citizen sent with it; ``by`` is who of the staff wrote it.
    """

    seq: int
    author: str
    text: str
    reply: dict[str, Any] | None
    client_id: str | None
    created_at: str
    outcome: str
    file: dict[str, Any] | None = None
    by: str = ""


def open_web(session: Session) -> str:
    """Open a conversation on the web and return its id, which is random."""
    conversation_id = str(uuid.uuid4())
    session.add(Conversation(id=conversation_id, channel="web", external_id=conversation_id))
    return conversation_id


def open_channel(session: Session, channel: str, external_id: str) -> str:
    """Open a conversation that a channel calls so, and return its id.

    Raises IntegrityError when another process opens it in the same moment.
    """
    opened = {"id": str(uuid.uuid4()), "channel": channel, "external_id": external_id}
    session.execute(_OPEN, opened)
    return opened["id"]


def last_seq(session: Session, conversation_id: str) -> int | None:
    """Return the number of the newest message (0 = none yet), None when there is no such conversation (any more)."""
    wanted = sa.and_(Conversation.id == conversation_id, Conversation.owner != ERASED)
    return session.scalar(sa.select(Conversation.last_seq).where(wanted))


def heard_at(session: Session, conversation_id: str) -> dt.datetime | None:
    """Return when the citizen last wrote, by which a provider's window is counted."""
    return session.scalar(_HEARD, {"conversation_id": conversation_id})


def is_with_people(session: Session, conversation_id: str) -> bool:
    """Tell whether people own the conversation, or it waits for them."""
    owner = session.scalar(sa.select(Conversation.owner).where(Conversation.id == conversation_id))
    return owner not in (None, "bot", ERASED)


def take_seqs(
    session: Session, conversation_id: str, count: int, owner_version: int | None = None
) -> Conversation | None:
    """Reserve the next numbers of a conversation and return it; the last of them is its ``last_seq``.

    The row stays locked until the transaction ends, so that numbers become visible in their order.
    With ``owner_version`` nothing is reserved, and None returned, once the owner has changed.
    """
    session.flush()
    growing = {"which": conversation_id, "count": count, "now": utc_now()}
    if owner_version is None:
        done = session.execute(_GROW, growing)
    else:
        done = session.execute(_GROW_OF_OWNER, {**growing, "since": owner_version})
    if not done.rowcount:
        return None
    ring(session, conversation_id)
    grown: Conversation = session.scalar(_AS_IT_IS, {"which": conversation_id})
    return grown


def add_message(session: Session, **columns: Any) -> int:
    """Store a message under a number that was taken for it and return its id."""
    return int(session.execute(_ADD, columns).inserted_primary_key[0])


def lines_after(session: Session, conversation_id: str, after: int, limit: int) -> list[Line]:
    """Return the messages numbered above ``after``, in order, but for those whose words are no longer kept."""
    wanted = sa.and_(Message.conversation_id == conversation_id, Message.seq > after, Message.text != "")
    named = sa.select(Message, Staff.name).outerjoin(Staff, Staff.id == Message.staff_id)
    rows = session.execute(named.where(wanted).order_by(Message.seq).limit(limit))
    return [_line(row.Message, row.name or "") for row in rows]


def _line(row: Message, by: str) -> Line:
    return Line(
        seq=row.seq,
        author=row.author,
        text=row.text,
        reply=row.body if row.author in ("assistant", "staff") else None,
        client_id=row.client_id if row.author == "citizen" else None,
        created_at=row.created_at.isoformat(),
        outcome=row.outcome,
        file=_file(row),
        by=by,
    )


def _file(row: Message) -> dict[str, Any] | None:
    body = row.body or {}
    if row.author != "citizen" or body.get("kind") not in ("image", "file"):
        return None
    return {"name": body.get("name", ""), "size": body.get("size", 0)}
