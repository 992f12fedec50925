"""The three programs of the product on a new SQLite file, with the stand-in for Zalo beside them."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import sessionmaker

from benchmarks.delivery.citizens import every_question
from benchmarks.delivery.killing import environment, load_records
from benchmarks.delivery.programs import Program
from benchmarks.load.citizens import Citizens, Level
from benchmarks.load.sender import Sender
from benchmarks.load.zalo import ZaloApart
from knowledge.database import create_engine, session_factory
from setup import services

_LANES = 32
_WARM = 10.0  # seconds
_STARTED = time.monotonic()


@dataclass(frozen=True)
class Product:
    """What runs: its address, its rows, its programs by name, and the citizens who write to it."""

    url: str
    sessions: sessionmaker
    programs: Mapping[str, Program]
    zalo: ZaloApart
    citizens: Citizens


@contextmanager
def product(folder: Path) -> Iterator[Product]:
    """Run everything in a folder of its own."""
    with ZaloApart() as zalo:
        env = environment({**os.environ, **zalo.environment}, f"sqlite:///{folder / 'tthc.db'}", folder)
        load_records(env)
        engine = create_engine(env["DATABASE_URL"])
        sessions = session_factory(engine)
        programs = {
            one.name: Program(one.name, one.command, env, one.ready_url, folder / f"{one.name}.log")
            for one in services.from_procfile(env)
        }
        url = f"http://127.0.0.1:{env['BOT_PORT']}"
        try:
            for program in programs.values():
                program.start()
            for program in programs.values():
                program.wait_until_ready()
            zalo.echo_to(url)
            with sessions() as session:
                citizens = Citizens(zalo, every_question(session))
            yield Product(url, sessions, programs, zalo, citizens)
        finally:
            for program in programs.values():
                program.kill()
            engine.dispose()


def end_cleanly() -> None:
    """Let SIGTERM end this process as Ctrl-C does, so that no program of the product is left behind."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


async def capacity(citizens: Citizens, sender: Sender, seconds: float) -> Level:
    """Return what 32 conversations at once get answered, when all is warm."""
    await citizens.by_turns(sender, _LANES, _WARM)
    found = await citizens.by_turns(sender, _LANES, seconds)
    say(f"capacity: {found.rate:.1f} answers a second to {_LANES} at once, half within {found.median:.2f} s")
    return found


def say(what: str) -> None:
    """Tell the person at the terminal how far it is."""
    print(f"{time.monotonic() - _STARTED:7.1f} s  {what}", file=sys.stderr, flush=True)
