"""Measures ours beside stock Rasa on the same questions: ``make bench``. Writes its table to turns.md beside this file.

Three times in turn: a stock Rasa project (default pipeline, its own SQL store) with our actions; ours; and for what
``nlu/lean`` alone changes, Rasa as it comes with our models. Load generator and programs share the processor, every
dialogue is stored in SQLite. Ours runs whole, with its front server; the questions go to Rasa's door in all three.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import aiohttp

from benchmarks.comparison.stock_bot import train_stock_bot
from benchmarks.delivery.killing import environment, load_records
from benchmarks.delivery.programs import Program, commit
from setup import services

RESULT = Path(__file__).with_suffix(".md")
_TURNS = (
    "làm khai sinh cho con cần giấy tờ gì",
    "phi bao nhieu",
    "mat bao lau co ket qua",
    "nộp ở đâu vậy em",
    "cảm ơn em nhiều",
)
_LEAN = "nlu.lean.memory.LeanTrackerStore"
_AT_ONCE = 32
_ROUNDS = 3  # of dialogues at once
_EARLY, _LATE = 5, 300  # turns of one dialogue
_AROUND = 4  # turns before and after, of which the median is taken
_MB = 1024  # kilobytes


@dataclass(frozen=True)
class Way:
    """How the programs run: Rasa's command, the type of its store, its model, and whether the front server runs too."""

    name: str
    command: str = "nlu.lean"
    store: str = _LEAN
    model: str | None = None  # None: the product's
    whole: bool = False


@dataclass
class Found:
    """Milliseconds of turns, one dialogue at a time; turns a second of many; milliseconds by turn of one long one.

    ``start``: seconds from the start of the programs to the first answer; ``memory``: megabytes of all of them.
    """

    start: float = 0.0
    memory: float = 0.0
    alone: list[float] = field(default_factory=list)
    together: float = 0.0
    long: list[float] = field(default_factory=list)

    def around(self, turn: int) -> float:
        """Return the median of the turns near one."""
        return statistics.median(self.long[max(turn - _AROUND - 1, 0) : turn + _AROUND])


def main() -> int:
    """Measure and write; 0 always: what is missed stands in the table."""
    parser = argparse.ArgumentParser(prog="make bench", description="Time turns in stock Rasa and in ours.")
    parser.add_argument("--dialogues", type=int, default=30, help="of five turns, one at a time (default: %(default)s)")
    options = parser.parse_args()
    measured = commit()  # before the result changes files
    with tempfile.TemporaryDirectory(prefix="tthc-stock-") as folder:
        stock = str(train_stock_bot(Path(folder)))
        ways = [
            Way("stock Rasa", "rasa", "SQL", stock),
            Way("ours", whole=True),
            Way("Rasa as it comes, our models", "rasa", "SQL"),
        ]
        found = {way.name: measure(way, options.dialogues) for way in ways}
    page = "\n".join(_page(found, measured)) + "\n"
    print(page)
    RESULT.write_text(page, encoding="utf-8")
    return 0


def measure(way: Way, dialogues: int) -> Found:
    """Start the programs in that way and talk to them."""
    with tempfile.TemporaryDirectory(prefix="tthc-bench-") as folder, _programs(Path(folder), way) as (url, programs):
        return asyncio.run(_ask(url, programs, dialogues))


@contextmanager
def _programs(folder: Path, way: Way) -> Iterator[tuple[str, list[Program]]]:
    endpoints = folder / "endpoints.yml"
    written = Path("endpoints.yml").read_text(encoding="utf-8")
    env = environment(os.environ, f"sqlite:///{folder / 'tthc.db'}", folder) | {"RASA_ENDPOINTS": str(endpoints)}
    if way.model:
        env["RASA_MODEL"] = way.model
    load_records(env)
    started = []
    for one in services.from_procfile(env):
        if _LEAN not in written or (one.name == "rasa" and "-m nlu.lean run" not in one.command):
            raise RuntimeError("the product runs another Rasa than it is measured as")
        command = one.command.replace("-m nlu.lean run", f"-m {way.command} run")
        started.append(Program(one.name, command, env, one.ready_url, folder / f"{one.name}.log"))
    endpoints.write_text(written.replace(_LEAN, way.store), encoding="utf-8")
    started = [program for program in started if way.whole or program.name != "bot"]
    try:
        yield env["RASA_URL"], started
    finally:
        for program in started:
            program.kill()


