"""Citizens who were told of a dossier, an own table, and a clock that is moved by hand; no server."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import sessionmaker

from bot.conversation import take_seqs
from bot.delivery import inbox
from bot.delivery.answering import Answering
from bot.delivery.intake import Intake
from bot.delivery.saying import put
from bot.handoff import gate
from bot.handoff.rules import Rules
from bot.inbound import Inbound, Tap
from bot.texts import Texts
from knowledge.answers.notices import offer, wish_of
from knowledge.connectors.authority import Found
from knowledge.dossiers.desk import Seen
from knowledge.dossiers.facts import Facts, facts_of
from knowledge.dossiers.subscriptions import subscribe
from knowledge.models import Conversation, Dossier, Message, Notice, OutboxItem, Subscription
from knowledge.profile import load_profile
from knowledge.reply import Block, Reply
from nlu.dossier_codes import match_key

PROFILE = load_profile("lam-dong")
CODE, OTHER = "000.15.H36-261110-0042", "000.15.H36-261110-0043"
TEXTS = Texts.load()


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=PROFILE.time_zone)


MORNING = at("2026-11-20T09:00")  # a Friday


class Scene:
    """A database with citizens and dossiers; every step is a transaction of its own."""

    def __init__(self, sessions: sessionmaker) -> None:
        self.sessions = sessions
        self._intake = Intake(b"a key", TEXTS)

    def arrive(self, channel: str = "telegram", heard_at: dt.datetime = MORNING) -> str:
        """Open a conversation whose citizen said something at that time; return its id."""
        with self.sessions.begin() as session:
            name = str(uuid.uuid4())
            session.add(Conversation(id=name, channel=channel, external_id=name, last_seq=1))
            session.flush()
            line = {"conversation_id": name, "seq": 1, "author": "citizen", "text": "chào", "created_at": heard_at}
            session.add(Message(**line))
        return name

    def file(self, code: str = CODE, status: int = 4, **more: Any) -> None:
        """Put a dossier into the own table, or change the one there."""
        with self.sessions.begin() as session:
            row = session.scalar(sa.select(Dossier).where(Dossier.key == match_key(code)))
            if row is None:
                row = Dossier(code=code, procedure_code="1.013831", procedure_name="Đất đai", source="own")
                session.add(row)
            for name, value in {"status": status, "updated_at": MORNING, **more}.items():
                setattr(row, name, value)

    def facts(self, code: str = CODE) -> Facts:
        with self.sessions() as session:
            return facts_of(session.scalar(sa.select(Dossier).where(Dossier.key == match_key(code))))

    def follow(self, conversation_id: str, code: str = CODE, source: str = "own", facts: Facts | None = None) -> None:
        """Have a citizen told of a dossier as it is, and want to be told of its changes, since some days."""
        wish = wish_of(source, facts or self.facts(code))
        with self.sessions.begin() as session:
            assert subscribe(session, conversation_id, wish, at("2026-11-16T09:00"))

    def show(self, conversation_id: str, *codes: str) -> int:
        """Answer a look-up with the offer to tell of changes; return the number of the message."""
        found = [Seen(code, Found(self.facts(code)), recalled_by="own") for code in codes]
        return self.say(conversation_id, offer(Reply("status", ((Block("text", text="Hồ sơ"),),)), found))

    def say(self, conversation_id: str, reply: Reply, key: str = "") -> int:
        with self.sessions.begin() as session:
            grown = take_seqs(session, conversation_id, 1)
            assert grown
            put(session, conversation_id, grown.last_seq, grown.version, reply, key or str(uuid.uuid4()))
            return int(grown.last_seq)

    def write(self, conversation_id: str, text: str) -> str | None:
        """Have a citizen write; return our own answer, None when Rasa or people are to answer."""
        return self._answered(self.come(conversation_id, Inbound(str(uuid.uuid4()), text)))

    def tap(self, conversation_id: str, seq: int, index: int) -> str | None:
        return self._answered(self.come(conversation_id, Inbound(str(uuid.uuid4()), tap=Tap(seq, index))))

    def come(self, conversation_id: str, inbound: Inbound) -> int:
        """Take something in and return its inbox item."""
        with self.sessions.begin() as session:
            return self._intake.accept(session, conversation_id, inbound).item_id

    def _answered(self, item_id: int) -> str | None:
        answering = Answering(TEXTS, Rules())
        with self.sessions.begin() as session:
            claimed = inbox.claim(session)
            assert claimed and claimed.item_id == item_id
            way = gate.way_of(session, claimed)
            replies = [] if claimed.message else answering.without_rasa(claimed, way)
            answering.store(session, claimed, replies, "done", "", False, way)
            return replies[0].plain() if replies else None

    def set(self, conversation_id: str, **columns: Any) -> None:
        """Change a conversation."""
        with self.sessions.begin() as session:
            conversation = session.get(Conversation, conversation_id)
            for name, value in columns.items():
                setattr(conversation, name, value)

    def rows(self, statement: Any) -> list[Any]:
        with self.sessions() as session:
            return list(session.scalars(statement))

    def followed(self, conversation_id: str) -> list[str]:
        mine = sa.and_(Subscription.conversation_id == conversation_id, Subscription.ended_at.is_(None))
        return self.rows(sa.select(Subscription.code).where(mine).order_by(Subscription.id))

    def told(self, conversation_id: str) -> list[str]:
        """Return what is on its way to a citizen, or has reached them, because of notices."""
        wanted = sa.select(Message.text).join(OutboxItem, OutboxItem.message_id == Message.id)
        mine = sa.and_(Message.conversation_id == conversation_id, Message.client_id.like("notice:%"))
        return self.rows(wanted.where(mine, OutboxItem.state != "dropped").order_by(Message.seq))

    def notices(self) -> list[tuple[str, str]]:
        with self.sessions() as session:
            return [
                (row.kind, row.way) for row in session.execute(sa.select(Notice.kind, Notice.way).order_by(Notice.id))
            ]
