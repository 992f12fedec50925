"""When something ends that must go on as long as the server, the process ends too: it never serves on as a shell."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import httpx
import pytest
from structlog.testing import capture_logs

from bot.duties import Duties
from bot.server import create_app
from bot.settings import Settings
from knowledge.database import create_engine
from setup.probing import free_ports
from tests.bot.running import KEY, ROOT, Running

_DIE = """
import sys, time
import anyio
import bot.__main__ as program
from bot.{module} import {name}
from bot.erasing import Eraser

async def end(self):
    {how}

async def hang(self):
    await anyio.to_thread.run_sync(time.sleep, 600)

if {hangs}:
    program._END_WITHIN = 0.5
    Eraser.run = hang
{name}.run = end
sys.exit(program.main())
"""
_DISK = "raise OSError(28, 'No space left on device')"


async def _return() -> None:
    return


async def _die() -> None:
    raise ValueError("words of a citizen")


async def _die_below() -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_die)
        await anyio.sleep_forever()


async def _cancelled() -> None:
    raise asyncio.CancelledError


@pytest.mark.parametrize(
    ("work", "may_end", "why"),
    [
        (_return, False, "it returned"),
        (_return, True, ""),
        (_die, False, "ValueError at test_duties.py:"),
        (_die, True, "ValueError at test_duties.py:"),
        (_die_below, False, "ValueError at test_duties.py:"),
        (_cancelled, False, "CancelledError at test_duties.py:"),
    ],
)
async def test_an_end_is_told_without_its_words(work: Callable[[], Awaitable[None]], may_end: bool, why: str) -> None:
    duties = Duties()
    with capture_logs() as lines:
        await asyncio.gather(duties.keep("worker", work, may_end), return_exceptions=True)
    assert duties.failed.is_set() is bool(why)
    assert [line["why"].startswith(why) for line in lines] == [True] * bool(why)
    assert "citizen" not in str(lines)


async def test_the_end_of_a_server_that_stops_is_none_of_them() -> None:
    duties = Duties()
    duties.release()
    await duties.keep("worker", _return)
    assert not duties.failed.is_set()


async def test_a_server_without_its_workers_is_not_well(settings: Settings) -> None:
    app = create_app(settings, create_engine(settings.database_url), KEY)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(verify=False, transport=transport, base_url="http://bot", trust_env=False) as client:
        assert (await client.get("/healthz")).status_code == 200
        app.state.services.duties.failed.set()
        assert (await client.get("/healthz")).status_code == 503


def test_a_server_that_is_stopped_has_failed_in_nothing(server: Running) -> None:
    server.stop()
    assert not server.server.duties.failed.is_set()


@pytest.mark.parametrize(
    ("module", "name", "how", "hangs"),
    [
        ("delivery.worker", "Worker", _DISK, False),
        ("delivery.outbox", "Sender", _DISK, False),
        ("chores", "Chores", "return", False),
        ("handoff.clock", "Clock", _DISK, True),
    ],
)
def test_the_process_ends_and_says_why(
    tmp_path: Path, database: Path, module: str, name: str, how: str, hangs: bool
) -> None:
    program = _DIE.format(module=module, name=name, how=how, hangs=hangs)
    env = {
        **os.environ,
        "BOT_PORT": str(free_ports(1)[0]),
        "DATABASE_URL": f"sqlite:///{database}",
        "TTHC_SECRET": KEY.decode(),
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "duty.ended" in done.stderr