async def _ask(url: str, programs: Sequence[Program], dialogues: int) -> Found:
    found = Found()
    begun = time.perf_counter()
    for program in programs:
        program.start()
    for program in programs:
        program.wait_until_ready()
    # a generator that takes little of the processor: the programs share it
    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(120)) as client:
        await _turn(client, "first", _TURNS[0])
        found.start = time.perf_counter() - begun
        await _dialogue(client, "warm")
        for number in range(dialogues):
            found.alone += await _dialogue(client, f"alone-{number}")
        begun = time.perf_counter()
        many = await asyncio.gather(*(_dialogues(client, f"together-{number}") for number in range(_AT_ONCE)))
        found.together = sum(many) / (time.perf_counter() - begun)
        found.memory = sum(program.memory() for program in programs) / _MB
        for _ in range((_LATE + _AROUND) // len(_TURNS) + 1):
            found.long += await _dialogue(client, "long")
    return found


async def _dialogues(client: aiohttp.ClientSession, name: str) -> int:
    return sum([len(await _dialogue(client, f"{name}-{number}")) for number in range(_ROUNDS)])


async def _dialogue(client: aiohttp.ClientSession, sender: str) -> list[float]:
    """Say the five turns one after the other; return the milliseconds of each."""
    return [await _turn(client, sender, text) for text in _TURNS]


async def _turn(client: aiohttp.ClientSession, sender: str, text: str) -> float:
    begun = time.perf_counter()
    async with client.post("/webhooks/rest/webhook", json={"sender": sender, "message": text}) as answer:
        if answer.status != 200 or not await answer.json():
            raise RuntimeError(f"no answer to {text!r}")
    return (time.perf_counter() - begun) * 1000


def _page(found: dict[str, Found], measured: str) -> Sequence[str]:
    def row(name: str, of: dict[str, float], wanted: str) -> str:
        stock, ours, as_it_comes = of.values()
        return f"| {name} | {stock:.1f} | {ours:.1f} | {ours / stock:.2f} | {wanted} | {as_it_comes:.1f} |"

    def each(value: object) -> dict[str, float]:
        return {name: value(one) for name, one in found.items()}  # type: ignore[operator]

    names = list(found)
    return [
        "# Ours beside stock Rasa",
        "",
        f"`make bench`, {date.today()}, commit {measured}, {os.cpu_count()} cores, load {os.getloadavg()[1]:.1f}.",
        "Stock: the default pipeline (DIET) on thirty sentences of each of our acts, our rules and actions, Rasa's own",
        "SQL store. The last column is the same Rasa with our models: between it and ours stands `nlu/lean` alone.",
        "Memory is that of all programs, what they share counted once; ours includes the front server.",
        "",
        f"| | {names[0]} | {names[1]} | ratio | wanted | {names[2]} |",
        "|---|---:|---:|---:|---|---:|",
        row("one dialogue at a time, median, ms", each(lambda one: statistics.median(one.alone)), ""),
        row(
            "the same, 95th percentile, ms",
            each(lambda one: statistics.quantiles(one.alone, n=20)[18]),
            "≤ 0.25 of stock",
        ),
        row(f"{_AT_ONCE} dialogues at once, turns a second", each(lambda one: one.together), "≥ 7 times stock"),
        row("start to first answer, trained, s", each(lambda one: one.start), "≤ 15 s"),
        row("memory of all programs, MB", each(lambda one: one.memory), "≤ 900 MB"),
        row(f"turn {_EARLY} of one long dialogue, ms", each(lambda one: one.around(_EARLY)), ""),
        row(f"turn {_LATE} of it, ms", each(lambda one: one.around(_LATE)), ""),
        row(
            f"turn {_LATE} against turn {_EARLY}",
            each(lambda one: one.around(_LATE) / one.around(_EARLY)),
            "≤ 1.5 times",
        ),
    ]


if __name__ == "__main__":
    sys.exit(main())
