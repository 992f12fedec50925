"""Erasing a conversation: nothing that was said stays on the disk, the counts do, and what comes later is new."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot import erasure
from bot.cases import code_of, conversations_of
from bot.delivery.intake import Intake
from bot.erasing import Eraser
from bot.files import rows
from bot.files.store import FileStore
from bot.inbound import Attachment as Coming
from bot.inbound import Contact, Inbound, provider_key
from bot.texts import Texts
from bot.tracker import Tracker
from knowledge.database import create_engine, session_factory
from knowledge.models import (
    Alert,
    Attachment,
    Base,
    Case,
    CaseMember,
    Consent,
    Conversation,
    DeliveryPart,
    Draft,
    Erasure,
    Handoff,
    HandoffEvent,
    InboxItem,
    Message,
    Note,
    Notice,
    OutboxItem,
    ProofInHand,
    ReviewItem,
    Subscription,
)
from tests.bot.bytes_of import PNG
from tests.bot.citizen import Talk
from tests.bot.fake_rasa import PATIENCE, FakeRasa, Held, reply
from tests.bot.phone import Phone
from tests.bot.running import KEY, ROOT, Running

WORDS = ["bí mật của tôi", "Nguyễn Thị Hoa", "0912345678", "echo bí mật của tôi", "don-cua-toi.pdf", "id-của-Zalo"]


@pytest.fixture
def phone(phone_on: Callable[..., Phone], monkeypatch: pytest.MonkeyPatch) -> Iterator[Phone]:
    for module in ("bot.files.collector", "bot.erasing"):
        monkeypatch.setattr(f"{module}._LOOK_EVERY", 0.01)
    yield phone_on("zalo")


async def _until(condition: Callable[[], object]) -> None:
    until = asyncio.get_running_loop().time() + PATIENCE
    while not condition():
        assert asyncio.get_running_loop().time() < until
        await asyncio.sleep(0.01)


async def _live(phone: Phone, rasa: FakeRasa) -> str:
    """Have a citizen say everything that there is to say, and return the conversation."""
    rasa.script("gặp cán bộ", reply("Đã ghi", outcome="handoff", handoff="asked", procedures=["1.004222"]))
    await phone.send(Inbound(provider_key("id-zalo-1"), WORDS[0]))
    await phone.send(Inbound("m:2", kind="contact", contact=Contact("0912345678", "Nguyễn Thị Hoa")))
    await phone.send(Inbound("m:3", kind="image", attachment=Coming(url="https://f.zdn.vn/x", name=WORDS[4])))
    await phone.send(Inbound("m:4", "gặp cán bộ"))
    await phone.answers(4)
    await _until(lambda: phone.rows(sa.select(Attachment.id).where(Attachment.state == "stored")))
    await _until(lambda: not phone.server.has_half_files)
    return str(phone.rows(sa.select(Conversation.id))[0])


def _on_disk(phone: Phone) -> bytes:
    folder = Path(phone.server.settings.files_dir).parent
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def _left(phone: Phone) -> list[str]:
    left = _on_disk(phone)
    return [word for word in (*WORDS, "id-zalo-1") if word.encode() in left]


def _remember(tracker: Path, *conversations: str) -> None:
    """Write dialogues as Rasa does."""
    with sqlite3.connect(tracker) as connection:
        connection.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, sender_id VARCHAR(255), data TEXT)")
        rows = [(name, f"data of {name}") for name in conversations for _ in range(3)]
        connection.executemany("INSERT INTO events (sender_id, data) VALUES (?, ?)", rows)
    connection.close()


def _remembered(tracker: Path) -> list[str]:
    with sqlite3.connect(tracker) as connection:
        found = [row[0] for row in connection.execute("SELECT DISTINCT sender_id FROM events")]
    connection.close()
    return found


async def test_a_withdrawal_erases_everything_but_the_counts(phone: Phone, rasa: FakeRasa) -> None:
    conversation_id = await _live(phone, rasa)
    tracker = Path(phone.server.settings.tracker_db)
    _remember(tracker, conversation_id, "another")
    assert WORDS[0].encode() in _on_disk(phone) and WORDS[4].encode() in _on_disk(phone)
    before = len(phone.lines)
    await phone.send(Inbound("m:9", kind="withdraw"))
    await _until(lambda: phone.rows(sa.select(Erasure.id).where(Erasure.done_at.is_not(None))))
    assert len(phone.lines) == before + 1
    assert {(line.text, line.body, line.client_id) for line in phone.lines} == {("", None, None)}
    assert {line.author for line in phone.lines} == {"citizen", "assistant", "system"}
    (conversation,) = phone.rows(sa.select(Conversation))
    assert (conversation.owner, conversation.external_id) == ("erased", f"erased:{conversation_id}")
    assert phone.rows(sa.select(Attachment.state)) == ["erased"]
    assert set(phone.rows(sa.select(DeliveryPart.external_message_id))) == {None}
    assert all(name.startswith("erased:") for name in phone.rows(sa.select(InboxItem.external_id)))
    assert phone.rows(sa.select(CaseMember.case_id)) == phone.rows(sa.select(Case.id)) == []
    assert phone.rows(sa.select(Handoff.procedure_code).where(Handoff.closed_at.is_not(None))) == ["1.004222"]
    assert list(Path(phone.server.settings.files_dir).rglob("*.*")) == []
    assert [path for path in Path(phone.server.settings.files_dir).rglob("*") if path.is_file()] == []
    assert _remembered(tracker) == ["another"]
    assert phone.rows(sa.select(Alert.text_key).where(Alert.cleared_at.is_(None))) == []
    with suppress(AssertionError):  # SQLite's log is emptied just after the erasure is noted as done
        await _until(lambda: not _left(phone))
    assert _left(phone) == []


async def test_who_comes_back_begins_anew_and_a_repeated_event_erases_nothing(phone: Phone, rasa: FakeRasa) -> None:
    await _live(phone, rasa)
    await phone.send(Inbound("m:9", kind="withdraw"))
    await _until(lambda: phone.rows(sa.select(Erasure.id).where(Erasure.done_at.is_not(None))))
    await phone.send(Inbound("m:10", "em quay lại"))
    await phone.answers(5)
    again = await phone.send(Inbound("m:9", kind="withdraw"))
    assert again and not again.is_new
    await phone.settled()
    owners = sorted(phone.rows(sa.select(Conversation.owner)))
    assert (owners, len(phone.rows(sa.select(Erasure.id)))) == (["bot", "erased"], 1)
    assert phone.channel.texts[-1] == "echo em quay lại"


async def test_an_answer_in_the_making_is_dropped(phone: Phone, rasa: FakeRasa) -> None:
    held = Held()
    rasa.script("hỏi", held)
    await phone.send(Inbound("m:1", "hỏi"))
    rasa.wait_for("hỏi")
    await phone.send(Inbound("m:9", kind="withdraw"))
    held.release.set()
    await phone.send(Inbound("m:10", "mới"))
    assert await phone.answers(1) == ["echo mới"]
    assert len(phone.rows(sa.select(OutboxItem.id))) == 1


async def test_a_web_conversation_is_closed_for_its_token(talk: Talk, server: Running) -> None:
    await talk.ask("bí mật")
    assert server.parts.eraser.erase(talk.conversation_id)
    assert (await talk.get("/api/web/history")).status_code == 401
    assert (await talk.post(client_id="3f2b8a54-2f5e-4c55-9a55-0d6f2f1f7f10", text="còn không")).status_code == 401
    assert (await talk.resume()).status_code == 401


async def test_doing_it_again_does_no_harm(talk: Talk, server: Running) -> None:
    await talk.ask("bí mật")
    erased = [server.parts.eraser.erase(talk.conversation_id) for _ in range(3)]
    assert [one.messages for one in erased if one] == [2, 2, 2]
    assert server.parts.eraser.erase("nobody") is None


async def test_a_file_that_cannot_be_removed_keeps_the_duty_open(phone: Phone, rasa: FakeRasa) -> None:
    await _live(phone, rasa)
    folder = Path(phone.server.settings.files_dir)
    (file,) = [path for path in folder.rglob("*") if path.is_file()]
    file.unlink()
    file.mkdir()
    await phone.send(Inbound("m:9", kind="withdraw"))
    with pytest.raises(OSError):
        phone.server.parts.eraser.erase_due()
    assert phone.rows(sa.select(Alert.text_key).where(Alert.cleared_at.is_(None))) == ["withdraw"]
    file.rmdir()
    await _until(lambda: phone.rows(sa.select(Erasure.id).where(Erasure.done_at.is_not(None))))


def test_it_is_the_same_on_every_database(database_url: str, tmp_path: Path) -> None:
    engine = create_engine(database_url)
    sessions, store = session_factory(engine), FileStore(tmp_path / "files")
    intake = Intake(KEY, Texts.load())
    photo = Inbound("m:1", "giấy này", kind="image", attachment=Coming(url="https://f.zdn.vn/x"))
    with sessions.begin() as session:
        conversation_id = intake.receive(session, "zalo", "7", photo).conversation_id
    draft = store.begin()
    draft.write(PNG)
    with sessions.begin() as session:
        waiting = rows.claim(session)
        assert waiting and rows.claim(session) is None
        assert rows.stored(session, waiting, draft.finish())
        assert not rows.refused(session, waiting, "gone")
        code = code_of(session, conversation_id).code
    draft.keep()
    with sessions.begin() as session:
        other = intake.receive(session, "telegram", "8", Inbound("m:1", f"mã {code}")).conversation_id
        intake.accept(session, conversation_id, Inbound("m:2", kind="withdraw"))
    assert Eraser(sessions, store, Tracker(tmp_path / "rasa.db"), 0.0).erase_due() == 1
    with sessions() as session:
        assert (
            session.scalars(sa.select(Message.text).where(Message.conversation_id == conversation_id)).all() == [""] * 2
        )
        (case,) = session.scalars(sa.select(Case))
        assert [one.id for one in conversations_of(session, case.id)] == [other]
        assert session.scalars(sa.select(Alert.cleared_at)).one() is not None
    assert [path for path in tmp_path.rglob("files/**/*") if path.is_file()] == []
    with sessions.begin() as session:
        assert intake.receive(session, "zalo", "7", Inbound("m:3", "chào")).conversation_id != conversation_id
    engine.dispose()


def test_every_table_that_knows_a_conversation_is_thought_of() -> None:
    """A new table with what citizens say must be erased as well: add it to ``bot/erasure.py``, then here."""
    thought_of = {
        Attachment, CaseMember, Consent, Conversation, DeliveryPart, Draft, Erasure, Handoff, HandoffEvent, InboxItem,
        Message, Note, Notice, OutboxItem, ProofInHand, ReviewItem, Subscription,
    }  # fmt: skip
    seeds = {"conversations"}
    while True:
        more = {
            table.name
            for table in Base.metadata.tables.values()
            if any(key.column.table.name in seeds for key in table.foreign_keys)
        }
        if more <= seeds:
            break
        seeds |= more
    assert seeds == {model.__tablename__ for model in thought_of}


def test_the_digest_of_a_request_tells_nobody() -> None:
    keys = {
        erasure.request_key(KEY, *parts) for parts in [("zalo", "7", "m:1"), ("zalo", "7", "m:2"), ("zalo", "8", "m:1")]
    }
    assert len(keys) == 3 and all(len(key) == 64 for key in keys)
    assert erasure.request_key(b"other", "zalo", "7", "m:1") not in keys


@pytest.mark.parametrize("tables", [True, False])
def test_what_rasa_remembers(tmp_path: Path, tables: bool) -> None:
    tracker = tmp_path / "rasa db.db"
    assert Tracker(tracker).forget(["a"]) is None
    if tables:
        _remember(tracker, "a", "b")
    else:
        tracker.touch()
    assert Tracker(tracker).forget(["a", "nobody"]) == ({"a": 3} if tables else {})
    assert b"data of a" not in tracker.read_bytes()


async def test_memory_on_another_machine_is_an_alert(talk: Talk, server: Running, tmp_path: Path) -> None:
    await talk.ask("bí mật")
    eraser = Eraser(server.sessions, FileStore(tmp_path / "f"), Tracker(tmp_path / "none.db"), 0.0, rasa_is_here=False)
    erased = eraser.erase(talk.conversation_id)
    assert erased and erased.events is None
    with server.sessions() as session:
        (alert,) = session.scalars(sa.select(Alert))
    assert Texts.load().alert(alert.text_key, **alert.details)


async def test_erasing_is_a_command(talk: Talk, server: Running, database: Path, tmp_path: Path) -> None:
    await talk.ask("bí mật")
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{database}",
        "PYTHONPATH": str(ROOT),
        "BOT_FILES_DIR": str(tmp_path / "files"),
        "RASA_TRACKER_DB": str(tmp_path / "rasa.db"),
    }
    _remember(tmp_path / "rasa.db", talk.conversation_id)
    for name, code, said in (
        (
            talk.conversation_id,
            0,
            "✓ đã xóa: 2 tin nhắn, 0 tệp. Chỉ còn số lượng và thời điểm.\n✓ đã xóa 3 dòng nhớ của Rasa\n",
        ),
        ("nobody", 1, "✗ không có cuộc trò chuyện nào mang mã này\n"),
    ):
        command = [sys.executable, "-m", "bot", "erase", name]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (code, said), done.stderr
