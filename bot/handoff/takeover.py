"""A person who answers in a provider's own console owns the conversation from then on."""

from __future__ import annotations

from sqlalchemy.orm import Session

from knowledge.models import Conversation

_BOT = "bot"


def take_over(session: Session, conversation: Conversation) -> bool:
    """Give the assistant's conversation to the people at the provider's console; False = people have it already.

    Answers that are on their way are dropped, since the version changes.
    """
    if conversation.owner != _BOT:
        return False
    conversation.owner = f"console:{conversation.channel}"
    conversation.version += 1
    session.flush()
    return True
