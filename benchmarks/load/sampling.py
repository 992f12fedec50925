"""Looks at the programs and the rows at a steady pace while a load runs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import sessionmaker

from benchmarks.delivery.programs import Program
from benchmarks.load.numbers import percentile, slope
from benchmarks.load.product import say
from benchmarks.load.standing import Standing, standing, turns_since
from knowledge.models import utc_now
from setup.wide.program import family

EVERY = 10.0  # seconds
_SAY_EVERY = 30  # samples
_MEGABYTE = 2**20


@dataclass(frozen=True)
class Sample:
    """``at`` seconds after the start: MB of each program, what is open, and seconds of the turns since the last."""

    at: float
    memory: Mapping[str, float]
    open: Standing
    turns: tuple[float, ...]

    def turn(self, share: float) -> float:
        """Return within how many seconds such a share of the questions was answered."""
        return percentile(self.turns, share)


class Sampling:
    """An asynchronous context; ``samples`` grow while it is open."""

    def __init__(self, programs: Mapping[str, Program], sessions: sessionmaker) -> None:
        self._programs = programs
        self._sessions = sessions
        self._last = utc_now()
        self._start = time.monotonic()
        self.samples: list[Sample] = []

    async def __aenter__(self) -> Sampling:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            sample = await asyncio.to_thread(self._look)
            self.samples.append(sample)
            if len(self.samples) % _SAY_EVERY == 0:
                memory = ", ".join(f"{name} {size:.0f} MB" for name, size in sample.memory.items())
                say(f"{memory}; {sample.open.questions} questions wait; half answered in {sample.turn(0.5):.2f} s")

    def _look(self) -> Sample:
        at, since, self._last = time.monotonic() - self._start, self._last, utc_now()
        with self._sessions() as session:
            turns = tuple(turns_since(session, since))
            return Sample(at, memory_of(self._programs), standing(session), turns)


def memory_of(programs: Mapping[str, Program]) -> dict[str, float]:
    """Return the resident memory of each program with its children, in MB."""
    return {name: resident(program.pid) if program.pid else 0.0 for name, program in programs.items()}


def resident(pid: int) -> float:
    """Return the resident memory of a process with its children, in MB."""
    return sum(_resident(one) for one in family(pid))


def _resident(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:  # it has just ended
        return 0.0
    lines = [line for line in text.splitlines() if line.startswith("VmRSS:")]
    return int(lines[0].split()[1]) * 1024 / _MEGABYTE if lines else 0.0


@dataclass(frozen=True)
class Trend:
    """Memory of a program in MB: after warming up, at the end, and by how much it grew an hour in the second half."""

    warm: float
    last: float
    an_hour: float


def trend(samples: list[Sample], name: str) -> Trend:
    """Return how a program's memory went; warm is after the first tenth, and each end is a median of five samples."""
    sizes = [(sample.at / 3600, sample.memory[name]) for sample in samples]
    tenth = len(sizes) // 10
    warm = percentile([size for _, size in sizes[tenth : tenth + 5]], 0.5)
    last = percentile([size for _, size in sizes[-5:]], 0.5)
    return Trend(warm, last, slope(sizes[len(sizes) // 2 :]))
