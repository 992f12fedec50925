"""A restore that cannot be done changes nothing, whatever is wrong and on either database."""

from __future__ import annotations

import io
import tarfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.backup import manifest, postgresql
from bot.backup.place import FILES, Place
from bot.backup.restoring import restore
from bot.backup.saving import save
from bot.conversation import ERASED
from bot.erasing import Eraser
from bot.errors import BackupError
from bot.files.store import FileStore
from bot.tracker import Tracker
from knowledge.database import create_engine, migrate, session_factory
from knowledge.models import Conversation
from tests.bot.postgres import Cluster


@dataclass(frozen=True)
class Office:
    """A place with one conversation and one file, and a backup of it from before both."""

    place: Place
    backup: Path

    def spoil(self, name: str, change: Callable[[bytes], bytes]) -> None:
        """Change a file of the backup as nobody's checksum would notice."""
        path = self.backup / name
        path.write_bytes(change(path.read_bytes()))
        (self.backup / manifest.NAME).unlink()
        manifest.write(self.backup, "2026-11-29", self.place.kind, {})

    def standing(self) -> tuple[Mapping[str, int], list[str]]:
        """Return all that a refused restore must leave as it is."""
        found = [path.relative_to(self.place.files).as_posix() for path in sorted(self.place.files.rglob("*"))]
        return self.place.rows(), found


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Office:
    place = Place(database_url, tmp_path / "rasa.db", "", tmp_path / "files")
    backup, _ = save(place, tmp_path / "backups")
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(sa.insert(Conversation).values(id="c1", channel="web", external_id="c1"))
    engine.dispose()
    (place.files / "ab").mkdir(parents=True)
    (place.files / "ab" / "photo").write_bytes(b"a photo")
    return Office(place, backup)


def with_member(name: str) -> bytes:
    """Return an archive with one member of a name."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        archive.addfile(tarfile.TarInfo(name))
    return made.getvalue()


SPOILED = [
    ("product", lambda old: old[:100]),
    ("product", lambda old: old[: len(old) // 2]),
    (FILES, lambda _: with_member("../elsewhere")),
    (FILES, lambda _: with_member("/etc/elsewhere")),
]


@pytest.mark.parametrize(("name", "change"), SPOILED, ids=["a head", "half", "above", "absolute"])
def test_what_is_no_backup_changes_nothing(office: Office, name: str, change: Callable[[bytes], bytes]) -> None:
    office.spoil(office.place.product if name == "product" else name, change)
    before = office.standing()
    with pytest.raises(BackupError):
        restore(office.place, office.backup, force=True)
    assert office.standing() == before
    assert before[0]["conversations"] == 1 and before[1] == ["ab", "ab/photo"]


def test_a_backup_of_a_newer_release_changes_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    before = office.standing()
    monkeypatch.setattr("bot.backup.restoring.knows", lambda revision: not revision)
    with pytest.raises(BackupError, match="newer"):
        restore(office.place, office.backup, force=True)
    assert office.standing() == before


def test_a_part_that_is_missing_is_found_first(office: Office) -> None:
    (office.backup / FILES).unlink()
    office.spoil(office.place.product, lambda same: same)
    with pytest.raises(BackupError, match="damaged"):
        restore(office.place, office.backup, force=True)


def test_the_folder_of_files_itself_stays_for_it_may_be_a_volume(office: Office) -> None:
    own = office.place.files.stat().st_ino
    (office.place.files / "lost+found").mkdir()
    restore(office.place, office.backup, force=True)
    assert office.place.files.stat().st_ino == own
    assert [path.name for path in office.place.files.iterdir()] == ["lost+found"]
    assert office.place.rows()["conversations"] == 0
    beside = {path.name for path in office.place.files.parent.iterdir()}
    assert not {name for name in beside if name.endswith(".new")}


def test_what_an_interrupted_restore_left_is_in_no_backup(office: Office, tmp_path: Path) -> None:
    (office.place.files / ".replaced").mkdir()
    (office.place.files / ".replaced" / "old").write_bytes(b"old")
    path, _ = save(office.place, tmp_path / "more")
    with tarfile.open(path / FILES) as archive:
        assert archive.getnames() == ["ab/photo"]


def test_who_was_erased_since_is_erased_again(office: Office, tmp_path: Path) -> None:
    before, _ = save(office.place, tmp_path / "before")
    engine = create_engine(office.place.database_url)
    sessions = session_factory(engine)
    eraser = Eraser(sessions, FileStore(office.place.files), Tracker(office.place.tracker_db), 0)
    assert eraser.erase("c1")
    engine.dispose()
    after, _ = save(office.place, tmp_path / "after")
    for source, erased in ((before, 1), (before, 1), (after, 0), (office.backup, 0)):
        assert restore(office.place, source, force=True).erased == erased
        with sessions() as session:
            left = session.scalars(sa.select(Conversation.owner)).all()
        assert left == ([] if source == office.backup else [ERASED])
        assert eraser.erase_due() == erased
        engine.dispose()


def test_what_is_damaged_can_be_replaced_and_nobody_knows_who_was_erased(tmp_path: Path) -> None:
    place = Place(f"sqlite:///{tmp_path / 'tthc.db'}", tmp_path / "rasa.db", "", tmp_path / "files")
    migrate(place.database_url)
    backup, _ = save(place, tmp_path / "backups")
    place.database_file.write_bytes(b"no database at all" * 1000)
    assert restore(place, backup, force=True).erased is None
    assert place.rows()["conversations"] == 0


def test_a_client_that_is_connected_keeps_the_database(cluster: Cluster, tmp_path: Path) -> None:
    place = Place(f"{cluster.fresh()}?sslmode=disable", tmp_path / "rasa.db", "", tmp_path / "files")
    save(place, tmp_path / "b")
    engine = create_engine(place.database_url)
    with engine.connect() as connection, pytest.raises(BackupError, match="running"):
        connection.execute(sa.text("SELECT 1"))
        restore(place, tmp_path / "b", force=True)
    engine.dispose()
    restore(place, tmp_path / "b", force=True)


def test_a_client_that_is_leaving_is_waited_for(cluster: Cluster) -> None:
    url = cluster.fresh()
    engine = create_engine(url)
    engine.connect().close()  # it stays open in the pool
    leaving = threading.Timer(0.2, engine.dispose)
    leaving.start()
    assert not postgresql.is_used(url)
    leaving.join()


@pytest.mark.parametrize(
    ("url", "place", "password"),
    [
        ("postgresql+psycopg2://u:p%40w@db:6432/tthc", "postgresql://u@db:6432/tthc", "p@w"),
        (
            "postgresql+psycopg2://u:p@db/tthc?sslmode=verify-full&connect_timeout=3",
            "postgresql://u@db/tthc?connect_timeout=3&sslmode=verify-full",
            "p",
        ),
        ("postgresql+psycopg2://u@/tthc?host=/run/x&password=p", "postgresql://u@/tthc?host=%2Frun%2Fx", "p"),
        ("postgresql://db/tthc", "postgresql://db/tthc", None),
    ],
)
def test_the_address_goes_along_and_the_password_is_no_argument(
    url: str, place: str, password: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PGPASSWORD", raising=False)
    arguments, env = postgresql._where(url)
    assert arguments == ["--no-password", f"--dbname={place}"]
    assert env.get("PGPASSWORD") == password
