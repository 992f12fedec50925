"""Measures the console: ``make bench-console``. Writes its page to ``benchmarks/console.md``."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from benchmarks.console import news, tasks
from benchmarks.console.news import P95, Row
from benchmarks.console.office import opened
from benchmarks.console.tasks import Task
from benchmarks.delivery.programs import commit

RESULT = Path(__file__).parents[1] / "console.md"
_CHATS, _CLERKS = 200, 40
_RACES, _SEQUENCES = "tests/bot/handoff/test_races.py", "tests/bot/handoff/test_sequences.py"
_INTRODUCTION = """# The console, measured

`make bench-console` writes this page: {what}

## A clerk's ten commonest tasks

`benchmarks/console/tasks.py` does each task on the real pages in Chromium and counts every key and every click; letters
of a name or a message are not counted, a key held with others counts as one. Beside them the same tasks in Chatwoot as
its documentation describes them (chatwoot/docs 29cf71b of 2026-08-13, *keyboard shortcuts*, *canned responses*,
*private notes*, *bulk actions*; read, not run). Numbers are keys + clicks. Our giving back, and our end with a reason,
take one more: they ask first.
"""
_NEWS = f"""
## News at every open console

{_CHATS} open chats, {_CLERKS} clerks whose consoles listen, one front server on SQLite. Measured from the
acknowledgement of a citizen's message to `news` at each console, milliseconds.
Target: {P95:.0f} ms at p95 for messages that come evenly.
"""


@dataclass(frozen=True)
class Proof:
    """What a long run of a test said."""

    name: str
    passed: bool
    line: str


def main() -> int:
    """Measure and write; 1 = too slow, something was missed, or a test failed."""
    parser = argparse.ArgumentParser(prog="make bench-console", description="Measure the staff console.")
    parser.add_argument("--messages", type=int, default=600, help="of citizens (default: %(default)s)")
    parser.add_argument("--claims", default="1000", help="races for a citizen")
    parser.add_argument("--sequences", default="1000", help="random histories")
    options = parser.parse_args()
    options.commit = commit()  # before the results change files
    with tempfile.TemporaryDirectory(prefix="tthc-bench-") as folder, opened(Path(folder), _CHATS, _CLERKS) as setting:
        rows = asyncio.run(news.measure(setting, options.messages))
    done = tasks.measure()
    proofs = [_prove(_RACES, HANDOFF_CLAIMS=options.claims), _prove(_SEQUENCES, HANDOFF_SEQUENCES=options.sequences)]
    page = _page(done, rows, proofs, options)
    print(page)
    RESULT.write_text(page + "\n", encoding="utf-8")
    return 0 if rows[0].is_good and not any(row.missed for row in rows) and all(one.passed for one in proofs) else 1


def _prove(path: str, **given: str) -> Proof:
    """Run a test file with more rounds than the suite does."""
    began = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", path]
    done = subprocess.run(command, env={**os.environ, **given}, capture_output=True, text=True, check=False)
    rounds = ", ".join(f"{name}={value}" for name, value in given.items())
    found = re.findall(r"(\d+ (?:passed|failed|skipped))", done.stdout)
    shown = ", ".join(found) or ("all passed" if done.returncode == 0 else "failed")
    return Proof(f"`{path}`, {rounds}", done.returncode == 0, f"{shown} in {time.monotonic() - began:.0f} s")


def _page(done: Sequence[Task], rows: Sequence[Row], proofs: Sequence[Proof], options: argparse.Namespace) -> str:
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    what = f"{date.today()}, commit {options.commit}, {os.cpu_count()} cores, load {load}."
    lines = [_INTRODUCTION.format(what=what)]
    lines += ["| Task | Here | Chatwoot | There |", "|---|---:|---:|---|"]
    lines += [f"| {one.name} | {one.keys} + {one.clicks} | {one.there} | {one.chatwoot} |" for one in done]
    lines += [_NEWS, "| Messages | n | consoles told | p50 | p95 | missed |", "|---|---:|---:|---:|---:|---:|"]
    lines += [
        f"| {row.name} | {row.messages} | {len(row.times)} | {row.median:.0f} | {row.p95:.0f} | {row.missed} |"
        for row in rows
    ]
    lines += ["\n## Claims and histories\n"]
    lines += [f"- {one.name}: {one.line}" for one in proofs]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
