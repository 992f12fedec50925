"""Log lines that cannot be written stop nothing, and come again when there is room."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import logbook
from bot.logbook import LOST, Lines
from bot.metrics import Metrics
from tests.bot.citizen import Talk
from tests.bot.fake_rasa import FakeRasa
from tests.bot.running import Process


class SmallDisk:
    """Room for so many bytes, in place of ``os.write``."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.file = b""

    def write(self, descriptor: int, data: bytes) -> int:
        if not self.room:
            raise OSError(28, "No space left on device")
        fits = data[: self.room]
        self.file += fits
        self.room -= len(fits)
        return len(fits)


def lost() -> float:
    return float(LOST.collect()[0].samples[0].value)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallDisk]:
    small = SmallDisk(8)
    with monkeypatch.context() as patched:
        patched.setattr(logbook.os, "write", small.write)
        yield small


def test_what_has_no_room_is_dropped_and_counted_and_the_next_line_begins_anew(disk: SmallDisk) -> None:
    before, lines = lost(), Lines(2)
    for text in ("one", "two two", "three"):
        lines.error(text)
    disk.room = 100
    lines.error("four")
    lines.error("five")
    assert (disk.file, lost() - before) == (b"one\ntwo \nfour\nfive\n", 2)


def test_what_is_no_text_is_written_all_the_same(tmp_path: Path) -> None:
    file = os.open(tmp_path / "log", os.O_CREAT | os.O_WRONLY)
    Lines(file).info("\ud800")
    os.close(file)
    assert (tmp_path / "log").read_bytes() == b"\\ud800\n"


def test_a_closed_file_raises_nothing(tmp_path: Path) -> None:
    file = os.open(tmp_path / "log", os.O_CREAT | os.O_WRONLY)
    os.close(file)
    before = lost()
    Lines(file).info("x")
    assert lost() == before + 1
    assert f"tthc_log_lines_lost_total {lost()}" in Metrics().text().decode()


async def test_a_server_that_can_log_nothing_answers(tmp_path: Path, database: Path, rasa: FakeRasa) -> None:
    process = Process(tmp_path, f"sqlite:///{database}", rasa.url)
    process.start_beside(Path("/dev/full"))
    talk = await Talk(process.url).open()
    assert (await talk.ask("hỏi"))["text"] == "echo hỏi"
    rasa.down()  # each vain try is logged
    assert (await talk.ask("có ai không"))["outcome"] == "unavailable"
    await talk.close()
    process.kill()
