"""The drill: write, back up while writing goes on, restore elsewhere, compare, and answer a question there."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.backup import commands, manifest, sqlite
from bot.backup.place import Place
from bot.backup.restoring import restore
from bot.backup.saving import save
from bot.errors import BackupError
from bot.settings import Settings
from bot.texts import Texts
from knowledge.database import create_engine
from knowledge.models import Conversation, Message
from tests.bot.citizen import Talk
from tests.bot.running import Running
from tests.fakes.loopback import PATIENCE

TEXTS = Texts.load()
# changes a row again and again, each time in a transaction of its own
WRITER = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
database.execute("PRAGMA synchronous=OFF")
print("writing", flush=True)
while True:
    database.execute("UPDATE filling SET some = randomblob(4000) WHERE rowid = 1")
"""


def place_of(settings: Settings, url: str) -> Place:
    return Place(url, settings.tracker_db, "", settings.files_dir)


def lines(url: str) -> list[tuple[str, int, str]]:
    engine = create_engine(url)
    with engine.connect() as connection:
        columns = (Message.conversation_id, Message.seq, Message.text)
        found = [tuple(row) for row in connection.execute(sa.select(*columns).order_by(Message.id))]
    engine.dispose()
    return found


@pytest.fixture
def elsewhere(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """Another place for the same kind of database."""
    if database_url.startswith("sqlite"):
        return f"sqlite:///{tmp_path / 'elsewhere' / 'tthc.db'}"
    return str(request.getfixturevalue("cluster").fresh())


async def test_the_drill(
    serve: Callable[..., Running], settings: Settings, database_url: str, elsewhere: str, tmp_path: Path
) -> None:
    server = serve(database_url=database_url)
    settings.files_dir.mkdir(exist_ok=True)
    (settings.files_dir / "photo").write_bytes(b"a photo")
    sqlite_memory(settings.tracker_db)
    talk = await Talk(server.url).open()
    await talk.ask("trước")
    writing = asyncio.create_task(_write(talk))
    saving = asyncio.get_running_loop().run_in_executor(None, save, place_of(settings, database_url), tmp_path / "b")
    path, made = await saving
    writing.cancel()
    await talk.close()
    server.stop()
    written = lines(database_url)

    there = replace(settings, files_dir=tmp_path / "there" / "files", tracker_db=tmp_path / "there" / "rasa.db")
    restore(place_of(there, elsewhere), tmp_path / "b")
    back = lines(elsewhere)
    assert len(back) == made.rows["messages"] >= 2
    assert back == written[: len(back)]
    assert (there.files_dir / "photo").read_bytes() == b"a photo"
    assert sqlite.rows(there.tracker_db) == {"events": 1}
    again = await Talk(serve(database_url=elsewhere).url).open()
    assert (await again.ask("sau"))["text"] == "echo sau"
    await again.close()
    assert {found.stat().st_mode & 0o077 for found in path.iterdir() if found.name != manifest.NAME} == {0}


async def _write(talk: Talk) -> None:
    number = 0
    while True:
        number += 1
        await talk.send(f"câu {number}")


def sqlite_memory(path: Path) -> None:
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE events (sender_id TEXT)"))
        connection.execute(sa.text("INSERT INTO events VALUES ('a')"))
    engine.dispose()


def test_nothing_is_replaced_unasked_or_by_what_is_damaged(settings: Settings, tmp_path: Path) -> None:
    place = place_of(settings, settings.database_url)
    _write_one(place)
    path, _ = save(place, tmp_path / "b")
    for change, key in ((lambda: None, "not_empty"), (lambda: _damage(path / "product.db"), "damaged")):
        change()
        with pytest.raises(BackupError) as refused:
            restore(place, tmp_path / "b", force=key == "damaged")
        assert refused.value.key == key
    with pytest.raises(BackupError, match="no_backup"):
        restore(place, tmp_path / "nothing", force=True)
    assert sqlite.rows(place.database_file)["conversations"] == 1


def test_a_running_product_is_left_alone(server: Running, settings: Settings, tmp_path: Path) -> None:
    place = replace(place_of(settings, settings.database_url), front_server=server.url)
    save(place, tmp_path / "b")
    with pytest.raises(BackupError, match="running"):
        restore(place, tmp_path / "b", force=True)


def test_forced_it_replaces_everything(settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quiet = replace(settings, port=1)
    assert commands.run(["backup", str(tmp_path / "b")], quiet, TEXTS) == 0
    _write_one(place_of(settings, settings.database_url))
    assert commands.run(["restore", str(tmp_path / "b")], quiet, TEXTS) == 1
    assert commands.run(["restore", str(tmp_path / "b"), "--force"], quiet, TEXTS) == 0
    assert sqlite.rows(place_of(settings, settings.database_url).database_file)["conversations"] == 0
    assert TEXTS.backup("not_empty") in capsys.readouterr().err


def test_old_backups_go_and_the_newest_stay(tmp_path: Path) -> None:
    names = [f"2026-11-{day:02}T01-00-00Z" for day in range(1, 6)]
    for name in (*names, ".2026-11-06T01-00-00Z", "something of ours"):
        (tmp_path / name).mkdir()
    manifest.forget_old(tmp_path, 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == [*names[-2:], "something of ours"]
    assert manifest.newest(tmp_path).name == names[-1]


@pytest.mark.parametrize(("then", "used"), [([], False), (["tthc.db"], True)], ids=["nothing", "ours"])
def test_what_others_remove_while_we_look_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, then: list[str], used: bool
) -> None:
    (tmp_path / "tthc.db").touch()
    monkeypatch.setattr(sqlite, "_open_files", lambda: [str(tmp_path / name) for name in ("gone", *then)])
    assert sqlite.is_used(tmp_path / "tthc.db") is used


def _write_one(place: Place) -> None:
    engine = create_engine(place.database_url)
    with engine.begin() as connection:
        connection.execute(sa.insert(Conversation).values(id="c1", channel="web", external_id="c1"))
    engine.dispose()


def _damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_a_copy_ends_while_somebody_else_writes_without_a_pause(tmp_path: Path) -> None:
    path = tmp_path / "busy.db"
    with closing(sqlite3.connect(path)) as made:
        made.execute("PRAGMA journal_mode=WAL")
        made.execute("CREATE TABLE filling (some BLOB)")
        made.executemany("INSERT INTO filling VALUES (randomblob(4000))", [()] * 8000)
        made.commit()
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE)
    try:
        assert writer.stdout and writer.stdout.readline()
        done: list[dict[str, int]] = []
        copying = threading.Thread(target=lambda: done.append(sqlite.copy(path, tmp_path / "copy.db")), daemon=True)
        copying.start()
        copying.join(PATIENCE)
        assert done and done[0]["filling"] >= 8000
    finally:
        writer.kill()
        writer.wait()
