"""Compares a model of queues with the product, and works out what a province needs: ``make bench-scale``.

Measures 1, 8 and 32 conversations at once through all three programs and what each computes for a turn, writes
scale.md, and fills the figures of docs/scale.md. ``--kept`` measures nothing and takes what scale.md says.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.delivery.programs import commit
from benchmarks.load.costs import PROGRAMS, REST, Found, kept, processor_seconds, row
from benchmarks.load.needs import PLACES, Place, limits, need
from benchmarks.load.page import head, table
from benchmarks.load.product import Product, end_cleanly, product, say
from benchmarks.load.queueing import Point
from benchmarks.load.sampling import memory_of
from benchmarks.load.sender import Sender
from benchmarks.load.standing import drain

RESULT = Path(__file__).with_suffix(".md")
DOCUMENT = Path("docs/scale.md")
_BEGIN, _END = "<!-- from make bench-scale -->", "<!-- to here -->"
_LANES = (1, 8, 32)
_AT_ONCE = 4  # webhooks, in channels.md


def main() -> int:
    """Measure unless told not to, and write both pages; always 0, for there are no targets here."""
    parser = argparse.ArgumentParser(prog="make bench-scale", description="Compare a model with a short measurement.")
    parser.add_argument("--seconds", type=float, default=30.0, help="of each level (default: %(default)s)")
    parser.add_argument("--kept", action="store_true", help="measure nothing: take what scale.md says")
    parser.add_argument("--trial", action="store_true", help="print both and keep nothing")
    options = parser.parse_args()
    end_cleanly()
    measured = commit()  # before the results change files
    found = kept(RESULT.read_text(encoding="utf-8")) if options.kept else _measure(options.seconds)
    page, figures = "\n".join([*_page(found, measured), ""]), _figures(found)
    print(page, *figures, sep="\n")
    if not (options.trial or options.kept):
        RESULT.write_text(page, encoding="utf-8")
    if not options.trial:
        DOCUMENT.write_text(filled(DOCUMENT.read_text(encoding="utf-8"), figures), encoding="utf-8")
    return 0


def _measure(seconds: float) -> Found:
    with tempfile.TemporaryDirectory(prefix="tthc-scale-") as name, product(Path(name)) as running:
        return asyncio.run(_levels(running, seconds))


async def _levels(running: Product, seconds: float) -> Found:
    points = []
    async with Sender(running.url) as sender:
        await running.citizens.by_turns(sender, _LANES[-1], seconds / 2)  # until all is warm
        for lanes in _LANES:
            await asyncio.to_thread(drain, running.sessions)
            before = _computed(running)
            level = await running.citizens.by_turns(sender, lanes, seconds)
            after, turns = _computed(running), len(level.times)
            points.append(Point(lanes, level.rate, sum(level.times) / turns))
            say(f"{lanes} at once: {level.rate:.1f} answers a second")
    computes = {name: (after[name] - before[name]) / turns * 1000 for name in after}  # of the last, busiest level
    memory = {PROGRAMS[name]: size for name, size in memory_of(running.programs).items()}
    return Found(tuple(points), computes, memory, os.cpu_count() or 1)


def _computed(running: Product) -> dict[str, float]:
    """Return the seconds that everybody has computed; the programs are our children, and so is the stand-in."""
    found = {PROGRAMS[name]: processor_seconds(one.pid or 0) for name, one in running.programs.items()}
    return {**found, REST: processor_seconds(os.getpid()) - sum(found.values())}


def _page(found: Found, measured: str) -> list[str]:
    return [
        *head("A model of queues beside the product", "bench-scale", measured),
        "Conversations in which each question follows the answer to the one before, over Zalo's webhook through all",
        "three programs on SQLite. The model ([docs/scale.md](../docs/scale.md)) knows what each program computes for",
        "a turn at 32 at once, and how long a lone turn takes; what it says of 8 and of 32 is foretold.",
        "",
        *table(
            ["at once", "answers a second", "by the model", "mean seconds", "by the model"],
            [_both(point, found.model(point.lanes)) for point in found.points],
        ),
        "",
        *_costs(found),
        "",
        "Rasa and actions alone, without a front server, stand in [turns.md](turns.md).",
    ]


def _both(point: Point, model: Point) -> tuple[object, ...]:
    rates, seconds = (point.rate, model.rate), (point.seconds, model.seconds)
    return (point.lanes, *(f"{rate:.1f}" for rate in rates), *(f"{second:.2f}" for second in seconds))


def _costs(found: Found) -> list[str]:
    lines = [
        (name, f"{ms:.1f}", f"{found.memory[name]:.0f}" if name in found.memory else "")
        for name, ms in found.computes.items()
    ]
    return table(["", "ms computed for a turn", "memory, MB"], lines)


def _figures(found: Found) -> list[str]:
    """Return what stands between the marks of docs/scale.md."""
    channels = Path(__file__).with_name("channels.md").read_text(encoding="utf-8")
    acknowledged = _AT_ONCE * 1000 / float(row(channels, "zalo", str(_AT_ONCE))[3])
    return [
        *_costs(found),
        "",
        *table(
            [
                "",
                "questions a second at the peak",
                *(f"{name}s" for name in PROGRAMS.values()),
                "machines",
                "USD a month",
            ],
            [_place(place, found) for place in PLACES],
        ),
        "",
        *table(
            ["what is full", "at questions a second"],
            [(name, f"{rate:.0f}") for name, rate in limits(found, acknowledged)],
        ),
    ]


def _place(place: Place, found: Found) -> tuple[object, ...]:
    one = need(place, found)
    return place.name, f"{place.peak:.1f}", *one.programs.values(), one.machines, one.dollars


def filled(document: str, lines: Sequence[str]) -> str:
    """Return the document with these lines between its marks.

    Raises:
        ValueError: it has no marks.
    """
    before, begin, rest = document.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        raise ValueError(f"there is no {_BEGIN} … {_END}")
    return "\n".join([before + begin, "", *lines, "", end + after])


if __name__ == "__main__":
    sys.exit(main())
