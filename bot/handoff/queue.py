"""First floor of the hand-off: the wish for a person is kept, and nothing more is claimed.

The conversation stays with the assistant, so that the citizen can go on asking meanwhile.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.handoff.hours import OpenHours
from knowledge.models import Handoff, utc_now
from knowledge.reply import Reply

QUEUED = "queued"
CALLBACK = "callback"
_LONGEST_REASON = 20


def find_open(session: Session, conversation_id: str) -> Handoff | None:
    """Return the conversation's open hand-off, None when nobody is waited for."""
    still_open = sa.and_(Handoff.conversation_id == conversation_id, Handoff.closed_at.is_(None))
    return session.scalar(sa.select(Handoff).where(still_open).order_by(Handoff.id).limit(1))


def open_or_keep(
    session: Session, conversation_id: str, reply: Reply, is_open: OpenHours, now: dt.datetime | None = None
) -> Handoff:
    """Return the conversation's open hand-off, made when there is none: queued, or callback out of hours."""
    found = find_open(session, conversation_id)
    if found:
        return found
    opened = Handoff(
        conversation_id=conversation_id,
        state=QUEUED if is_open(now or utc_now()) else CALLBACK,
        reason=reply.handoff[:_LONGEST_REASON],
        procedure_code=reply.procedures[0] if reply.procedures else "",
    )
    session.add(opened)
    return opened
