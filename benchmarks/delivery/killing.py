"""The whole product with its programs killed at random moments while citizens write."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from benchmarks.delivery.alone import SECRET
from benchmarks.delivery.citizens import Crowd
from benchmarks.delivery.programs import Program
from knowledge.models import InboxItem, OutboxItem
from setup import services
from setup.probing import free_ports

_LOOK_EVERY = 0.1  # seconds
_MOST_OPEN = 40  # messages that wait for an answer while more are written
_PATIENCE = 240.0  # seconds without any progress after which the rest counts as lost
_SHARE_OF_RASA = 0.3  # of the kills: it needs half a minute to come back


@dataclass(frozen=True)
class Kill:
    """``name`` is killed ``after`` seconds when so many messages are answered, and started ``down`` seconds later."""

    name: str
    answered: int
    after: float
    down: float


def plan_kills(count: int, messages: int, chance: random.Random) -> list[Kill]:
    """Return the kills in order."""
    of_rasa = int(count * _SHARE_OF_RASA)
    names = ["rasa"] * of_rasa + [("bot", "actions")[number % 2] for number in range(count - of_rasa)]
    chance.shuffle(names)
    moments = sorted(chance.uniform(0.03, 0.9) for _ in names)
    return [
        Kill(name, int(moment * messages), chance.uniform(0, 0.5), chance.uniform(0, 1))
        for name, moment in zip(names, moments)
    ]


def environment(base: Mapping[str, str], database: str, folder: Path) -> dict[str, str]:
    """Return what the programs run with: ports and files of their own."""
    bot, rasa, actions = map(str, free_ports(3))
    own = {
        "BOT_HOST": "127.0.0.1",
        "BOT_PORT": bot,
        "RASA_PORT": rasa,
        "ACTIONS_PORT": actions,
        "RASA_URL": f"http://127.0.0.1:{rasa}",
        "ACTIONS_URL": f"http://127.0.0.1:{actions}",
        "DATABASE_URL": database,
        "RASA_TRACKER_DB": str(folder / "rasa.db"),
        "BOT_FILES_DIR": str(folder / "files"),
        "TTHC_SECRET": SECRET,
        "TTHC_DEMO": "0",
    }
    return services.environment({**base, **own})


def load_records(env: Mapping[str, str]) -> None:
    """Make the tables and load the bundled records."""
    command = [sys.executable, "-m", "knowledge", "load"]
    subprocess.run(command, env=dict(env), check=True, stdout=subprocess.DEVNULL)


class Killing:
    """Runs the programs; every method that waits says what it waits for on stderr."""

    def __init__(self, env: Mapping[str, str], folder: Path, sessions: sessionmaker) -> None:
        self._sessions = sessions
        self._programs = {
            found.name: Program(found.name, found.command, env, found.ready_url, folder / f"{found.name}.log")
            for found in services.from_procfile(env)
        }
        self._started = time.monotonic()
        self.killed: list[Kill] = []

    def __enter__(self) -> Killing:
        for program in self._programs.values():
            program.start()
        for program in self._programs.values():
            program.wait_until_ready()
        self._say("all programs answer")
        return self

    def __exit__(self, *_: object) -> None:
        for program in self._programs.values():
            program.kill()

    def run(self, crowd: Crowd, kills: list[Kill]) -> None:
        """Have everything written, everybody killed, and wait until nothing is open or nothing moves."""
        waiting = list(kills)
        while waiting:
            self._write_until(crowd, lambda: self._answered() >= waiting[0].answered)
            self._kill(waiting.pop(0), crowd)
        self._write_until(crowd, lambda: crowd.is_done)
        self._settle(crowd)

    def _kill(self, kill: Kill, crowd: Crowd) -> None:
        time.sleep(kill.after)
        program = self._programs[kill.name]
        program.kill()
        self.killed.append(kill)
        self._say(f"{kill.name} killed, {self._answered()} answered")
        time.sleep(kill.down)
        program.start()
        # citizens write on while it comes back
        back = time.monotonic() + 1.0
        self._write_until(crowd, lambda: time.monotonic() > back)
        program.wait_until_ready()

    def _write_until(self, crowd: Crowd, is_over: Callable[[], bool]) -> None:
        watch = _Watch()
        while not is_over():
            if not crowd.is_done and crowd.sent - self._answered() < _MOST_OPEN:
                crowd.write()
            if watch.is_stuck((crowd.sent, self._answered())):
                raise RuntimeError(f"nothing moves: {crowd.sent} written, {self._answered()} answered")
            time.sleep(_LOOK_EVERY)

    def _settle(self, crowd: Crowd) -> None:
        watch = _Watch()
        while self._answered() < crowd.sent or self._open():
            if watch.is_stuck((self._answered(), self._open())):
                self._say(f"given up: {crowd.sent - self._answered()} unanswered, {self._open()} undelivered")
                return
            time.sleep(_LOOK_EVERY)
        self._say(f"{crowd.sent} messages answered")

    def _answered(self) -> int:
        with self._sessions() as session:
            return _count(session, InboxItem, InboxItem.state.in_(("done", "parked")))

    def _open(self) -> int:
        with self._sessions() as session:
            return _count(session, OutboxItem, OutboxItem.state.in_(("pending", "sending")))

    def _say(self, what: str) -> None:
        print(f"{time.monotonic() - self._started:7.1f} s  {what}", file=sys.stderr, flush=True)


class _Watch:
    """Notices that nothing changes any more."""

    def __init__(self) -> None:
        self._last: object = None
        self._since = time.monotonic()

    def is_stuck(self, now: object) -> bool:
        if now != self._last:
            self._last, self._since = now, time.monotonic()
        return time.monotonic() - self._since > _PATIENCE


def _count(session: Session, table: type, condition: object) -> int:
    return int(session.scalar(sa.select(sa.func.count()).select_from(table).where(condition)) or 0)
