"""Looking at one conversation: only those within a person's scope, and every view is in the audit."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.console.audit import record
from bot.console.errors import PageError
from bot.console.person import Person
from bot.console.scope import may_see
from knowledge.models import AuditEntry, Conversation, utc_now

VIEWED = "conversation_viewed"
_ONE_LOOK = dt.timedelta(minutes=10)  # a page that refreshes itself is one look, not a hundred


def in_scope(session: Session, person: Person, conversation_id: str) -> Conversation:
    """Return a conversation that the person may see.

    Raises:
        PageError: 404, it is not there or not theirs to see; the two look alike.
    """
    if not may_see(session, person, conversation_id):
        raise PageError(404, "not_found")
    found: Conversation = session.get(Conversation, conversation_id)
    return found


def look(session: Session, person: Person, conversation_id: str) -> Conversation:
    """Return a conversation as ``in_scope`` does, and note in the audit that it was looked at."""
    found = in_scope(session, person, conversation_id)
    if not _just_looked(session, person, subject_of(conversation_id)):
        record(session, person.id, VIEWED, subject_of(conversation_id))
    return found


def subject_of(conversation_id: str) -> str:
    """Return how a conversation stands in the audit."""
    return f"conversation:{conversation_id}"


def _just_looked(session: Session, person: Person, subject: str) -> bool:
    mine = sa.and_(AuditEntry.staff_id == person.id, AuditEntry.at > utc_now() - _ONE_LOOK)
    same = sa.and_(mine, AuditEntry.action == VIEWED, AuditEntry.subject == subject)
    return session.scalar(sa.select(AuditEntry.id).where(same).limit(1)) is not None
