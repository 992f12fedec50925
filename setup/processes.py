"""Starting and stopping other programs, so that a signal at any moment leaves none behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from setup.console import SetupError

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE = 10.0  # seconds between asking a program to stop and ending it

_PREFIX = re.compile(r"^\d{4}-\d\d-\d\d \S+ +[A-Z]+ +\S+ +- +")  # of a line that Rasa logs
# What the last lines of a log mean to the person at the terminal.
_HINTS = (
    ("No space left on device", "The disk is full: free some space and run the same command again."),
    ("database is locked", "The database is locked by another program: stop it and run the same command again."),
    ("Temporary failure in name resolution", "The package registry cannot be reached: check the network."),
    ("Could not find a version", "The package registry does not offer a pinned version: check the network or mirror."),
)


class Stopped(BaseException):
    """Somebody asked to stop; ``number`` is the signal."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class _Signals:
    """Turns the first signal into ``Stopped``; it waits while a program is being started, so that none is left behind.

    Further signals change nothing: the stop that the first one asked for is under way and must come to its end.
    """

    def __init__(self) -> None:
        self._held = False
        self._is_stopping = False
        self._waiting: int | None = None

    def listen(self) -> None:
        """Install the handlers (main thread only)."""
        for number in SIGNALS:
            signal.signal(number, self._receive)

    @contextmanager
    def ignored(self) -> Iterator[None]:
        """Ignore signals while programs are being stopped for another reason."""
        before = {number: signal.signal(number, signal.SIG_IGN) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def hold(self) -> None:
        self._held = True

    def release(self) -> None:
        self._held = False
        if self._waiting is not None:
            number, self._waiting = self._waiting, None
            self._stop(number)

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        if self._held:
            self._waiting = number
        else:
            self._stop(number)

    def _stop(self, number: int) -> None:
        if not self._is_stopping:
            self._is_stopping = True
            raise Stopped(number)


signals = _Signals()


def start(
    argv: Sequence[str] | str, env: Mapping[str, str], log: Path, started: list[subprocess.Popen[bytes]]
) -> subprocess.Popen[bytes]:
    """Start a program in a process group of its own, its output in ``log``; it is added to ``started``.

    The log of the start before stays beside it.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists():
        log.replace(log.with_name(f"{log.name}.before"))
    signals.hold()
    try:
        with log.open("ab") as out:
            program = subprocess.Popen(
                argv,
                shell=isinstance(argv, str),
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        started.append(program)
    finally:
        signals.release()
    return program


def stop(programs: Sequence[subprocess.Popen[bytes]], grace: float = GRACE) -> None:
    """Ask whole process groups to stop, and end what is left after ``grace`` seconds."""
    for program in programs:
        _signal_group(program, signal.SIGTERM)
    until = time.monotonic() + grace
    for program in programs:
        with suppress(subprocess.TimeoutExpired):
            program.wait(max(0.0, until - time.monotonic()))
    for program in programs:
        _signal_group(program, signal.SIGKILL)  # its children may outlive the program itself
        program.wait()


def _signal_group(program: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(program.pid, number)


def call(
    name: str,
    argv: Sequence[str],
    env: Mapping[str, str],
    log: Path,
    alive: Callable[[str, str], None],
) -> str:
    """Run a program to its end and return what it wrote; ``alive`` is called about once a second.

    Raises:
        SetupError: it failed; the message holds its last lines and a hint where they are known.
    """
    started: list[subprocess.Popen[bytes]] = []
    try:
        program = start(argv, env, log, started)
        while (code := _wait(program)) is None:
            alive(name, last_line(log))
    except BaseException:
        with signals.ignored():
            stop(started)
        raise
    if code != 0:
        raise SetupError(explain(f"{name} failed (exit code {code})", log))
    return log.read_text(encoding="utf-8", errors="replace")


def _wait(program: subprocess.Popen[bytes]) -> int | None:
    try:
        return program.wait(1.0)
    except subprocess.TimeoutExpired:
        return None


def explain(what: str, log: Path, lines: int = 12) -> str:
    """Return a message: what happened, the last lines of the log, where it is, and a hint."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    tail = [f"    {line}" for line in text.splitlines() if line.strip()][-lines:]
    hints = [hint for sign, hint in _HINTS if sign in text][:1]
    return "\n".join([f"{what}.", *hints, f"The end of {log}:", *tail])


def last_line(log: Path) -> str:
    """Return the newest line of a log, cut to what fits beside a step's name."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 500))
        lines = file.read().decode(errors="replace").splitlines()
    return _PREFIX.sub("", lines[-1].strip())[:60] if lines else ""
