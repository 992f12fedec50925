"""Measures ten times more messages than can be answered: ``make bench-storm``. Writes its page to storm.md.

First the capacity: 32 conversations at once over Zalo's webhook through all three programs. Then citizens write ten
times as fast for some minutes, without waiting for anything, and everything is answered afterwards.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.delivery.verdict import Count
from benchmarks.load.citizens import BY_ONE, Level
from benchmarks.load.judging import judged
from benchmarks.load.notices import IN_TIME, WORTH_TELLING, Told, told
from benchmarks.load.numbers import percentile
from benchmarks.load.page import head, table, verdict_table
from benchmarks.load.planned import parsed, parser, planned
from benchmarks.load.product import Product, end_cleanly, product, say
from benchmarks.load.sender import Limits, Sender, Sent
from benchmarks.load.standing import drain, standing

RESULT = Path(__file__).with_suffix(".md")
P99 = 100.0  # milliseconds at most until a webhook is acknowledged
_ZALO_WAITS = 2000.0  # milliseconds, by Zalo's documents
_GAP = 20.0  # seconds at least between two messages of a citizen
_LATE = 0.05  # seconds by which the generator may be behind its plan
_WANTED = 5.0  # minutes
_SHORTER = f"Shorter than the {_WANTED:.0f} minutes that are wanted: all that is written must be answered afterwards."
_TITLES = (
    "",
    "messages",
    "p50 from plan",
    "p99 from plan",
    "p50 from first try",
    "p99 from first try",
    "over 2 s",
    "tried again",
)


@dataclass(frozen=True)
class Storm:
    """What came of one run; ``full`` posts waited for one of the connections of the generator."""

    capacity: Level
    sent: tuple[Sent, ...]
    full: int
    open_at_end: int
    drained: float
    left: int
    count: Count
    told: Told
    notes: tuple[str, ...]

    @property
    def p99(self) -> float:
        """Milliseconds from the planned moment to the acknowledgement, of all but one in a hundred."""
        return percentile([one.from_plan * 1000 for one in self.sent], 0.99)

    @property
    def is_good(self) -> bool:
        """Whether the target is kept and nothing is lost, doubled or out of order."""
        return self.p99 <= P99 and self.count.is_clean and not self.left


def main() -> int:
    """Run and write; 1 = too slow, or something is lost, doubled or out of order."""
    end_cleanly()
    options = _options()
    with tempfile.TemporaryDirectory(prefix="tthc-storm-") as name, product(Path(name)) as running:
        found = asyncio.run(_run(running, options))
        page = "\n".join(_page(found, options)) + "\n"
    print(page)
    if not options.trial:
        RESULT.write_text(page, encoding="utf-8")
    return 0 if found.is_good else 1


def _options() -> argparse.Namespace:
    made = parser("bench-storm", "Write ten times as fast as is answered.", _WANTED)
    made.add_argument("--times", type=float, default=10.0, help="the capacity (default: %(default)s)")
    return parsed(made)


async def _run(running: Product, options: argparse.Namespace) -> Storm:
    async with Sender(running.url) as sender:
        level, arrivals = await planned(running, sender, options, options.times, _GAP)
        sender.full, before = 0, len(running.citizens.written)
        sent = await running.citizens.by_plan(sender, arrivals)
        full = sender.full
    return await asyncio.to_thread(_settle, running, level, sent, full, before)


def _settle(running: Product, level: Level, sent: list[Sent], full: int, before: int) -> Storm:
    with running.sessions() as session:
        waiting = standing(session).questions
    taken = [one.from_plan * 1000 for one in sent]
    half, most = percentile(taken, 0.5), percentile(taken, 0.99)
    late = percentile([(one.woken - one.due) * 1000 for one in sent], 0.99)
    say(f"all is taken, acknowledged p50 {half:.0f} ms, p99 {most:.0f} ms; {waiting} questions wait")
    say(f"the generator came to its messages up to {late:.0f} ms late (p99)")
    drained, left = drain(running.sessions)
    time.sleep(1.0)  # what was delivered last is on its way to us
    say("drained; now everything is compared")
    with running.sessions() as session:
        count, notes = judged(session, running.citizens, running.zalo, range(before, len(running.citizens.written)))
        found = told(session)
    return Storm(level, tuple(sent), full, waiting, drained, left.questions + left.answers, count, found, tuple(notes))


def _page(found: Storm, options: argparse.Namespace) -> list[str]:
    start, people = found.sent[0].due, len({one.citizen for one in found.sent})
    level = found.capacity
    minutes: dict[str, list[Sent]] = {}
    for one in found.sent:
        minutes.setdefault(f"minute {int((one.due - start) // 60) + 1}", []).append(one)
    return [
        *head("Ten times more than can be answered", "bench-storm", options.commit),
        f"Capacity: {level.rate:.1f} answers a second to {level.lanes} conversations at once over Zalo's webhook, half",
        f"of them within {level.median:.2f} s. The storm: {options.times:g} times that for",
        f"{options.minutes:g} minutes at random moments, by {people} citizens with at most {BY_ONE} messages each.",
        "Front server, Rasa, action server, SQLite, generator and the stand-in for Zalo, which sends an echo and a",
        "receipt of everything, share the machine.",
        *([_SHORTER] if options.minutes < _WANTED else []),
        "",
        "## Acknowledged",
        "",
        f"Milliseconds. Target: p99 at most {P99:.0f} from the planned moment: **{_verdict(found)}**.",
        f"Zalo waits {_ZALO_WAITS:.0f}.",
        "",
        *table(_TITLES, [_acknowledged(name, part) for name, part in [*minutes.items(), ("all", list(found.sent))]]),
        "",
        *_generator(found),
        "",
        "## Answered",
        "",
        f"{found.open_at_end} questions waited when the last message was taken; the rest was answered in",
        f"{found.drained / 60:.1f} minutes more. Left over: {found.left}.",
        "",
        *verdict_table("", [("storm", found.count)]),
        "",
        *(f"- {note}" for note in found.notes[:20]),
        "",
        "## Told",
        "",
        *_told(found.told),
    ]


def _verdict(found: Storm) -> str:
    return "kept" if found.p99 <= P99 else "missed"


def _acknowledged(name: str, sent: Sequence[Sent]) -> tuple[object, ...]:
    planned = [one.from_plan * 1000 for one in sent]
    tried = [one.from_first_try * 1000 for one in sent]
    figures = [f"{percentile(times, share):.0f}" for times in (planned, tried) for share in (0.5, 0.99)]
    return name, len(sent), *figures, sum(time > _ZALO_WAITS for time in tried), sum(one.tries > 1 for one in sent)


def _generator(found: Storm) -> list[str]:
    late = [one.woken - one.due for one in found.sent]
    behind = sum(seconds > _LATE for seconds in late)
    return [
        f"The generator came to {behind} of {len(late)} messages more than {_LATE * 1000:.0f} ms after their moment",
        f"(p99 {percentile(late, 0.99) * 1000:.0f} ms); {found.full} tries waited for one of its {Limits().at_once}",
        "connections. From plan counts both as the product's.",
    ]


def _told(found: Told) -> list[str]:
    if not found.waits:
        return ["Nobody waited long."]
    whole, dated = len(found.waits), [one for one in found.promises if one.said]
    longest = max(wait.seconds for wait in found.waits)
    real = [one.real / one.said for one in dated if one.said]
    rows = [
        (f"citizens who waited {WORTH_TELLING:.0f} s or longer", whole),
        ("the longest wait, minutes", f"{longest / 60:.1f}"),
        ("of these citizens told before their answer came", f"{found.reached} ({found.reached / whole:.0%})"),
        (f"told within {IN_TIME:.0f} s of asking", f"{found.in_time} ({found.in_time / whole:.0%})"),
        ("seconds from asking to being told, median", f"{found.told_after(0.5):.0f}"),
        ("notices; of these with a time", f"{len(found.promises)}; {len(dated)}"),
        ("answered by then (a minute or a quarter later counts)", sum(one.is_true for one in dated)),
        ("real against said minutes, median", f"{percentile(real, 0.5):.2f}"),
        ("the same, one in twenty above", f"{percentile(real, 0.95):.2f}"),
    ]
    return table(["", "number"], rows)


if __name__ == "__main__":
    sys.exit(main())
