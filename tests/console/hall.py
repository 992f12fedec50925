"""A waiting hall: citizens of every channel, clerks in front of their screens, all on one running server."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa

from knowledge.models import AdminUnit, AuditEntry, Handoff, Message, utc_now
from tests.bot.handoff.people import Office as People
from tests.console.desk import Browser, Office

PHAN_THIET, LA_GI = "24787", "24790"
PHONE = "0912345678"


class Hall:
    """``people`` does what citizens and staff do without HTTP; ``enter`` opens a clerk's browser."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.sessions = office.server.sessions
        self.people = People(self.sessions)
        self.ids: dict[str, int] = {}
        with self.sessions.begin() as session:
            session.add(AdminUnit(code=PHAN_THIET, kind="Phường", name="Phan Thiết"))
            session.add(AdminUnit(code=LA_GI, kind="Phường", name="La Gi"))

    def enter(self, name: str, role: str = "clerk", unit: str = "") -> Browser:
        """Hire somebody whose console stays open, and let them in."""
        there = {"presence": "ready", "seen_at": utc_now() + dt.timedelta(days=3650)}
        self.ids[name] = self.office.add(name, role, name=f"Chị {name}", unit_code=unit, **there)
        return self.office.let_in(self.ids[name])

    def wait(self, text: str = "Tôi cần gặp cán bộ", channel: str = "web", ago: float = 1, **said: Any) -> str:
        """Let a citizen write and ask for a person so many minutes ago; return the conversation."""
        key = self.people.arrive(channel)
        self.people.write(key, text)
        self.people.ask(key, now=utc_now() - dt.timedelta(minutes=ago), **said)
        with self.sessions.begin() as session:  # the clock has nothing to say in these tests
            session.execute(sa.update(Handoff).where(Handoff.conversation_id == key).values(due_at=None))
        return key

    def state(self, key: str) -> str:
        return self.people.state(key)[0]

    def said(self, key: str, author: str = "staff") -> list[str]:
        """Return what an author has said, in order."""
        mine = sa.and_(Message.conversation_id == key, Message.author == author)
        with self.sessions() as session:
            return list(session.scalars(sa.select(Message.text).where(mine).order_by(Message.seq)))

    def audit(self, action: str) -> list[AuditEntry]:
        with self.sessions() as session:
            return list(session.scalars(sa.select(AuditEntry).where(AuditEntry.action == action)))


def talk(key: str, step: str = "") -> str:
    """Return the address of a conversation, or of one of its steps."""
    return f"/conversations/{key}/{step}" if step else f"/conversations/{key}"


def reply(browser: Browser, key: str, text: str = "Dạ em chào anh/chị", once: str = "") -> Any:
    """Send a reply as the page does."""
    return browser.post(talk(key, "reply"), text=text, key=once or str(uuid.uuid4()))
