"""That a citizen agreed, to what and in which words: recorded before anything is looked up."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from knowledge.models import Consent, Conversation

LOOK_UP = "dossier_look_up"


def record_consent(session: Session, conversation_id: str, purpose: str, version: str, now: dt.datetime) -> bool:
    """Add the record; False = there is no such conversation (a question from a terminal)."""
    if session.get(Conversation, conversation_id) is None:
        return False
    session.add(Consent(conversation_id=conversation_id, purpose=purpose, version=version, given_at=now))
    return True
