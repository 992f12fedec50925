"""SIGKILL while citizens of three providers write: each message is answered once, or staff know of it.

``make bench-faults`` does the same with Rasa, and at length.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import sessionmaker

from benchmarks.delivery.citizens import Crowd
from benchmarks.delivery.providers import Providers
from benchmarks.delivery.verdict import Count, Judge
from knowledge.database import create_engine, session_factory
from knowledge.models import InboxItem, OutboxItem
from tests.bot.fake_rasa import FakeRasa
from tests.bot.on_telegram import until
from tests.bot.running import Process

CITIZENS, QUESTIONS = 3, 18  # one in each channel


@pytest.fixture
def providers() -> Iterator[Providers]:
    found = Providers()
    yield found
    found.close()


@pytest.fixture
def sessions(database: Path) -> Iterator[sessionmaker]:
    engine = create_engine(f"sqlite:///{database}")
    yield session_factory(engine)
    engine.dispose()


def test_nothing_is_lost_or_said_twice(
    tmp_path: Path, database: Path, rasa: FakeRasa, providers: Providers, sessions: sessionmaker
) -> None:
    process = Process(tmp_path, f"sqlite:///{database}", rasa.url, providers.environment("polling"))
    crowd = Crowd(providers, [f"câu {number}" for number in range(QUESTIONS)], CITIZENS, random.Random(7))
    crowd.connect(process.url)
    providers.zalo.hooks.tries, providers.zalo.hooks.pause = 1000, 0.1
    process.start()
    try:
        for kill in (3, 8):
            while crowd.sent < kill + 4:
                crowd.write()
            rasa.wait_for_count(kill)
            process.kill()
            process.start()
        while not crowd.is_done:
            crowd.write()
        # an answer whose call was cut off by the kill is given up a minute (``confirm_within``) later
        until(lambda: is_quiet(sessions), within=90.0)
    finally:
        process.kill()
    counts, judge = judged(sessions, crowd)
    assert not judge.notes
    assert [count.sent for count in counts] == [QUESTIONS // CITIZENS] * CITIZENS
    assert all(count.is_clean and count.once + count.unsure == count.sent for count in counts), counts


def is_quiet(sessions: sessionmaker) -> bool:
    """Whether every message is answered and every answer is delivered, as far as it can be."""
    answered = sa.select(sa.func.count()).select_from(InboxItem).where(InboxItem.state == "done")
    waiting = sa.select(sa.func.count()).select_from(OutboxItem).where(OutboxItem.state.in_(("pending", "sending")))
    with sessions() as session:
        return bool(session.scalar(answered) == QUESTIONS and not session.scalar(waiting))


def judged(sessions: sessionmaker, crowd: Crowd) -> tuple[list[Count], Judge]:
    with sessions() as session:
        judge, counts = Judge(session), []
        for citizen in crowd.citizens:
            counts.append(Count())
            judge.judge(citizen.channel, citizen.external_id, citizen.sent, crowd.received(citizen), counts[-1])
        assert not judge.untold()
    return counts, judge
