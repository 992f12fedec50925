"""What a list shows of each hand-off, read with few queries however long the list is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.console import rail
from bot.console.person import Person
from bot.console.scope import handoffs_of, visible
from bot.console.veil import excerpt
from bot.handoff import waiting
from bot.handoff.staff import is_target
from bot.handoff.states import STATES
from knowledge.models import Conversation, Handoff, HandoffEvent, Message, Procedure, ProcedureVersion, Staff

MOST = 100
_WORDS_OF_SUBJECT = 60  # characters
_SHOWN = ("citizen", "staff")


@dataclass(frozen=True)
class Card:
    """One hand-off in a list.

    ``since`` is since when the citizen is owed something, None when nothing is. ``subject`` is a procedure's short
    name or the first words; ``last`` the last words of a person, covered, by ``author``: "" when whoever looks may
    not open the conversation any more. ``holder`` has it, ``target`` is whom it is offered to, ``returned_by`` who let
    it go. ``is_offered``: to whoever looks.
    """

    id: int
    conversation_id: str
    state: str
    channel: str
    subject: str
    last: str
    author: str
    since: dt.datetime | None
    at: dt.datetime
    holder: str
    is_mine: bool
    target: str
    is_offered: bool
    returned_by: str
    unit_code: str
    promised_at: dt.datetime | None
    close_reason: str
    rating: str


def find(session: Session, person: Person, name: str, unit: str = "") -> list[Card]:
    """Return a list of the rail as cards, in the order in which they are to be worked on; ``unit`` narrows it."""
    chosen = (
        sa.select(Handoff, Conversation)
        .join(Conversation, Conversation.id == Handoff.conversation_id)
        .where(handoffs_of(person))
    )
    if unit:
        chosen = chosen.where(sa.or_(Handoff.unit_code == unit, Handoff.target_unit == unit))
    if name == "finished":
        chosen = chosen.where(Handoff.closed_at.is_not(None)).order_by(Handoff.closed_at.desc(), Handoff.id.desc())
    else:
        still = (Handoff.closed_at.is_(None), rail.conditions(person)[name])
        chosen = chosen.where(*still).order_by(*_order(person))
    rows = session.execute(chosen.limit(MOST)).all()
    return _cards(session, person, [(row.Handoff, row.Conversation) for row in rows])


def _order(person: Person) -> tuple[sa.sql.ColumnElement, ...]:
    """What is offered to the person, then who is owed something in the order of the queue, then the others."""
    offered = sa.and_(Handoff.state == "transferring", Handoff.target_staff_id == person.id)
    return (
        sa.case((offered, 0), else_=1),
        sa.case((Handoff.waiting_since.is_(None), 1), else_=0),
        *waiting.in_order(),
    )


def _cards(session: Session, person: Person, rows: Sequence[tuple[Handoff, Conversation]]) -> list[Card]:
    handoffs = [handoff for handoff, _ in rows]
    talks = [conversation.id for _, conversation in rows]
    names = short_names(session, {handoff.procedure_code for handoff in handoffs})
    people = _people(session, handoffs)
    last = _last_words(session, visible(session, person, talks))  # it may have gone on with another unit
    first, left = _first_words(session, handoffs), _left_by(session, handoffs)
    me = session.get(Staff, person.id)
    return [
        _card(handoff, conversation, person, me, names, people, last, first, left) for handoff, conversation in rows
    ]


def _card(
    handoff: Handoff,
    conversation: Conversation,
    person: Person,
    me: Staff,
    names: dict[str, str],
    people: dict[int, str],
    last: dict[str, tuple[str, str]],
    first: dict[str, str],
    left: dict[int, str],
) -> Card:
    author, words = last.get(conversation.id, ("", ""))
    named = names.get(handoff.procedure_code, handoff.procedure_code)
    subject = named or excerpt(first.get(conversation.id, words), _WORDS_OF_SUBJECT)
    last_line = excerpt(words)
    holds = handoff.state == "calling" or STATES[handoff.state].owner == "staff" or handoff.closed_at is not None
    return Card(
        id=handoff.id,
        conversation_id=conversation.id,
        state=handoff.state,
        channel=conversation.channel,
        subject=subject,
        last=last_line if last_line != subject else "",
        author=author,
        since=handoff.waiting_since if STATES[handoff.state].owed else None,
        at=handoff.closed_at or conversation.last_at,
        holder=people.get(handoff.staff_id, "") if holds else "",
        is_mine=holds and handoff.staff_id == person.id,
        target=people.get(handoff.target_staff_id, "") if handoff.target_staff_id else handoff.target_unit or "",
        is_offered=is_target(me, handoff),
        returned_by=left.get(handoff.id, "") if handoff.state == waiting.QUEUED and handoff.rank else "",
        unit_code=handoff.unit_code,
        promised_at=handoff.promised_at,
        close_reason=handoff.close_reason,
        rating=handoff.rating,
    )


def short_names(session: Session, codes: Collection[str]) -> dict[str, str]:
    """Return the short names of procedures by code."""
    wanted = (Procedure.code.in_(set(codes) - {""}), ProcedureVersion.superseded_at.is_(None))
    found = sa.select(Procedure.code, ProcedureVersion.short_name).join(ProcedureVersion).where(*wanted)
    return {row.code: row.short_name for row in session.execute(found)}


def _people(session: Session, handoffs: Sequence[Handoff]) -> dict[int, str]:
    ids = {one for handoff in handoffs for one in (handoff.staff_id, handoff.target_staff_id) if one}
    return {row.id: row.name for row in session.execute(sa.select(Staff.id, Staff.name).where(Staff.id.in_(ids)))}


def _last_words(session: Session, talks: Collection[str]) -> dict[str, tuple[str, str]]:
    """Return who of the people spoke last in each conversation, and what."""
    spoken = sa.and_(Message.conversation_id.in_(talks), Message.author.in_(_SHOWN))
    newest = sa.select(sa.func.max(Message.id)).where(spoken).group_by(Message.conversation_id)
    columns = (Message.conversation_id, Message.author, Message.text)
    found = session.execute(sa.select(*columns).where(Message.id.in_(newest)))
    return {row.conversation_id: (row.author, row.text) for row in found}


def _first_words(session: Session, handoffs: Sequence[Handoff]) -> dict[str, str]:
    """Return what the citizen first said in the turns that each hand-off is about."""
    unnamed = {
        row.conversation_id: (row.summary or {}).get("from_seq", 1) for row in handoffs if not row.procedure_code
    }
    if not unnamed:
        return {}
    after = [sa.and_(Message.conversation_id == key, Message.seq >= seq) for key, seq in unnamed.items()]
    theirs = (Message.author == "citizen", sa.or_(*after))
    oldest = sa.select(sa.func.min(Message.id)).where(*theirs).group_by(Message.conversation_id)
    found = session.execute(sa.select(Message.conversation_id, Message.text).where(Message.id.in_(oldest)))
    return {row.conversation_id: row.text for row in found}


def _left_by(session: Session, handoffs: Sequence[Handoff]) -> dict[int, str]:
    """Return who let each hand-off go back to the queue: named by the clock, or the person who did it."""
    ids = [handoff.id for handoff in handoffs if handoff.rank]
    left = sa.and_(HandoffEvent.handoff_id.in_(ids), HandoffEvent.event == "let_go")
    found = list(session.scalars(sa.select(HandoffEvent).where(left).order_by(HandoffEvent.id)))
    actors = {event.actor for event in found}
    names = staff_names(session, actors)
    return {event.handoff_id: (event.detail or {}).get("from") or names.get(event.actor, "") for event in found}


def staff_names(session: Session, actors: Collection[str]) -> dict[str, str]:
    """Return the names of the people among actors of the history, by ``staff:<id>``."""
    ids = [int(actor[6:]) for actor in actors if actor.startswith("staff:") and actor[6:].isdigit()]
    found = session.execute(sa.select(Staff.id, Staff.name).where(Staff.id.in_(ids)))
    return {f"staff:{row.id}": row.name for row in found}
