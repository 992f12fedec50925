"""One program that can be killed, paused and started again at any moment."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from setup.console import SetupError
from setup.processes import explain, signals

_PAUSE = 0.1  # seconds
_BETWEEN_STARTS = 1.0  # seconds; a database that was killed needs some until its last children are gone


@dataclass
class Program:
    """A program in a process group of its own; ``log`` keeps what all its lives have written.

    ``role`` is postgres, redis, proxy, bot, rasa or actions. ``is_ready`` looks at it from outside. ``user`` is the
    account that it runs under, "" = ours. ``more`` gives what changes in its environment from start to start.
    """

    name: str
    role: str
    command: str
    env: Mapping[str, str]
    is_ready: Callable[[], bool]
    log: Path
    user: str = ""
    more: Callable[[], Mapping[str, str]] = field(default=dict, repr=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def pid(self) -> int | None:
        """The number of its process while it lives."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        """Start it; it may not be ready yet. Nothing happens while it lives."""
        if self.pid is not None:
            return
        account: dict[str, Any] = {"user": self.user, "group": self.user, "extra_groups": []} if self.user else {}
        signals.hold()  # one that comes between its start and its name here would leave it behind
        try:
            with self.log.open("ab") as out:
                self._process = subprocess.Popen(
                    f"exec {self.command}",
                    shell=True,
                    env={**self.env, **self.more()},
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    **account,
                )
        finally:
            signals.release()

    def kill(self) -> None:
        """End it and its children by SIGKILL: no good-bye, no clean-up."""
        self._signal(signal.SIGKILL)
        self._reap()

    def pause(self) -> None:
        """Let it stand still, with its connections open."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def stop(self, grace: float = 8.0) -> None:
        """Ask it to end, and end it after ``grace`` seconds."""
        if self.pid is None:
            return
        self.resume()
        with suppress(ProcessLookupError):
            # to PostgreSQL a TERM means "when everybody has gone"
            os.kill(self._process.pid, signal.SIGINT if self.role == "postgres" else signal.SIGTERM)  # type: ignore[union-attr]
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(grace)  # type: ignore[union-attr]
        self.kill()

    def restart(self, within: float = 240.0) -> None:
        """Stop it in good order, start it, and return when it is ready."""
        self.stop()
        self.wait_until_ready(within)

    def wait_until_ready(self, within: float = 240.0) -> None:
        """Return when it is ready; start it again when it has ended meanwhile.

        Raises:
            SetupError: it is not ready in time; the message holds the end of its log.
        """
        until = time.monotonic() + within
        started = 0.0
        while not (self.pid is not None and self.is_ready()):
            if time.monotonic() > until:
                raise SetupError(explain(f"{self.name} was not ready within {within:.0f} s", self.log))
            if self.pid is None and time.monotonic() - started > _BETWEEN_STARTS:
                started = time.monotonic()
                self.start()
            time.sleep(_PAUSE)

    def _signal(self, number: int) -> None:
        if self._process is None:
            return
        for pid in family(self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _reap(self) -> None:
        if self._process is not None:
            self._process.wait()
            self._process = None


def family(pid: int) -> list[int]:
    """Return a process and all that descend from it, in whatever group they are; the eldest first."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = int(entry.read_text(errors="replace").rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.parent.name))
    found = [pid]
    for one in found:  # it grows while it is gone through
        found += children.get(one, [])
    return found
