"""What is written to measure growth stands in the tables as the product itself would have left it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import sqlalchemy as sa

from benchmarks.load.filling import fill, fill_memory
from bot.measuring import Backlog, standing
from knowledge.database import create_engine, migrate, session_factory
from knowledge.models import Conversation, Handoff, HandoffEvent, InboxItem, Message, OutboxItem
from knowledge.reply import Reply

COUNT = 61
TABLES = (Conversation, Message, InboxItem, OutboxItem, Handoff, HandoffEvent)


def test_conversations_are_whole_and_closed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'filled.db'}"
    migrate(url)
    engine = create_engine(url)
    sessions = session_factory(engine)
    fill(sessions, COUNT)
    with sessions() as session:
        assert session.execute(sa.text("PRAGMA foreign_key_check")).all() == []
        sizes = {table: session.scalar(sa.select(sa.func.count()).select_from(table)) for table in TABLES}
        assert list(sizes.values()) == [COUNT, 2 * COUNT, COUNT, COUNT, 3, 9]
        open_now = standing(session)
        assert (open_now.inbox, open_now.people, open_now.outbox) == (Backlog(), Backlog(), {})
        answers = session.scalars(sa.select(Message.body).where(Message.author == "assistant")).all()
        assert all(Reply.from_json(body).plain() for body in answers)
    engine.dispose()


def test_dialogues_are_remembered_from_their_beginning(tmp_path: Path) -> None:
    path = tmp_path / "rasa.db"
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE TABLE events (id INTEGER PRIMARY KEY, sender_id TEXT, type_name TEXT, timestamp FLOAT, "
            "intent_name TEXT, action_name TEXT, data TEXT)"
        )
    fill_memory(path, COUNT)
    with sqlite3.connect(path) as connection:
        dialogues = connection.execute("SELECT count(DISTINCT sender_id), count(*) FROM events").fetchone()
    assert dialogues == (COUNT, 4 * COUNT)
