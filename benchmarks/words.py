"""Measures how fast staff find words among a million messages, and what the index costs each message.

Run ``python -m benchmarks.words [--messages N] [--database URL]``; an empty SQLite file without a URL.
Prints a table.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import words
from bot.console.person import Person
from bot.console.watching.search import talks
from knowledge.database import create_engine, migrate, session_factory
from knowledge.models import Conversation, Message

_QUESTIONS = Path(__file__).parent / "development" / "single.jsonl"
_TURNS, _BATCH, _TIMES = 8, 5000, 5
QUERIES = ("thuong tru", "giay khai sinh mat", "t", "duong", "xyz khong co", "0912345678")
_LOOKER = Person(1, "lan", "Lan", "clerk", "23235", "ready", False)


def main() -> None:
    """Fill a database and time the searches."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--messages", type=int, default=1_000_000)
    asked.add_argument("--database", default="")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = given.database or f"sqlite:///{folder}/words.db"
        migrate(url)
        sessions = session_factory(create_engine(url))
        with sessions.begin() as session:
            seconds = fill(session, given.messages)
        print(f"{given.messages} messages written in {seconds:.0f} s, {seconds / given.messages * 1e6:.0f} µs each")
        print("| Words | Conversations | Median ms | Slowest ms |\n|---|---|---|---|")
        for query in QUERIES:
            found, times = timed(sessions, query)
            print(f"| {query} | {found} | {statistics.median(times):.0f} | {max(times):.0f} |")


def fill(session: Session, count: int) -> float:
    """Write so many messages of citizens and answers, and return the seconds."""
    texts = [json.loads(line)["text"] for line in _QUESTIONS.read_text(encoding="utf-8").splitlines()]
    started = time.perf_counter()
    talks_: Iterator[dict[str, object]] = (
        {"id": f"c{number}", "channel": "web", "external_id": f"c{number}"} for number in range(count // _TURNS)
    )
    for rows in _batches(talks_):
        session.execute(sa.insert(Conversation.__table__), rows)
    for rows in _batches(_messages(texts, count)):
        session.execute(sa.insert(Message.__table__), rows)
    return time.perf_counter() - started


def _messages(texts: list[str], count: int) -> Iterator[dict[str, object]]:
    chance = random.Random(7)
    for number in range(count // _TURNS * _TURNS):
        text = f"{chance.choice(texts)} {chance.choice(texts)} {number % 50_000}"
        author = "citizen" if number % 2 else "assistant"
        key = f"c{number // _TURNS}"
        yield {"conversation_id": key, "seq": number % _TURNS + 1, "author": author, "text": text, "outcome": ""}


def _batches(rows: Iterator[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
    batch: list[dict[str, object]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def timed(sessions: sa.orm.sessionmaker, query: str) -> tuple[int, list[float]]:
    """Return how many conversations a search shows, and the milliseconds of some tries."""
    times, found = [], 0
    for _ in range(_TIMES):
        started = time.perf_counter()
        with sessions() as session:
            found = len(talks(session, _LOOKER, words.words_of(query)).found)
        times.append((time.perf_counter() - started) * 1000)
    return found, times


if __name__ == "__main__":
    main()
