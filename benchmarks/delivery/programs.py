"""Programs of the product that can be killed at any moment and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from setup.probing import answers

_PAUSE = 0.1  # seconds


class Program:
    """One program in a process group of its own; ``log`` keeps what all its lives have written."""

    def __init__(self, name: str, command: str, env: Mapping[str, str], ready_url: str, log: Path) -> None:
        self.name = name
        self._command = command
        self._env = dict(env)
        self._ready_url = ready_url
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The number of its process while it lives."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        """Start it; it may not be ready yet."""
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                self._command,
                shell=True,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End the whole group by SIGKILL: no good-bye, no clean-up."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def memory(self) -> int:
        """Return the kilobytes that its process has in memory; what it shares with others counts in part."""
        if self._process is None:
            return 0
        lines = Path(f"/proc/{self._process.pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))

    def wait_until_ready(self, within: float = 240.0) -> None:
        """Return when it answers.

        Raises:
            RuntimeError: it ended, or does not answer in time; the message holds the end of its log.
        """
        until = time.monotonic() + within
        while not answers(self._ready_url):
            ended = self._process is None or self._process.poll() is not None
            if ended or time.monotonic() > until:
                tail = self.log.read_text(encoding="utf-8", errors="replace")[-2000:]
                raise RuntimeError(f"{self.name} {'ended' if ended else 'does not answer'}:\n{tail}")
            time.sleep(_PAUSE)


def commit() -> str:
    """Return the commit that is measured, with "-dirty" when files differ from it."""
    command = ["git", "describe", "--always", "--dirty"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
