"""A conversation as staff read it: messages, steps of the hand-off and notes in one order, page by page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.console.desk.cards import staff_names
from bot.console.desk.delivery import Fate, fates
from bot.console.pages import VIETNAM
from knowledge.models import Attachment, Handoff, HandoffEvent, Message, Note, Staff

PAGE = 40  # messages
_TOGETHER = dt.timedelta(minutes=5)  # what one person says within it stands under one name
_SILENT_STEPS = ("reply", "word", "superseded", "rating_over", "leave_contact")


@dataclass(frozen=True)
class Entry:
    """One thing in a thread.

    ``kind`` message, step or note; ``id`` is its place in the page, ``order`` its place among the others. ``speaker``
    is citizen, assistant, system or the name of a person. ``is_first`` of those that stand together; ``day`` is set
    where one begins. ``body`` is a reply's JSON, or what else a citizen sent. ``edited_at`` when a newer version came.
    """

    kind: str
    id: str
    order: str
    at: dt.datetime
    speaker: str
    author: str = ""
    seq: int = 0
    row_id: int = 0
    text: str = ""
    body: Mapping[str, Any] | None = None
    outcome: str = ""
    fate: Fate | None = None
    file: Attachment | None = None
    edited_at: dt.datetime | None = None
    event: str = ""
    detail: Mapping[str, Any] | None = None
    is_first: bool = True
    day: dt.date | None = None


@dataclass(frozen=True)
class Thread:
    """A page of a conversation; ``before`` is the number to ask older ones with, 0 when there are none."""

    entries: tuple[Entry, ...]
    before: int


def read(session: Session, conversation_id: str, before: int = 0) -> Thread:
    """Return the newest page of a conversation, or the one that ends before a message's number."""
    mine = Message.conversation_id == conversation_id
    wanted = sa.and_(mine, Message.seq < before) if before else mine
    newest = sa.select(Message).where(wanted).order_by(Message.seq.desc()).limit(PAGE + 1)
    messages = list(session.scalars(newest))[::-1]
    has_older = len(messages) > PAGE
    first = messages[1].seq if has_older else 0
    beside = [*_steps(session, conversation_id, first, before), *_notes(session, conversation_id, first, before)]
    entries = sorted([*_messages(session, messages), *beside], key=lambda entry: entry.order)
    placed = _placed(entries)
    return Thread(tuple(entry for entry in placed if not has_older or entry.seq >= first), first)


def _messages(session: Session, messages: Sequence[Message]) -> list[Entry]:
    if not messages:
        return []
    ids = [message.id for message in messages]
    fate = fates(session, [message.id for message in messages if message.author in ("assistant", "staff")])
    files = session.scalars(sa.select(Attachment).where(Attachment.message_id.in_(ids)))
    kept = {file.message_id: file for file in files}
    names = _names(session, {message.staff_id for message in messages if message.staff_id})
    newer = _versions(session, messages[0])
    return [
        Entry(
            kind="message",
            id=f"m{message.seq}",
            order=_order(message.seq, 0, message.id),
            at=message.created_at,
            speaker=names.get(message.staff_id, message.author),
            author=message.author,
            seq=message.seq,
            row_id=message.id,
            text=message.text,
            body=message.body,
            outcome=message.outcome,
            fate=fate.get(message.id),
            file=kept.get(message.id),
            edited_at=newer.get(message.seq),
        )
        for message in messages
    ]


def _versions(session: Session, first: Message) -> dict[int, dt.datetime]:
    """Return when each message from ``first`` on was last given a newer version by the citizen."""
    mine = sa.and_(Message.conversation_id == first.conversation_id, Message.seq >= first.seq)
    theirs = sa.select(Message.body, Message.created_at).where(mine, Message.author == "citizen")
    rows = session.execute(theirs.order_by(Message.seq))
    found = ((row.body or {}, row.created_at) for row in rows)
    return {body["of"]: at for body, at in found if body.get("kind") == "edit" and body.get("of")}


def _names(session: Session, ids: set[int]) -> dict[int, str]:
    return {row.id: row.name for row in session.execute(sa.select(Staff.id, Staff.name).where(Staff.id.in_(ids)))}


def _steps(session: Session, conversation_id: str, first: int, before: int) -> list[Entry]:
    mine = sa.and_(Handoff.conversation_id == conversation_id, HandoffEvent.event.not_in(_SILENT_STEPS))
    chosen = sa.select(HandoffEvent, Handoff).join(Handoff, Handoff.id == HandoffEvent.handoff_id).where(mine)
    rows = session.execute(chosen.where(*_between(HandoffEvent.after_seq, first, before))).all()
    names = staff_names(session, {row.HandoffEvent.actor for row in rows})
    return [_step(row.HandoffEvent, row.Handoff, names) for row in rows]


def _step(event: HandoffEvent, handoff: Handoff, names: Mapping[str, str]) -> Entry:
    about = {"reason": handoff.reason, "close_reason": handoff.close_reason, "rating": handoff.rating}
    return Entry(
        kind="step",
        id=f"e{event.id}",
        order=_order(event.after_seq, 1, event.id),
        at=event.at,
        speaker=names.get(event.actor, event.actor.partition(":")[0]),
        seq=event.after_seq,
        event=event.event,
        detail={**about, **(event.detail or {})},
    )


def _notes(session: Session, conversation_id: str, first: int, before: int) -> list[Entry]:
    chosen = sa.select(Note, Staff.name).join(Staff, Staff.id == Note.staff_id)
    mine = Note.conversation_id == conversation_id
    rows = session.execute(chosen.where(mine, *_between(Note.after_seq, first, before)))
    return [
        Entry(
            kind="note",
            id=f"n{row.Note.id}",
            order=_order(row.Note.after_seq, 2, row.Note.id),
            at=row.Note.created_at,
            speaker=row.name,
            seq=row.Note.after_seq,
            text=row.Note.text,
        )
        for row in rows
    ]


def _between(column: Any, first: int, before: int) -> list[Any]:
    return [column >= first, *([column < before] if before else [])]


def _order(seq: int, rank: int, key: int) -> str:
    return f"{seq:08}-{rank}-{key:010}"


def _placed(entries: Sequence[Entry]) -> list[Entry]:
    """Tell each entry whether it stands under the name above it, and whether a day begins with it."""
    placed: list[Entry] = []
    for entry in entries:
        above = placed[-1] if placed else None
        day = entry.at.astimezone(VIETNAM).date()
        begins = above is None or above.at.astimezone(VIETNAM).date() != day
        placed.append(replace(entry, is_first=begins or not _continues(entry, above), day=day if begins else None))
    return placed


def _continues(entry: Entry, above: Entry | None) -> bool:
    if above is None or entry.kind != "message" or above.kind != "message":
        return False
    return (entry.author, entry.speaker) == (above.author, above.speaker) and entry.at - above.at < _TOGETHER
