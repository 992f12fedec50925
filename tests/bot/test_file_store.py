"""What is kept is judged by its bytes, lies under random names, and survives or leaves no trace of a crash."""

from __future__ import annotations

import os
import stat
from contextlib import nullcontext
from pathlib import Path

import pytest

from bot.errors import FileRefused
from bot.files.kinds import KINDS, ending_of
from bot.files.store import FileStore, KeptFile
from bot.texts import Texts
from tests.bot.bytes_of import DOCM, DOCX, HEIC, JPEG, PDF, PNG, crowded, zipped


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files", largest=2000)


def keep(store: FileStore, content: bytes, step: int = 7) -> KeptFile:
    draft = store.begin()
    try:
        for start in range(0, len(content), step):
            draft.write(content[start : start + step])
        kept = draft.finish()
        draft.keep()
        return kept
    finally:
        draft.drop()


TAKEN = [
    (JPEG, "image/jpeg", "jpg"),
    (PNG, "image/png", "png"),
    (HEIC, "image/heic", "heic"),
    (PDF, "application/pdf", "pdf"),
    (DOCX, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
]


@pytest.mark.parametrize(("content", "media_type", "ending"), TAKEN, ids=[case[2] for case in TAKEN])
def test_what_is_taken_is_kept_as_it_came(store: FileStore, content: bytes, media_type: str, ending: str) -> None:
    kept = keep(store, content)
    assert (kept.kind.media_type, kept.size, ending_of(media_type)) == (media_type, len(content), ending)
    found = store.find(kept.path)
    assert found and found.read_bytes() == content
    assert stat.S_IMODE(os.stat(found).st_mode) == 0o600
    assert ending not in kept.path


REFUSED = [
    (b"", "empty"),
    (b"x", "type"),
    (b"<svg onload=alert(1)>" + b" " * 30, "type"),
    (b"<html><script>alert(1)</script></html>", "type"),
    (b"MZ\x90\0" + b"\0" * 40, "type"),
    (b"GIF89a" + b"\0" * 40, "type"),
    (b"RIFF\0\0\0\0WEBPVP8 " + b"\0" * 20, "type"),
    (b"\0\0\0\x18ftypmp42" + b"\0" * 20, "type"),
    (b" %PDF-1.7" + b"\0" * 20, "type"),
    (b"PK\x03\x04" + b"\0" * 40, "type"),
    (zipped("xl/workbook.xml", "[Content_Types].xml"), "type"),
    (DOCM, "macro"),
    (PNG + b"\0" * 2000, "too_large"),
]


@pytest.mark.parametrize(("content", "reason"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_refused_leaves_nothing(store: FileStore, tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(FileRefused, match=reason):
        keep(store, content)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert Texts.load().file(reason).endswith(".")


@pytest.mark.parametrize("is_64", [False, True], ids=["zip", "zip64"])
@pytest.mark.parametrize(
    ("names", "long", "is_taken"), [(1990, 0, True), (2000, 0, False), (15, 60_000, True), (20, 60_000, False)]
)
def test_a_document_with_a_huge_directory_is_refused_unread(
    tmp_path: Path, names: int, long: int, is_taken: bool, is_64: bool
) -> None:
    store = FileStore(tmp_path / "files", largest=10**7)
    with nullcontext() if is_taken else pytest.raises(FileRefused, match="type"):
        keep(store, crowded(names, long, is_64), step=10**7)


@pytest.mark.parametrize("path", ["", "../bot.db", "/etc/passwd", "ab/../../bot.db", "ab/" + "g" * 30])
def test_only_our_own_names_lead_to_files(store: FileStore, path: str) -> None:
    for act in (store.find, store.remove):
        with pytest.raises(ValueError):
            act(path)


def test_a_removed_file_is_gone_and_may_be_removed_again(store: FileStore) -> None:
    path = keep(store, PNG).path
    for _ in range(2):
        store.remove(path)
        assert store.find(path) is None


@pytest.mark.parametrize(("known", "age", "left"), [(True, 0, 1), (False, 0, 1), (False, 7200, 0)])
def test_a_crash_before_the_name_was_given(store: FileStore, tmp_path: Path, known: bool, age: int, left: int) -> None:
    draft = store.begin()
    draft.write(PNG)
    path = draft.finish().path
    store.settle(lambda found: known and found == path, now=os.path.getmtime(tmp_path / "files" / f"{path}.part") + age)
    files = [found for found in tmp_path.rglob("*") if found.is_file()]
    assert len(files) == left
    assert (tmp_path / "files" / path).is_file() is known


def test_a_known_file_is_found_even_before_it_has_its_name(store: FileStore) -> None:
    draft = store.begin()
    draft.write(PNG)
    found = store.find(draft.finish().path)
    assert found and found.read_bytes() == PNG


def test_a_full_disk_is_an_error_and_not_a_lost_file(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.files.store._LEAST_ROOM", 2**62)
    with pytest.raises(OSError):
        store.begin()


def test_every_kind_has_an_ending_of_its_own() -> None:
    assert len({kind.ending for kind in KINDS}) == len(KINDS) >= 5
