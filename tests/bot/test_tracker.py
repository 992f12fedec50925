"""Forgetting dialogues in the database that several Rasas share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import sessionmaker

from bot import erasure
from bot.erasing import Eraser
from bot.files.store import FileStore
from bot.tracker import Tracker
from knowledge.models import Conversation, Erasure
from tests.bot.postgres import Cluster


def test_a_shared_memory_forgets_those_that_are_named(cluster: Cluster) -> None:
    url = cluster.fresh()
    tracker = Tracker(Path("none.db"), url)
    assert tracker.is_there and tracker.forget(["a"]) == {}  # Rasa has made no table yet
    engine = sa.create_engine(url, future=True)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE events (id serial PRIMARY KEY, sender_id varchar(255), data text)"))
        rows = "('a', 'x'), ('a', 'y'), ('b', 'z'), ('c', 'w')"
        connection.execute(sa.text(f"INSERT INTO events (sender_id, data) VALUES {rows}"))
    assert tracker.forget(["a", "c", "d"]) == {"a": 2, "c": 1}
    assert tracker.forget(["a"]) == {}
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT sender_id FROM events")).scalars().all() == ["b"]
    engine.dispose()


def test_its_name_holds_no_password() -> None:
    assert "secret" not in Tracker(Path("x"), "postgresql+psycopg2://tthc:secret@db/rasa").name


class Remembering(Tracker):
    """Keeps what it was asked to forget, call by call."""

    asked: list[list[str]] = []

    def forget(self, conversation_ids: Sequence[str]) -> Mapping[str, int]:
        self.asked.append(list(conversation_ids))
        return dict.fromkeys(conversation_ids, 1)


def test_rasa_forgets_all_that_are_due_over_one_connection(sessions: sessionmaker, tmp_path: Path) -> None:
    with sessions.begin() as session:
        for name in ("a", "b", "c"):
            session.add(Conversation(id=name, channel="web", external_id=name))
            session.flush()
            erasure.mark(session, name, name)
    tracker = Remembering(tmp_path / "rasa.db")
    assert Eraser(sessions, FileStore(tmp_path / "f"), tracker, 0.0).erase_due() == 3
    assert tracker.asked == [["a", "b", "c"]]
    with sessions() as session:
        assert session.scalars(sa.select(Erasure.id).where(Erasure.done_at.is_(None))).all() == []
