"""Measures what grows with what is stored: ``make bench-growth``. Writes its page to growth.md beside this file.

The whole product answers one citizen at a time over Zalo's webhook and opens the pages of the console: first with next
to nothing in its databases, then with a million conversations in them.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
from sqlalchemy.orm import sessionmaker

from benchmarks.delivery.programs import commit
from benchmarks.load.citizens import Level
from benchmarks.load.filling import fill, fill_memory, settle
from benchmarks.load.page import head, table
from benchmarks.load.product import Product, end_cleanly, product, say
from benchmarks.load.sender import Sender
from bot.console import sessions
from knowledge.models import Staff

RESULT = Path(__file__).with_suffix(".md")
MOST = 1.5  # times the median turn may grow
USABLE = 1000.0  # milliseconds of a page
_PAGES = (
    "waiting",
    "mine",
    "finished",
    "history",
    "board",
    "reports",
    "review",
    "search?q=thuong+tru",
    "search?q=giay+khai+sinh+mat",
)
_TIMES = 5  # each page is opened, after once
_PATIENCE = 300.0  # seconds
_WARM, _SECONDS = 10.0, 30.0  # of turns


@dataclass(frozen=True)
class Found:
    """One stage: its conversations, the turns, milliseconds of each page, MB of each program."""

    conversations: int
    turns: Level
    pages: dict[str, float]
    memory: dict[str, float]


def main() -> int:
    """Measure and write; 1 = a turn grows too much, or a page is too slow."""
    end_cleanly()
    options = argparse.ArgumentParser(prog="make bench-growth", description="Measure with much and with little stored.")
    options.add_argument("--conversations", type=int, default=1_000_000)
    options.add_argument("--trial", action="store_true", help="print the page and do not keep it")
    given, measured_commit = options.parse_args(), commit()
    with tempfile.TemporaryDirectory(prefix="tthc-growth-") as name, product(Path(name)) as running:
        secret = _hire(running.sessions)
        before = _measure(running, secret, 0)
        say("filling")
        seconds = fill(running.sessions, given.conversations) + fill_memory(Path(name) / "rasa.db", given.conversations)
        settle(Path(name))
        say(f"filled in {seconds:.0f} s")
        after = _measure(running, secret, given.conversations)
    page = "\n".join(_page(before, after, measured_commit)) + "\n"
    print(page)
    if not given.trial:
        RESULT.write_text(page, encoding="utf-8")
    return 0 if _growth(before, after) <= MOST and max(after.pages.values()) <= USABLE else 1


def _hire(factory: sessionmaker) -> str:
    """Return what is in the cookie of somebody who may see everything."""
    secret = sessions.new_secret()
    with factory.begin() as session:
        session.add(Staff(id=1, username="admin", name="Admin", role="admin"))
        session.flush()
        sessions.begin(session, 1, secret)
    return secret


def _measure(running: Product, secret: str, conversations: int) -> Found:
    turns = asyncio.run(_turns(running))
    say(f"{len(turns.times)} turns, half within {turns.median * 1000:.0f} ms")
    pages = {path: _opened(f"{running.url}/console/{path}", secret) for path in _PAGES}
    say(f"the slowest page: {max(pages.values()):.0f} ms")
    memory = {name: program.memory() / 1024 for name, program in running.programs.items()}
    return Found(conversations, turns, pages, memory)


async def _turns(running: Product) -> Level:
    async with Sender(running.url) as sender:
        await running.citizens.by_turns(sender, 1, _WARM)
        return await running.citizens.by_turns(sender, 1, _SECONDS)


def _opened(url: str, secret: str) -> float:
    """Return the median milliseconds of opening a page."""
    times = []
    with httpx.Client(cookies={"console": secret}, timeout=_PATIENCE, trust_env=False, verify=False) as client:
        for _ in range(1 + _TIMES):
            began = time.perf_counter()
            answer = client.get(url)
            times.append((time.perf_counter() - began) * 1000)
            if answer.status_code != 200:
                raise RuntimeError(f"{url}: {answer.status_code}")
    return statistics.median(times[1:])


def _growth(before: Found, after: Found) -> float:
    return after.turns.median / before.turns.median


def _page(before: Found, after: Found, measured_commit: str) -> list[str]:
    rows: list[Sequence[object]] = [
        _row("half of the turns within, ms", before.turns.median * 1000, after.turns.median * 1000),
        _row("95 of 100 within, ms", before.turns.p95 * 1000, after.turns.p95 * 1000),
        *(_row(f"memory of {name}, MB", before.memory[name], after.memory[name]) for name in before.memory),
    ]
    pages = [_row(f"`/console/{path}`", before.pages[path], after.pages[path]) for path in _PAGES]
    is_kept = "kept" if _growth(before, after) <= MOST else "missed"
    is_usable = "kept" if max(after.pages.values()) <= USABLE else "missed"
    return [
        *head("Little and much in the databases", "bench-growth", measured_commit),
        "One citizen at a time over Zalo's webhook through all three programs on SQLite, from the question sent to the",
        f"answer come; first with next to nothing stored, then beside {after.conversations:,} conversations of two",
        "messages each, with their inbox, outbox, search index, closed hand-offs (one of thirty) and what Rasa",
        "remembers.",
        "",
        "## A turn",
        "",
        f"Target: at most {MOST:g} times as long: **{is_kept}**.",
        "",
        *table(("", "little", "much", "times"), rows),
        "",
        "## Pages of the console",
        "",
        f"Milliseconds, median of {_TIMES}, by somebody who may see all.",
        f"Target: {USABLE:.0f} at most: **{is_usable}**.",
        "",
        *table(("", "little", "much", "times"), pages),
    ]


def _row(name: str, before: float, after: float) -> tuple[str, str, str, str]:
    return name, f"{before:.0f}", f"{after:.0f}", f"{after / before:.1f}"


if __name__ == "__main__":
    sys.exit(main())
