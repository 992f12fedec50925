"""What the pages of the loads have in common."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import astuple
from datetime import date

from benchmarks.delivery.verdict import Count

_COUNTS = (
    "messages | answered once, in order | of all: Rasa was away, and that was said | unsure, told to staff"
    " | of these arrived | lost | doubled | out of order"
)


def head(title: str, command: str, commit: str) -> list[str]:
    """Return the first lines of a page: what was measured, when, of which code, on what."""
    return [
        f"# {title}",
        "",
        f"`make {command}`, {date.today():%Y-%m-%d}, commit {commit},",
        f"{os.cpu_count()} cores, load {os.getloadavg()[2]:.1f} over the last 15 minutes.",
    ]


def table(titles: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """Return a table; the first column is of words, the others of numbers."""
    line = f"|---|{'---:|' * (len(titles) - 1)}"
    return [f"| {' | '.join(titles)} |", line, *(f"| {' | '.join(map(str, row))} |" for row in rows)]


def verdict_table(name: str, counts: Sequence[tuple[str, Count]]) -> list[str]:
    """Return what became of the messages, a line for each name."""
    return table([name, *_COUNTS.split(" | ")], [(what, *astuple(count)) for what, count in counts])
