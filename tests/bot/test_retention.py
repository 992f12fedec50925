"""Forgetting what was said too long ago: the words go, the counts stay, and who is owed an answer keeps everything."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.conversation import lines_after
from bot.files.store import FileStore
from bot.retention import Retained, Retention
from bot.tracker import Tracker
from knowledge.database import create_engine, session_factory
from knowledge.models import (
    Attachment,
    Base,
    Conversation,
    DeliveryPart,
    Draft,
    Handoff,
    HandoffEvent,
    InboxItem,
    Message,
    Note,
    OutboxItem,
    ReviewItem,
    Staff,
    utc_now,
)
from tests.bot.bytes_of import PNG
from tests.bot.running import KEY, ROOT
from tests.console.talks import Talks

NOW = utc_now()
OLD, YOUNG = NOW - dt.timedelta(days=31), NOW - dt.timedelta(days=29)
SECRET = "bí mật của tôi"


class Desk:
    """A database, a store of files and a memory of Rasa, all with one old conversation in them."""

    def __init__(self, url: str, folder: Path) -> None:
        self.sessions = session_factory(create_engine(url))
        self.talks, self.files, self.tracker = Talks(self.sessions), FileStore(folder / "files"), folder / "rasa.db"
        self.retention = Retention(self.sessions, self.files, Tracker(self.tracker), 30)
        self.folder = folder

    def fill(self, at: dt.datetime) -> str:
        """Say everything that there is to say at a moment, and return the conversation."""
        key = self.talks.begin(SECRET, at=at)
        draft = self.files.begin()
        draft.write(PNG)
        draft.finish()
        draft.keep()
        self.talks.answer(key, f"echo {SECRET}", procedures=("1.004222",), aspects=("fee",), at=at)
        self.talks.file(key, draft.path, f"{SECRET}.png")
        done = {"contact": "0912345678", "comment": SECRET, "summary": {"a": SECRET}, "state": "closed"}
        self.talks.hand_over(key, created_at=at, closed_at=at, **done)
        with self.sessions.begin() as session:
            self._more(session, key, at)
        return key

    def _more(self, session: sa.orm.Session, key: str, at: dt.datetime) -> None:
        if session.get(Staff, 1) is None:
            session.add(Staff(id=1, username="lan", name="Lan", role="clerk"))
            session.flush()
        message = session.scalar(sa.select(Message.id).where(Message.conversation_id == key, Message.seq == 2))
        session.execute(sa.update(Message).where(Message.conversation_id == key).values(created_at=at))
        session.execute(sa.update(Attachment).where(Attachment.conversation_id == key).values(created_at=at))
        out = OutboxItem(conversation_id=key, seq=2, message_id=message, owner_version=0, created_at=at, error=SECRET)
        common = {"conversation_id": key, "created_at": at}
        session.add_all(
            [
                out,
                InboxItem(channel="web", external_id=f"id-{key}", body={"m": SECRET}, state="done", **common),
                Note(staff_id=1, text=SECRET, **common),
                Draft(staff_id=1, conversation_id=key, text=SECRET, updated_at=at),
                ReviewItem(seq=1, cause="unsure", question=SECRET, **common),
                ReviewItem(seq=2, cause="unsure", question="đã xét", state="decided", **common),
            ]
        )
        session.flush()
        session.add(DeliveryPart(outbox_id=out.id, part=0, body={"t": SECRET}, external_message_id="zalo-7"))
        session.execute(sa.update(HandoffEvent).values(detail={"note": SECRET}))
        session.execute(sa.update(Conversation).where(Conversation.id == key).values(last_at=at))

    def texts(self, key: str) -> list[str]:
        with self.sessions() as session:
            mine = sa.select(Message.text).where(Message.conversation_id == key)
            return list(session.scalars(mine.order_by(Message.seq)))

    def on_disk(self) -> bytes:
        return b"".join(path.read_bytes() for path in sorted(self.folder.rglob("*")) if path.is_file())


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Desk:
    return Desk(database_url, tmp_path)


def test_the_words_go_and_the_counts_stay(desk: Desk) -> None:
    old, young = desk.fill(OLD), desk.fill(YOUNG)
    assert desk.retention.retain(NOW) == Retained(conversations=1, messages=3, files=1)
    assert desk.texts(old) == ["", "", ""] and desk.texts(young)[0] == SECRET
    with desk.sessions() as session:
        assert lines_after(session, old, 0, 50) == []
        body = session.scalar(sa.select(Message.body).where(Message.conversation_id == old, Message.seq == 2))
        assert body == {"procedures": ["1.004222"], "candidates": [], "aspects": ["fee"]}
        mine = sa.select(Message.outcome, Message.author).where(Message.conversation_id == old).order_by(Message.seq)
        assert session.execute(mine).all() == [("", "citizen"), ("answered", "assistant"), ("", "citizen")]
    assert desk.retention.retain(NOW) == Retained()


def test_no_table_keeps_them(desk: Desk) -> None:
    desk.fill(OLD)
    desk.retention.retain(NOW)
    with desk.sessions() as session:
        for table in Base.metadata.sorted_tables:
            rows = [str(dict(row._mapping)) for row in session.execute(sa.select(table))]
            assert not [row for row in rows if SECRET in row or "0912345678" in row or "zalo-7" in row], table.name
        assert session.scalars(sa.select(ReviewItem.state).order_by(ReviewItem.seq)).all() == ["expired", "decided"]
        assert session.scalar(sa.select(InboxItem.external_id)).startswith("erased:")
    assert [path for path in (desk.folder / "files").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nothing_stays_on_the_disk(desk: Desk) -> None:
    desk.fill(OLD)
    assert SECRET.encode() in desk.on_disk()
    desk.retention.retain(NOW)
    assert SECRET.encode() not in desk.on_disk()


def test_who_is_owed_an_answer_keeps_everything(desk: Desk) -> None:
    key = desk.fill(OLD)
    desk.talks.hand_over(key, created_at=OLD)
    assert desk.retention.retain(NOW) == Retained()
    assert desk.texts(key)[0] == SECRET
    with desk.sessions.begin() as session:
        session.execute(sa.update(Handoff).values(state="closed", closed_at=NOW))
    assert desk.retention.retain(NOW).messages == 3


def test_only_what_is_old_goes_from_a_conversation_that_goes_on(desk: Desk) -> None:
    key = desk.fill(OLD)
    desk.talks.say(key, "còn mới", at=YOUNG)
    with sqlite3.connect(desk.tracker) as connection:
        connection.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, sender_id VARCHAR(255), data TEXT)")
        connection.execute("INSERT INTO events (sender_id, data) VALUES (?, 'x')", (key,))
    desk.retention.retain(NOW)
    assert desk.texts(key) == ["", "", "", "còn mới"]
    with sqlite3.connect(desk.tracker) as connection:
        assert connection.execute("SELECT count(*) FROM events").fetchone() == (1,)
    with desk.sessions.begin() as session:
        session.execute(sa.update(Conversation).values(last_at=YOUNG))
    desk.retention.retain(NOW + dt.timedelta(days=2))
    with sqlite3.connect(desk.tracker) as connection:
        assert connection.execute("SELECT count(*) FROM events").fetchone() == (0,)


def test_many_are_forgotten_in_pieces(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.retention._BATCH", 2)
    for _ in range(5):
        desk.talks.begin(SECRET, at=OLD)
    with desk.sessions.begin() as session:
        session.execute(sa.update(Conversation).values(last_at=OLD))
    asked: list[int] = []
    monkeypatch.setattr(Tracker, "forget", lambda _self, keys: asked.append(len(keys)))
    assert desk.retention.retain(NOW) == Retained(conversations=5, messages=5)
    assert asked == [2, 2, 1], "one call for each piece"


def test_never_is_never(desk: Desk) -> None:
    key = desk.fill(OLD)
    assert Retention(desk.sessions, desk.files, Tracker(desk.tracker), 0).retain(NOW) == Retained()
    assert desk.texts(key)[0] == SECRET


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ("30", "✓ đã xóa lời của 1 tin nhắn và 0 tệp cũ hơn 30 ngày trong 1 cuộc trò chuyện; số lượng được giữ.\n"),
        ("0", "✓ RETENTION_DAYS=0: không xóa gì\n"),
        ("40", "✓ đã xóa lời của 0 tin nhắn và 0 tệp cũ hơn 40 ngày trong 0 cuộc trò chuyện; số lượng được giữ.\n"),
    ],
)
def test_it_is_a_command(database: Path, tmp_path: Path, days: str, said: str) -> None:
    Talks(session_factory(create_engine(f"sqlite:///{database}"))).begin(SECRET, at=OLD)
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{database}",
        "PYTHONPATH": str(ROOT),
        "TTHC_SECRET": KEY.decode(),
        "RETENTION_DAYS": days,
    }
    command = [sys.executable, "-m", "bot", "retain"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, said), done.stderr
