"""A disk that fills up under a front server: who asks is refused, what was taken in is answered when there is room."""

from __future__ import annotations

import asyncio
import resource
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.citizen import Talk
from tests.bot.fake_rasa import FakeRasa, Held
from tests.bot.running import Process

_ROOM = 4096  # bytes that a file may have; the log and the database have more already
_LOOKS = 3.0  # seconds in which everything that looks every second or two has looked


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "bot.log"
    file.write_text("." * _ROOM + "\n")
    return file


@pytest.fixture
def process(tmp_path: Path, database: Path, rasa: FakeRasa, log: Path) -> Iterator[Process]:
    started = Process(tmp_path, f"sqlite:///{database}", rasa.url)
    started.start_beside(log)
    yield started
    started.kill()


def fill_disk(process: Process) -> None:
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (_ROOM, resource.RLIM_INFINITY))


def make_room(process: Process) -> None:
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def _lost(metrics: str) -> float:
    return float(metrics.partition("\ntthc_log_lines_lost_total ")[2].split()[0])


async def test_nothing_acknowledged_is_lost_and_nothing_waits_for_a_restart(
    process: Process, rasa: FakeRasa, log: Path
) -> None:
    talk, other, held = await Talk(process.url).open(), await Talk(process.url).open(), Held()
    rasa.script("đang hỏi", held)
    await talk.send("đang hỏi")
    rasa.wait_for("đang hỏi")
    fill_disk(process)
    size, again = log.stat().st_size, str(uuid.uuid4())
    held.release.set()
    refused = await other.post(client_id=again, text="lúc đầy")
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "busy")
    await asyncio.sleep(_LOOKS)
    assert (await other.get("/healthz")).status_code == 200
    assert log.stat().st_size == size
    assert _lost((await other.get("/metrics")).text) > 0
    make_room(process)
    assert [line["text"] for line in await talk.answers(1)] == ["echo đang hỏi"]
    await other.send("lúc đầy", again)
    assert [line["text"] for line in await other.answers(1)] == ["echo lúc đầy"]
    assert rasa.messages == ["đang hỏi", "lúc đầy"]
    assert "message.answered" in log.read_text()[size:]
    for citizen in (talk, other):
        await citizen.close()
