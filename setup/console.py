"""What the person at the terminal sees: one line a step, with its seconds, and one clear message on failure."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_QUIET = 15.0  # seconds between signs of life where the output is no terminal


class SetupError(Exception):
    """Something that stops the start; its text is all that is shown, and tells what to do next."""


class Steps:
    """Prints the steps of one start and keeps their seconds."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.seconds: dict[str, float] = {}
        self._shown = 0.0
        self._live = sys.stdout.isatty()

    @contextmanager
    def step(self, name: str) -> Iterator[list[str]]:
        """Time one step; what the body appends to the yielded list is printed as its result."""
        begun = time.monotonic()
        self._shown = begun
        result: list[str] = []
        try:
            yield result
        finally:
            self._clear()
        self.seconds[name] = round(time.monotonic() - begun, 1)
        first, *more = result or ["done"]
        say(f"  {self.seconds[name]:6.1f} s  {name:<12} {first}")
        for line in more:
            say(f"{'':24}{line}")

    def alive(self, name: str, note: str = "") -> None:
        """Show that a long step goes on: in place on a terminal, else every 15 seconds."""
        now = time.monotonic()
        line = f"  {now - self.started:6.0f} s  {name:<12} … {note}"
        if self._live:
            print(f"\r\033[K{line[:100]}", end="", flush=True)
        elif now - self._shown >= _QUIET:
            self._shown = now
            say(line)

    def total(self) -> float:
        """Return the seconds since the start."""
        return round(time.monotonic() - self.started, 1)

    def write(self, path: Path, **more: object) -> None:
        """Write the seconds of every step as JSON, for whoever measures the start; a reader sees all or nothing."""
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(".tmp")
        half.write_text(json.dumps({"total": self.total(), "steps": self.seconds, **more}) + "\n", encoding="utf-8")
        half.replace(path)

    def _clear(self) -> None:
        if self._live:
            print("\r\033[K", end="", flush=True)


def say(line: str) -> None:
    """Print a line at once; a terminal that has gone away is no reason to fail."""
    with suppress(OSError):
        print(line, flush=True)
