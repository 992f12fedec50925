"""A small office on a real database: staff, citizens and a clock that is moved by hand."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from bot.delivery.intake import Intake
from bot.handoff import clock
from bot.handoff import staff as desk
from bot.handoff.citizen import wish
from bot.handoff.moves import NotPossible, find_open
from bot.handoff.rules import Rules
from bot.inbound import Inbound
from bot.texts import Texts
from knowledge.models import Conversation, Handoff, Message, Staff, utc_now
from knowledge.reply import Block, Reply

VIETNAM = dt.timezone(dt.timedelta(hours=7))
OPEN = dt.datetime(2026, 11, 20, 9, 0, tzinfo=VIETNAM)  # a Friday morning
NIGHT = dt.datetime(2026, 11, 20, 20, 0, tzinfo=VIETNAM)


@dataclass
class Office:
    """Runs each step in a transaction of its own, as the server does."""

    sessions: sessionmaker
    rules: Rules = field(default_factory=Rules)

    def hire(self, username: str, unit: str = "", role: str = "clerk", ready: bool = True) -> int:
        """Add a person whose console is open for the next ten years, and return the id."""
        seen = utc_now() + dt.timedelta(days=3650)
        with self.sessions.begin() as session:
            person = Staff(username=username, name=f"Chị {username}", role=role, unit_code=unit)
            person.presence, person.seen_at = ("ready", seen) if ready else ("away", None)
            session.add(person)
            session.flush()
            return int(person.id)

    def leave(self, staff_id: int) -> None:
        """Shut a person's console without a word."""
        with self.sessions.begin() as session:
            session.get(Staff, staff_id).seen_at = None

    def arrive(self, channel: str = "web") -> str:
        """Open a conversation and return its id."""
        with self.sessions.begin() as session:
            row = Conversation(id=str(uuid.uuid4()), channel=channel, external_id=str(uuid.uuid4()))
            session.add(row)
            return str(row.id)

    def ask(self, conversation_id: str, now: dt.datetime = OPEN, **said: Any) -> Reply:
        """Have a citizen ask for a person, and return what they are told."""
        with self.sessions.begin() as session:
            conversation = session.get(Conversation, conversation_id)
            reply = Reply("handoff", ((Block("text", text="?"),),), handoff="asked", **said)
            return wish(session, conversation, reply, self.rules, now)

    def write(self, conversation_id: str, text: str = "alo") -> None:
        """Have a citizen write something, by the real door."""
        with self.sessions.begin() as session:
            Intake(b"key", Texts.load()).accept(session, conversation_id, Inbound(str(uuid.uuid4()), text=text))

    def tick(self, now: dt.datetime) -> None:
        """Let the clock do all that is due at a moment."""
        with self.sessions.begin() as session:
            waiting = clock.due(session, self.rules, now)
        for handoff_id in waiting:
            with self.sessions.begin() as session:
                clock.fire(session, handoff_id, self.rules, now)

    def act(self, staff_id: int, conversation_id: str, step: str, *args: Any, **kwargs: Any) -> Any:
        """Have a person take a step of ``bot.handoff.staff`` on the open hand-off."""
        with self.sessions.begin() as session:
            person = session.get(Staff, staff_id)
            handoff = find_open(session, conversation_id)
            if handoff is None:
                raise NotPossible("closed")
            return getattr(desk, step)(session, person, handoff, *args, **kwargs)

    def say(self, staff_id: int, conversation_id: str, text: str = "Dạ", key: str | None = None) -> int:
        """Have a person reply, and return the number of the message."""
        key = key or str(uuid.uuid4())
        return int(self.act(staff_id, conversation_id, "reply", desk.in_words(text), key, self.rules))

    def handoff(self, conversation_id: str) -> Handoff | None:
        """Return the newest hand-off of a conversation."""
        newest = sa.select(Handoff).where(Handoff.conversation_id == conversation_id).order_by(Handoff.id.desc())
        with self.sessions() as session:
            return session.scalar(newest.limit(1))

    def state(self, conversation_id: str) -> tuple[str, str]:
        """Return the state of the newest hand-off and the owner of its conversation."""
        handoff = self.handoff(conversation_id)
        with self.sessions() as session:
            owner = session.get(Conversation, conversation_id).owner
        return (handoff.state if handoff else "", owner)

    def told(self, conversation_id: str) -> list[str]:
        """Return what the citizen was told by the assistant and by staff, in order."""
        said = sa.and_(Message.conversation_id == conversation_id, Message.author.in_(("assistant", "staff")))
        with self.sessions() as session:
            return list(session.scalars(sa.select(Message.text).where(said).order_by(Message.seq)))

    def db(self) -> Session:
        """Return a session to look with."""
        return self.sessions()
