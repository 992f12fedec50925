"""The same front server on PostgreSQL, two processes' worth of workers on one database."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from bot.channels import registry
from bot.channels.base import Delivery, Part
from bot.conversation import open_web
from bot.delivery import bell, inbox, ledger
from bot.delivery.bell import listen, ring
from bot.inbound import Inbound
from knowledge.database import create_engine, session_factory
from knowledge.models import Conversation, InboxItem, OutboxItem, utc_now
from tests.bot.citizen import Talk
from tests.bot.desk import Desk
from tests.bot.fake_channel import FakeChannel
from tests.bot.fake_rasa import PATIENCE, FakeRasa
from tests.bot.phone import Phone
from tests.bot.postgres import Cluster
from tests.bot.running import Running

QUESTIONS = 10


@pytest.fixture
def url(cluster: Cluster) -> str:
    return cluster.fresh()


@pytest.fixture
def pair(serve: Callable[..., Running], url: str) -> list[Running]:
    """Two servers on one database, as two processes would be."""
    return [serve(database_url=url), serve(database_url=url)]


async def test_two_servers_share_the_work_and_answer_each_message_once(
    pair: list[Running], rasa: FakeRasa, url: str
) -> None:
    talks = [await Talk(pair[number % 2].url).open() for number in range(6)]
    await asyncio.gather(*(_send_all(talk) for talk in talks))
    for talk in talks:
        answers = await talk.answers(QUESTIONS)
        assert [line["text"] for line in answers] == [f"echo câu {number}" for number in range(QUESTIONS)]
        await talk.close()
    assert len(rasa.received) == QUESTIONS * len(talks)
    engine = create_engine(url)
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


async def test_two_servers_never_write_to_one_citizen_at_once(
    serve: Callable[..., Running], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel, busy, clashes = FakeChannel("zalo"), set(), []

    def watch(delivery: Delivery, part: Part) -> None:
        clashes.extend([delivery] if delivery.external_id in busy else [])

    async def slow(delivery: Delivery, part: Part) -> str:
        watch(delivery, part)
        busy.add(delivery.external_id)
        await asyncio.sleep(0.005)
        channel.sent.append((delivery.external_id, part.text))
        busy.discard(delivery.external_id)
        return f"{delivery.item_id}"

    monkeypatch.setattr(channel, "deliver", slow)
    monkeypatch.setattr(registry, "BUILDERS", (*registry.BUILDERS, lambda tools: channel))
    phones = [Phone(serve(database_url=url), channel) for _ in range(2)]
    for number in range(20):
        await phones[number % 2].send(Inbound(f"m:{number}", f"câu {number}"))
    await phones[0].answers(20)
    await phones[0].settled()
    assert channel.texts == [f"echo câu {number}" for number in range(20)]
    assert clashes == []


async def test_what_one_process_holds_another_passes_over(url: str) -> None:
    engine = create_engine(url)
    sessions = session_factory(engine)
    desk = Desk(sessions, FakeChannel())
    desk.say("một", "hai")
    desk.say("ba", to="8")
    with sessions.begin() as one, sessions.begin() as other:
        first, second = ledger.claim(one, desk.sender.settling.lane), ledger.claim(other, desk.sender.settling.lane)
        third = ledger.claim(other, desk.sender.settling.lane)
        assert first and second and third is None
        assert (first.steps[0].part.text, second.steps[0].part.text) == ("một", "ba")
    with sessions() as session:
        states = session.scalars(sa.select(OutboxItem.state).order_by(OutboxItem.id)).all()
        assert states == ["sending", "pending", "sending"]
        assert inbox.claim(session) is None
    engine.dispose()


async def test_what_could_not_be_heard_for_a_while_is_told_afterwards(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bell, "_PAUSE", 0.5)  # long enough for what comes meanwhile
    engine, heard = create_engine(url), asyncio.Queue()
    sessions = session_factory(engine)
    with sessions.begin() as session:
        long_ago = open_web(session)
        session.flush()
        session.get(Conversation, long_ago).last_at = utc_now() - dt.timedelta(hours=1)
    listening = asyncio.create_task(listen(engine, heard.put_nowait))
    while heard.empty():  # until it listens
        with sessions.begin() as session:
            ring(session, "hello")
        await asyncio.sleep(0.02)
    with sessions.begin() as session:
        ends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
        assert session.execute(sa.text(ends)).scalars().all() == [True]
        spoken = open_web(session)
    while (name := await asyncio.wait_for(heard.get(), PATIENCE)) == "hello":
        pass
    assert (name, heard.empty()) == (spoken, True)
    listening.cancel()
    engine.dispose()


async def test_a_bell_is_heard_once_what_it_tells_of_can_be_read(url: str) -> None:
    engine, heard = create_engine(url), asyncio.Queue()
    listening = asyncio.create_task(listen(engine, heard.put_nowait))
    sessions = session_factory(engine)
    while heard.empty():  # until it listens
        with sessions.begin() as session:
            ring(session, "hello")
        await asyncio.sleep(0.02)
    with sessions.begin() as session:
        ring(session, "a conversation")
    while (name := await asyncio.wait_for(heard.get(), PATIENCE)) == "hello":
        pass
    assert name == "a conversation"
    listening.cancel()
    engine.dispose()


async def test_who_has_lost_the_lock_of_a_channel_leads_it_no_more(
    serve: Callable[..., Running], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.running._LOOK_FOR_LEADER", 0.05)
    monkeypatch.setattr("bot.channels.running._FIRST_PAUSE", 0.01)
    leading: list[object] = []
    starts: list[object] = []

    async def run(services: object) -> None:
        leading.append(services)
        starts.append(services)
        try:
            await asyncio.sleep(PATIENCE)
        finally:
            leading.remove(services)

    channel = FakeChannel("telegram")
    monkeypatch.setattr(channel, "run", run)
    monkeypatch.setattr(registry, "BUILDERS", (*registry.BUILDERS, lambda tools: channel))
    serve(database_url=url), serve(database_url=url)
    await _until(lambda: len(leading) == 1)
    engine = create_engine(url)
    with engine.connect() as connection:
        ended = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
        connection.execute(sa.text(ended))
        connection.commit()
    await _until(lambda: len(starts) == 2)
    await _until(lambda: len(leading) == 1)
    engine.dispose()


async def _until(happens: Callable[[], bool]) -> None:
    end = asyncio.get_running_loop().time() + PATIENCE
    while not happens():
        assert asyncio.get_running_loop().time() < end
        await asyncio.sleep(0.01)


def test_a_server_that_is_gone_is_noticed_and_the_address_goes_before(url: str) -> None:
    for address, idle in ((url, "5"), (f"{url}?keepalives_idle=77", "77")):
        engine = create_engine(address)
        with engine.connect() as connection:
            said = connection.connection.dbapi_connection.info.dsn_parameters
        engine.dispose()
        assert (said["keepalives_idle"], said["connect_timeout"], said["tcp_user_timeout"]) == (idle, "5", "10000")
