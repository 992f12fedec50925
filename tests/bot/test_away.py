"""While Rasa takes no calls: nobody is asked in vain, everybody is told in time, and the rest goes on."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from typing import Any

import anyio
import pytest
import sqlalchemy as sa

from bot.delivery.answering import Answering
from bot.delivery.inbox import Claimed
from bot.inbound import Inbound
from bot.rates import Rate
from knowledge.models import Conversation, InboxItem, utc_now
from tests.bot.citizen import Talk
from tests.bot.fake_rasa import PATIENCE, FakeRasa
from tests.bot.phone import Phone
from tests.bot.running import Running

LONG = (60.0,)  # a pause that no test waits for


@pytest.fixture
def pair(serve: Callable[..., Running], database_url: str) -> list[Running]:
    """Two servers on one PostgreSQL, as two processes would be; SQLite has one."""
    servers = 1 if database_url.startswith("sqlite") else 2
    return [serve(database_url=database_url) for _ in range(servers)]


async def test_all_are_told_once_and_in_order(pair: list[Running], rasa: FakeRasa) -> None:
    rasa.down()
    talks = [await Talk(pair[number % len(pair)].url).open() for number in range(6)]
    for number in range(3):
        await asyncio.gather(*(talk.send(f"câu {number}") for talk in talks))
    for talk in talks:
        assert [line["outcome"] for line in await talk.answers(3)] == ["unavailable"] * 3
    rasa.up()
    for talk in talks:
        assert (await talk.ask("giờ thì sao"))["text"] == "echo giờ thì sao"
        lines = await talk.history()
        assert [line["seq"] for line in lines] == list(range(1, 9))
        assert sum(line["author"] == "citizen" for line in lines) == 4
        await talk.close()
    assert rasa.messages == ["giờ thì sao"] * 6


async def test_while_it_is_known_to_be_away_it_is_not_tried_with_messages(
    talks: Any, rasa: FakeRasa, server: Running
) -> None:
    rasa.down()
    for text in ("một", "hai", "ba"):
        await (await talks()).ask(text)
    with server.sessions() as session:
        tries = session.scalars(sa.select(InboxItem.attempts).order_by(InboxItem.id)).all()
    assert tries[0] <= 3
    assert tries[1:] == [1, 1]  # taken up once, to be answered
    rasa.up()


async def test_one_that_cannot_be_answered_holds_up_no_other(
    talks: Any, rasa: FakeRasa, server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Answering.store

    def fail(self: Answering, session: Any, claimed: Claimed, replies: Any, state: str, *rest: Any) -> None:
        if claimed.message == "độc" and state == "done":
            raise ValueError("no")
        store(self, session, claimed, replies, state, *rest)

    monkeypatch.setattr(Answering, "store", fail)
    rasa.down()
    await (await talks()).ask("có ai không")
    for text in ("độc", "lành"):
        await (await talks()).send(text)
    await _states(server, ["done", "done", "parked"])
    rasa.up()


async def test_what_waits_is_asked_when_it_is_back(serve: Callable[..., Running], rasa: FakeRasa) -> None:
    talk = await Talk(serve(assistant_pauses=(0.01, 20.0)).url).open()
    rasa.down()
    await talk.send("một")
    await talk.send("hai")
    rasa.up()
    assert [line["text"] for line in await talk.answers(2)] == ["echo một", "echo hai"]
    await talk.close()


async def test_what_needs_no_rasa_goes_on(serve: Callable[..., Running], rasa: FakeRasa) -> None:
    server = serve(assistant_pauses=LONG)
    waiting, own, of_people = [await Talk(server.url).open() for _ in range(3)]
    rasa.down()
    await waiting.send("có ai không")
    await _tried(server)
    assert (await own.ask("xin mã trường hợp"))["outcome"] != "unavailable"
    with server.sessions.begin() as session:
        session.get(Conversation, of_people.conversation_id).owner = "staff-7"
    await of_people.send("cán bộ ơi")
    await _states(server, ["done", "done", "new"])
    for talk in (waiting, own, of_people):
        await talk.close()


async def test_a_backlog_is_not_called_too_fast(phone_on: Callable[..., Phone]) -> None:
    phone = phone_on("zalo", message_rates=(Rate(2, 60.0),))
    for number in range(5):
        for _ in range(3):  # as often as it takes until it is acknowledged
            said = utc_now() - dt.timedelta(minutes=5 - number)
            await phone.send(Inbound(f"m:{number}", f"câu {number}", at=said))
    assert await phone.answers(5) == [f"echo câu {number}" for number in range(5)]


async def _tried(server: Running) -> None:
    """Return once the first message has been put back."""
    await _until(server, sa.select(InboxItem.error), lambda found: found != [""])


async def _states(server: Running, expected: list[str]) -> None:
    await _until(server, sa.select(InboxItem.state), lambda found: sorted(found) == expected)


async def _until(server: Running, statement: Any, is_so: Callable[[list[Any]], bool]) -> None:
    until = asyncio.get_running_loop().time() + PATIENCE
    while asyncio.get_running_loop().time() < until:
        with server.sessions() as session:
            if is_so(list(session.scalars(statement))):
                return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to that")


async def test_a_proxy_with_no_rasa_behind_it_means_that_rasa_is_away(
    serve: Callable[..., Running], rasa: FakeRasa
) -> None:
    rasa.is_gone = True
    talk = await Talk(serve(assistant_pauses=(0.01, 0.02)).url).open()
    assert [(await talk.ask(text))["outcome"] for text in ("một", "hai", "ba")] == ["unavailable"] * 3
    assert set(rasa.messages) == {"một"}  # probes found out, no other message was spent on it
    rasa.is_gone = False
    with anyio.fail_after(PATIENCE):
        while (await talk.ask("lại"))["outcome"] == "unavailable":
            pass
    await talk.close()


async def test_a_question_carries_its_conversation_and_one_name_through_all_programs(
    talk: Talk, rasa: FakeRasa
) -> None:
    await talk.ask("một")
    (headers,) = rasa.headers
    assert headers["x-conversation"] == talk.conversation_id
    assert headers["x-request-id"] == rasa.received[0]["metadata"]["request_id"] == "1.1"
