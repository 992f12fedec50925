"""What belongs to a conversation: its case in other channels, earlier hand-offs, the number to call, its files."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.cases import case_of, conversations_of
from bot.console.person import Person
from bot.console.scope import visible
from bot.console.veil import veil
from bot.files.kinds import ending_of
from bot.handoff.moves import find_open
from knowledge.models import Attachment, Conversation, Handoff, Message, Staff

_MOST = 30


@dataclass(frozen=True)
class Other:
    """A conversation of the same case; one outside the person's scope is named and cannot be opened."""

    id: str
    channel: str
    conversation: Conversation
    may_open: bool


@dataclass(frozen=True)
class Earlier:
    """A hand-off that came before, and who had it ("" = nobody)."""

    handoff: Handoff
    holder: str


@dataclass(frozen=True)
class File:
    """A file of the conversation, by the number of its message."""

    message_id: int
    attachment: Attachment

    @property
    def kind(self) -> str:
        """What it is, in short: "PDF", "JPG"; "" while nobody knows."""
        return ending_of(self.attachment.media_type).upper()


@dataclass(frozen=True)
class Others:
    """Everything beside the talk itself; ``contact`` is covered."""

    case: str
    conversations: tuple[Other, ...]
    earlier: tuple[Earlier, ...]
    contact: str
    files: tuple[File, ...]

    @property
    def count(self) -> int:
        """How many things there are to look at."""
        return len(self.conversations) + len(self.earlier) + bool(self.contact) + len(self.files)


def read(session: Session, person: Person, conversation: Conversation) -> Others:
    """Return what belongs to a conversation that the person may see."""
    case = case_of(session, conversation.id)
    handoff = find_open(session, conversation.id)
    return Others(
        case=case.code if case else "",
        conversations=_others(session, person, conversation, case.id) if case else (),
        earlier=_earlier(session, conversation.id, handoff),
        contact=veil(handoff.contact) if handoff else "",
        files=_files(session, conversation.id),
    )


def _others(session: Session, person: Person, conversation: Conversation, case_id: int) -> tuple[Other, ...]:
    found = [one for one in conversations_of(session, case_id) if one.id != conversation.id]
    seen = set(visible(session, person, [one.id for one in found]))
    return tuple(Other(one.id, one.channel, one, one.id in seen) for one in found)


def _earlier(session: Session, conversation_id: str, handoff: Handoff | None) -> tuple[Earlier, ...]:
    closed = sa.and_(Handoff.conversation_id == conversation_id, Handoff.closed_at.is_not(None))
    rows = session.execute(
        sa.select(Handoff, Staff.name)
        .outerjoin(Staff, Staff.id == Handoff.staff_id)
        .where(closed)
        .order_by(Handoff.id.desc())
        .limit(_MOST)
    )
    return tuple(Earlier(row.Handoff, row.name or "") for row in rows)


def _files(session: Session, conversation_id: str) -> tuple[File, ...]:
    mine = sa.select(Attachment).where(Attachment.conversation_id == conversation_id)
    rows = session.scalars(mine.order_by(Attachment.id.desc()).limit(_MOST))
    return tuple(File(row.message_id, row) for row in rows)


def file_of(session: Session, message_id: int) -> tuple[Attachment, str] | None:
    """Return the kept file of a message and its conversation, None when it has none (any more)."""
    kept = sa.and_(Attachment.message_id == message_id, Attachment.state == "stored", Attachment.path != "")
    found = session.execute(
        sa.select(Attachment, Message.conversation_id).join(Message, Message.id == Attachment.message_id).where(kept)
    ).first()
    return (found[0], found[1]) if found else None
