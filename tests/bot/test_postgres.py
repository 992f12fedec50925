"""The same front server on PostgreSQL, two processes' worth of workers on one database.

Wants an empty database: ``TTHC_TEST_POSTGRES=postgresql+psycopg2://user@host/name``.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from knowledge.database import create_engine, migrate
from knowledge.models import InboxItem
from tests.bot.citizen import Talk
from tests.bot.fake_rasa import FakeRasa
from tests.bot.running import Running

URL = os.environ.get("TTHC_TEST_POSTGRES", "")
QUESTIONS = 10

pytestmark = pytest.mark.skipif(not URL, reason="TTHC_TEST_POSTGRES names no database")


@pytest.fixture
def pair(serve: Callable[..., Running]) -> list[Running]:
    """Two servers on one database, as two processes would be."""
    migrate(URL)
    return [serve(database_url=URL), serve(database_url=URL)]


async def test_two_servers_share_the_work_and_answer_each_message_once(pair: list[Running], rasa: FakeRasa) -> None:
    talks = [await Talk(pair[number % 2].url).open() for number in range(6)]
    await asyncio.gather(*(_send_all(talk) for talk in talks))
    for talk in talks:
        answers = await talk.answers(QUESTIONS)
        assert [line["text"] for line in answers] == [f"echo câu {number}" for number in range(QUESTIONS)]
        await talk.close()
    assert len(rasa.received) == QUESTIONS * len(talks)
    engine = create_engine(URL)
    with engine.connect() as connection:
        assert connection.execute(sa.select(InboxItem.state).distinct()).scalars().all() == ["done"]
    engine.dispose()


async def _send_all(talk: Talk) -> None:
    for number in range(QUESTIONS):
        await talk.send(f"câu {number}")


async def test_a_stream_hears_of_answers_made_elsewhere(pair: list[Running]) -> None:
    talk = await Talk(pair[0].url).open()
    elsewhere = Talk(pair[1].url)
    elsewhere.token = talk.token
    reading = asyncio.create_task(talk.answers(1))
    await elsewhere.send("ở máy khác")
    assert [line["text"] for line in await reading] == ["echo ở máy khác"]
    await talk.close()
    await elsewhere.close()
