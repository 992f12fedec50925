"""Measures how fast webhooks are acknowledged while Rasa is stopped: ``make bench-channels``.

Starts the real front server on a new SQLite file, posts genuine webhooks of three channels and writes its table to
channels.md beside this file. GET /healthz is timed in between: it shows what the machine itself takes at that time.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import httpx
import sqlalchemy as sa

from benchmarks.delivery.alone import front_server
from benchmarks.delivery.posts import CHANNELS, Post, make_posts, zalo_users
from benchmarks.delivery.programs import commit
from benchmarks.delivery.providers import providers_apart
from knowledge.database import create_engine, migrate
from knowledge.models import InboxItem, Message

RESULT = Path(__file__).with_suffix(".md")
MEDIAN, P99 = 20.0, 100.0  # milliseconds at most
_LOOK_EVERY = 10  # posts between two looks at /healthz
_REPEAT_EVERY = 25  # posts of which one is sent again, as providers do
_AT_ONCE = (1, 4)
_HEALTH = "GET /healthz"


@dataclass(frozen=True)
class Row:
    """The times of one sort of request, in milliseconds."""

    name: str
    at_once: int
    times: tuple[float, ...]

    @property
    def median(self) -> float:
        """Half were faster."""
        return statistics.median(self.times)

    @property
    def p99(self) -> float:
        """One of a hundred was slower."""
        return statistics.quantiles(self.times, n=100, method="inclusive")[98]

    @property
    def is_good(self) -> bool:
        """Whether it keeps within the targets; /healthz has none."""
        return self.name == _HEALTH or (self.median <= MEDIAN and self.p99 <= P99)


def main() -> int:
    """Measure and write; 1 = too slow, or something was not stored exactly once."""
    parser = argparse.ArgumentParser(prog="make bench-channels", description="Time the acknowledgement of webhooks.")
    parser.add_argument("--messages", type=int, default=1000, help="of each channel and way (default: %(default)s)")
    options = parser.parse_args()
    options.commit = commit()  # before the results change files
    with tempfile.TemporaryDirectory(prefix="tthc-bench-") as folder:
        rows, faults = measure(Path(folder), options.messages)
    page = _page(rows, faults, options)
    print(page)
    RESULT.write_text(page + "\n", encoding="utf-8")
    return 0 if all(row.is_good for row in rows) and not faults else 1


def measure(folder: Path, count: int) -> tuple[list[Row], list[str]]:
    """Return the times, and what was not stored exactly once."""
    posts = {(channel, at_once): make_posts(channel, count, at_once) for channel in CHANNELS for at_once in _AT_ONCE}
    database = f"sqlite:///{folder / 'bench.db'}"
    migrate(database)
    users = zalo_users(count, _AT_ONCE)
    with providers_apart("webhook", users) as credentials, front_server(folder, database, credentials) as url:
        rows = [row for (channel, at_once), them in posts.items() for row in _run(url, channel, at_once, them)]
    sent = [post.text for them in posts.values() for post in them]
    return rows, _faults(database, sent)


def _run(url: str, channel: str, at_once: int, posts: Sequence[Post]) -> list[Row]:
    with ThreadPoolExecutor(at_once) as threads:
        parts = list(threads.map(lambda start: _post_all(url, posts[start::at_once]), range(at_once)))
    acknowledged = tuple(time for part in parts for time in part[0])
    looked = tuple(time for part in parts for time in part[1])
    return [Row(channel, at_once, acknowledged), Row(_HEALTH, at_once, looked)]


def _post_all(url: str, posts: Sequence[Post]) -> tuple[list[float], list[float]]:
    """Return the milliseconds of each post, and of the looks between them."""
    acknowledged, looked = [], []
    with httpx.Client(verify=False, base_url=url, trust_env=False, timeout=30.0) as client:
        client.get("/healthz")  # the connection is there already, as with a provider
        for number, post in enumerate(posts):
            ready = post.signed()
            acknowledged.append(_timed(client, "POST", post.path, ready))
            if number % _LOOK_EVERY == 0:
                looked.append(_timed(client, "GET", "/healthz"))
            if number % _REPEAT_EVERY == 0:
                _timed(client, "POST", post.path, ready)
    return acknowledged, looked


def _timed(client: httpx.Client, verb: str, path: str, ready: tuple[bytes, dict[str, str]] = (b"", {})) -> float:
    request = client.build_request(verb, path, content=ready[0], headers=ready[1])
    start = time.perf_counter()
    response = client.send(request)
    took = (time.perf_counter() - start) * 1000
    response.raise_for_status()
    return took


def _faults(database: str, sent: Sequence[str]) -> list[str]:
    engine = create_engine(database)
    with engine.connect() as connection:
        stored = Counter(connection.scalars(sa.select(Message.text).where(Message.author == "citizen")))
        items = connection.scalar(sa.select(sa.func.count()).select_from(InboxItem))
    engine.dispose()
    wanted = Counter(sent)
    found = [f"stored {stored[text]} times: {text}" for text in wanted if stored[text] != 1]
    found += [f"nobody sent: {text}" for text in stored if text not in wanted]
    return found + ([f"{items} in the inbox, {len(sent)} sent"] if items != len(sent) else [])


def _page(rows: Sequence[Row], faults: Sequence[str], options: argparse.Namespace) -> str:
    total = options.messages * len(CHANNELS) * len(_AT_ONCE)
    lines = [
        "# Webhooks, acknowledged while Rasa is stopped",
        "",
        f"`make bench-channels`, {date.today():%Y-%m-%d}, commit {options.commit},",
        f"{os.cpu_count()} cores, load {os.getloadavg()[1]:.1f} over the last 5 minutes, SQLite.",
        "From the request sent to the 200 received, by one client on the same machine; the message is stored by then.",
        "Beside each channel what `GET /healthz`, which asks nothing of anybody, took at the same time.",
        f"Targets: at most {MEDIAN:.0f} ms at the median, {P99:.0f} ms at p99.",
        "",
        "| webhook | at once | number | median, ms | p99, ms | slowest, ms | within the targets |",
        "|---|---|---|---|---|---|---|",
        *(_line(row) for row in rows),
        "",
        f"{total} messages sent, one in {_REPEAT_EVERY} of them twice: "
        + (f"{len(faults)} faults." if faults else "each is stored exactly once."),
        *(f"- {fault}" for fault in faults[:20]),
    ]
    return "\n".join(lines)


def _line(row: Row) -> str:
    verdict = "" if row.name == _HEALTH else "yes" if row.is_good else "**no**"
    numbers = f"{row.median:.1f} | {row.p99:.1f} | {max(row.times):.1f}"
    return f"| {row.name} | {row.at_once} | {len(row.times)} | {numbers} | {verdict} |"


if __name__ == "__main__":
    sys.exit(main())
