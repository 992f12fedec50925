"""A person who answers in a provider's own console owns the conversation, until that person falls silent for long."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.handoff import states
from bot.handoff.moves import find_open, move
from knowledge.models import Conversation, Message, utc_now

_BOT = "bot"
_CONSOLE = "console:"
# Nobody says good-bye in a provider's console. A day after the last word a new question is a new matter.
_SILENT_FOR = dt.timedelta(hours=24)


def take_over(session: Session, conversation: Conversation) -> bool:
    """Give the assistant's conversation to the people at the provider's console; False = people have it already.

    Answers that are on their way are dropped, since the version changes.
    """
    if conversation.owner != _BOT:
        return False
    _give(session, conversation, f"{_CONSOLE}{conversation.channel}")
    return True


def answered_elsewhere(session: Session, conversation: Conversation) -> None:
    """End the wait of a citizen whom somebody answers in the provider's console."""
    handoff = find_open(session, conversation.id)
    if handoff is not None and states.find(handoff.state, "elsewhere"):
        move(session, handoff, "elsewhere", "staff", close_reason="elsewhere")


def give_back_when_silent(session: Session, conversation: Conversation, now: dt.datetime | None = None) -> bool:
    """Give a conversation back to the assistant when the people at the console have not spoken for a day."""
    if not conversation.owner.startswith(_CONSOLE):
        return False
    theirs = sa.and_(Message.conversation_id == conversation.id, Message.author == "staff")
    spoken = session.scalar(sa.select(sa.func.max(Message.created_at)).where(theirs))
    if spoken is not None and (now or utc_now()) - spoken < _SILENT_FOR:
        return False
    _give(session, conversation, _BOT)
    return True


def _give(session: Session, conversation: Conversation, owner: str) -> None:
    conversation.owner = owner
    conversation.version += 1
    session.flush()
