"""Runs the product for an hour at 70 % of what it can answer: ``make bench-soak``. Writes soak.md and soak.html.

Every ten seconds memory of each program, what is open in the rows and how long turns took are looked at.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.delivery.verdict import Count
from benchmarks.load import curves
from benchmarks.load.citizens import Level
from benchmarks.load.curves import Chart
from benchmarks.load.judging import judged
from benchmarks.load.numbers import percentile
from benchmarks.load.page import head, table, verdict_table
from benchmarks.load.planned import parsed, parser, planned
from benchmarks.load.product import Product, end_cleanly, product
from benchmarks.load.sampling import EVERY, Sample, Sampling, trend
from benchmarks.load.sender import Sender, Sent
from benchmarks.load.standing import drain

RESULT = Path(__file__).with_suffix(".md")
CHARTS = RESULT.with_suffix(".html")
MOST_GROWTH = 20.0  # MB an hour in the second half
_GAP = 15.0  # seconds at least between two messages of a citizen
_PARTS = 6  # of the run, a line each


@dataclass(frozen=True)
class Soak:
    """What came of one run."""

    capacity: Level
    sent: tuple[Sent, ...]
    samples: tuple[Sample, ...]
    count: Count
    left: int
    notes: tuple[str, ...]

    @property
    def growth(self) -> dict[str, float]:
        """MB an hour of each program in the second half."""
        return {name: trend(list(self.samples), name).an_hour for name in self.samples[0].memory}

    @property
    def is_good(self) -> bool:
        """Whether nothing is lost, doubled or out of order, and no program grows."""
        return self.count.is_clean and not self.left and max(self.growth.values()) <= MOST_GROWTH


def main() -> int:
    """Run and write; 1 = a program grows, or something is lost, doubled or out of order."""
    end_cleanly()
    options = _options()
    with tempfile.TemporaryDirectory(prefix="tthc-soak-") as name, product(Path(name)) as running:
        found = asyncio.run(_run(running, options))
    page = "\n".join(_page(found, options)) + "\n"
    print(page)
    if not options.trial:
        RESULT.write_text(page, encoding="utf-8")
        CHARTS.write_text(_charts(found), encoding="utf-8")
    return 0 if found.is_good else 1


def _options() -> argparse.Namespace:
    made = parser("bench-soak", "Run for long at a steady load.", 60.0)
    made.add_argument("--share", type=float, default=0.7, help="of the capacity (default: %(default)s)")
    return parsed(made)


async def _run(running: Product, options: argparse.Namespace) -> Soak:
    async with Sender(running.url) as sender:
        level, arrivals = await planned(running, sender, options, options.share, _GAP)
        before = len(running.citizens.written)
        async with Sampling(running.programs, running.sessions) as sampling:
            sent = await running.citizens.by_plan(sender, arrivals)
    _, left = await asyncio.to_thread(drain, running.sessions)
    time.sleep(1.0)  # what was delivered last is on its way to us
    with running.sessions() as session:
        count, notes = judged(session, running.citizens, running.zalo, range(before, len(running.citizens.written)))
    return Soak(level, tuple(sent), tuple(sampling.samples), count, left.questions + left.answers, tuple(notes))


def _page(found: Soak, options: argparse.Namespace) -> list[str]:
    level, people = found.capacity, len({one.citizen for one in found.sent})
    verdict = "kept" if max(found.growth.values()) <= MOST_GROWTH else "missed"
    return [
        *head("An hour at a steady load", "bench-soak", options.commit),
        f"Capacity: {level.rate:.1f} answers a second to {level.lanes} conversations at once over Zalo's webhook.",
        f"The load: {options.share:.0%} of it for {options.minutes:g} minutes at random moments,",
        f"{len(found.sent)} messages of {people} citizens. Front server, Rasa, action server, SQLite, generator and",
        "the stand-in for Zalo share the machine.",
        f"Looked at every {EVERY:.0f} s; the curves: [{CHARTS.name}]({CHARTS.name}).",
        "",
        "## Memory",
        "",
        "Resident, with children, MB. Warm: after a tenth of the run. Target: at most",
        f"{MOST_GROWTH:.0f} MB more an hour in the second half, by least squares: **{verdict}**.",
        "",
        *table(["", "warm", "at the end", "more in an hour, second half"], _memory(found)),
        "",
        "## Turns and queues",
        "",
        "Seconds from a question stored to its answer stored; milliseconds from the planned moment to the 200.",
        "",
        *table(_TITLES, _parts(found)),
        "",
        "## Messages",
        "",
        *verdict_table("", [("all", found.count)]),
        *(f"- {note}" for note in found.notes[:20]),
    ]


_TITLES = (
    "minutes",
    "answered",
    "turn p50",
    "turn p95",
    "turn p99",
    "acknowledged p50",
    "acknowledged p99",
    "most questions waiting",
    "most answers to deliver",
)


def _memory(found: Soak) -> list[tuple[str, ...]]:
    trends = {name: trend(list(found.samples), name) for name in found.samples[0].memory}
    return [(name, f"{one.warm:.0f}", f"{one.last:.0f}", f"{one.an_hour:+.1f}") for name, one in trends.items()]


def _parts(found: Soak) -> list[tuple[object, ...]]:
    length = found.samples[-1].at / _PARTS
    start = found.sent[0].due
    rows: list[tuple[object, ...]] = []
    for part in range(_PARTS):
        inside = [one for one in found.samples if part * length < one.at <= (part + 1) * length]
        taken = [one.from_plan * 1000 for one in found.sent if part * length <= one.due - start < (part + 1) * length]
        turns = [turn for one in inside for turn in one.turns]
        figures = [f"{percentile(turns, share):.2f}" for share in (0.5, 0.95, 0.99)]
        figures += [f"{percentile(taken, share):.0f}" for share in (0.5, 0.99)]
        most = (
            max((one.open.questions for one in inside), default=0),
            max((one.open.answers for one in inside), default=0),
        )
        rows.append((f"{part * length / 60:.0f}–{(part + 1) * length / 60:.0f}", len(turns), *figures, *most))
    return rows


def _charts(found: Soak) -> str:
    minutes = [(one.at / 60, one) for one in found.samples]
    memory = {name: [(at, one.memory[name]) for at, one in minutes] for name in found.samples[0].memory}
    turns = {f"p{share * 100:.0f}": [(at, one.turn(share)) for at, one in minutes] for share in (0.5, 0.95)}
    waiting = {
        "questions": [(at, float(one.open.questions)) for at, one in minutes],
        "answers": [(at, float(one.open.answers)) for at, one in minutes],
    }
    below = "minutes"
    charts = [
        Chart("Resident memory, MB", below, memory),
        Chart("Question stored to answer stored, s", below, turns),
        Chart("Open in the rows", below, waiting),
    ]
    return curves.page("An hour at a steady load", "The same run as in soak.md.", charts)


if __name__ == "__main__":
    sys.exit(main())
