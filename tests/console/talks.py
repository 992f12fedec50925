"""Conversations as the console meets them: said, handed over, claimed, closed; on the database of a running server."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import sessionmaker

from bot.conversation import take_seqs
from knowledge.models import Attachment, Conversation, Handoff, HandoffEvent, Message, utc_now
from knowledge.reply import Block, Reply
from tests.bot.handoff.people import Office as Desk
from tests.bot.running import Running


@dataclass
class Talks:
    """Makes conversations; ``desk`` takes the steps of a hand-off as the server does."""

    sessions: sessionmaker

    @property
    def desk(self) -> Desk:
        """An office over the same database."""
        return Desk(self.sessions)

    def begin(self, *texts: str, channel: str = "web", key: str = "", at: dt.datetime | None = None) -> str:
        """Open a conversation in which a citizen says something, and return its id."""
        key = key or str(uuid.uuid4())
        with self.sessions.begin() as session:
            row = Conversation(id=key, channel=channel, external_id=key, last_at=at or utc_now())
            row.created_at = at or utc_now()
            session.add(row)
        for text in texts:
            self.say(key, text, at=at)
        return key

    def say(self, conversation_id: str, text: str, author: str = "citizen", **more: Any) -> int:
        """Add a message and return its number."""
        at = more.pop("at", None) or utc_now()
        with self.sessions.begin() as session:
            grown = take_seqs(session, conversation_id, 1)
            assert grown is not None
            seq = int(grown.last_seq)
            message = Message(conversation_id=conversation_id, seq=seq, author=author, text=text, created_at=at, **more)
            session.add(message)
            return seq

    def answer(self, conversation_id: str, text: str, outcome: str = "answered", **more: Any) -> int:
        """Add an answer of the assistant; ``more`` is what its reply holds beside the text, and ``at``."""
        at = more.pop("at", None)
        reply = Reply(outcome, ((Block("text", text=text),),), **more)
        return self.say(conversation_id, text, "assistant", body=reply.to_json(), outcome=outcome, at=at)

    def hand_over(self, conversation_id: str, unit: str = "", reason: str = "asked", **values: Any) -> int:
        """Put a conversation into the queue of a unit and return the number of the hand-off."""
        at = values.pop("created_at", None) or utc_now()
        kept = {"state": "queued", "waiting_since": at, "created_at": at, **values}
        with self.sessions.begin() as session:
            row = Handoff(conversation_id=conversation_id, unit_code=unit, reason=reason, **kept)
            session.add(row)
            session.flush()
            last = session.get(Conversation, conversation_id).last_seq
            state = "callback" if row.state == "callback" else "queued"
            step = HandoffEvent(handoff_id=row.id, event="ask", from_state="", to_state=state, actor="citizen")
            step.after_seq, step.at = last, at
            session.add(step)
            return int(row.id)

    def file(self, conversation_id: str, path: str, name: str, **more: Any) -> int:
        """Add a kept file with its message and return the number of the message."""
        seq = self.say(conversation_id, f"[Tệp {name}]", body={"kind": "file", "name": name})
        with self.sessions.begin() as session:
            message = session.query(Message).filter_by(conversation_id=conversation_id, seq=seq).one()
            kept = {"kind": "file", "media_type": "application/pdf", "size": 9, "state": "stored", **more}
            session.add(
                Attachment(conversation_id=conversation_id, message_id=message.id, path=path, name=name, **kept)
            )
            return int(message.id)


def stored_file(server: Running, content: bytes = b"%PDF-1.7 x") -> str:
    """Put a file into the store of a server and return its path."""
    draft = server.parts.files.begin()
    draft.write(content)
    draft.finish()
    draft.keep()
    return draft.path
