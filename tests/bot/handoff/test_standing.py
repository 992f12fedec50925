"""What a page is told about people: the place in the queue, who answers, when somebody will, and who is typing."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from bot.delivery import hub as hubs
from bot.delivery.hub import EVERYTHING, Hub
from bot.delivery.typing import staff_types
from bot.handoff.staff import Close
from bot.handoff.standing import Standings
from knowledge.models import Staff
from tests.bot.citizen import Talk
from tests.bot.fake_channel import FakeChannel
from tests.bot.fake_rasa import PATIENCE, FakeRasa, reply
from tests.bot.handoff.people import NIGHT, OPEN, Office
from tests.bot.running import Running

WISH = "gặp cán bộ"
MINUTE = dt.timedelta(minutes=1)
PHAN_THIET = "22945"
Events = AsyncIterator[tuple[str, dict[str, Any]]]


@pytest.fixture(autouse=True)
def _asked(rasa: FakeRasa) -> None:
    rasa.script(WISH, reply("?", outcome="handoff", handoff="asked"))


@pytest.fixture
def server(serve: Callable[..., Running]) -> Running:
    return serve(queue_look=0.05)


@pytest.fixture
def desk(server: Running) -> Office:
    return Office(server.sessions)


async def standing(events: Events, state: str, **wanted: Any) -> dict[str, Any]:
    """Return the next ``handoff`` event of that kind."""
    while True:
        name, data = await asyncio.wait_for(events.__anext__(), PATIENCE)
        if name == "handoff" and data["state"] == state and wanted.items() <= data.items():
            return data


async def test_a_page_hears_of_every_step(talk: Talk, desk: Office) -> None:
    clerk = desk.hire("ha")
    async with talk.stream() as events:
        await talk.send(WISH)
        queued = await standing(events, "queued", position=1, wait_minutes=None, who="")
        assert queued["unit"] == "cán bộ một cửa" and queued["since"]
        desk.act(clerk, talk.conversation_id, "claim")
        assert (await standing(events, "staff", who="Chị ha"))["since"]
        desk.say(clerk, talk.conversation_id)
        desk.act(clerk, talk.conversation_id, "close", Close("answered", "no"))
        ended = await standing(events, "rating")
        await talk.tap((await talk.history())[-1]["seq"], 0)
        assert (await standing(events, ""))["back"] == ended["back"] == [4]
    again = (await talk.get("/api/web/history")).json()
    assert again["handoff"]["state"] == "" and again["handoff"]["back"] == [4]


async def test_where_people_were_never_asked_for_nothing_is_told(talk: Talk) -> None:
    await talk.ask("chào")
    async with talk.stream() as events:
        assert [(await events.__anext__())[0] for _ in range(2)] == ["message", "message"]
        await talk.send("còn phí?")
        assert [(await events.__anext__())[0] for _ in range(2)] == ["message", "typing"]
    assert (await talk.get("/api/web/history")).json()["handoff"] is None


async def test_a_place_moves_without_a_message_here(talk: Talk, talks: Callable[[], Any], desk: Office) -> None:
    clerk, first = desk.hire("ha"), await talks()
    await first.ask(WISH)
    await talk.ask(WISH)
    async with talk.stream() as events:
        await standing(events, "queued", position=2)
        desk.act(clerk, first.conversation_id, "claim")
        await standing(events, "queued", position=1)


async def test_after_a_reload_it_is_there_again(talk: Talk, desk: Office) -> None:
    desk.hire("ha")
    await talk.ask(WISH)
    body = (await talk.get("/api/web/history")).json()
    assert (body["handoff"]["state"], body["handoff"]["position"]) == ("queued", 1)


def read(office: Office, conversation_id: str, now: dt.datetime = OPEN) -> Any:
    with office.db() as session:
        return Standings(office.rules).read(session, conversation_id, now)


def test_the_usual_wait_is_told_from_five_on(office: Office) -> None:
    clerk = office.hire("ha")
    for number in range(6):
        one = office.arrive()
        office.ask(one, OPEN + number * MINUTE)
        assert read(office, one).wait_minutes == (4 if number >= 5 else None)
        office.act(clerk, one, "claim", OPEN + (number + 4) * MINUTE)


WHEN = [
    (NIGHT, NIGHT, "từ 7 giờ thứ Hai 23/11"),
    (OPEN, OPEN, "trước 11 giờ thứ Sáu 20/11"),
    (NIGHT, NIGHT + dt.timedelta(days=4), ""),  # a promise that was not kept is not repeated
]


@pytest.mark.parametrize(("asked", "now", "when"), WHEN)
def test_who_is_to_be_answered_later_sees_when(office: Office, asked: dt.datetime, now: dt.datetime, when: str) -> None:
    office.hire("ha", ready=False)
    office.ask(one := office.arrive(), asked)
    shown = read(office, one, now)
    assert (shown.state, shown.when) == ("callback", when)


def test_nothing_is_promised_where_nobody_works(office: Office) -> None:
    office.ask(one := office.arrive(), NIGHT)
    assert (read(office, one).state, read(office, one).when) == ("callback", "")


def test_the_unit_of_who_answers_is_named(office: Office) -> None:
    clerk, one = office.hire("ha", unit=PHAN_THIET), office.arrive()
    office.ask(one, unit=PHAN_THIET)
    assert "phường Phan Thiết" in read(office, one).unit
    office.act(clerk, one, "claim")
    shown = read(office, one)
    assert (shown.state, shown.who, shown.unit) == ("staff", "Chị ha", "Phường Phan Thiết")


def test_who_was_taken_and_returned_waits_again(office: Office) -> None:
    clerk, one = office.hire("ha"), office.arrive()
    office.ask(one)
    office.act(clerk, one, "claim")
    office.act(clerk, one, "let_go")
    assert (read(office, one).state, read(office, one).back) == ("queued", ())
    with office.sessions.begin() as session:
        session.get(Staff, clerk).name = "Chị Lan"
    office.act(clerk, one, "claim")
    assert read(office, one).who == "Chị Lan"


async def test_staff_hear_that_a_citizen_types_and_nothing_of_what(
    talk: Talk, desk: Office, server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "TYPING_FOR", 60.0)
    hub, clerk = server.parts.hub, desk.hire("ha")
    await talk.ask("chào")
    assert await talk.type() == 204 and not hub.is_citizen_typing(talk.conversation_id)
    server.parts.typing_limiter._buckets.clear()
    await talk.ask(WISH)
    desk.act(clerk, talk.conversation_id, "claim")
    assert await talk.type() == 204 and hub.is_citizen_typing(talk.conversation_id)
    await talk.send("xong rồi")
    assert not hub.is_citizen_typing(talk.conversation_id)
    assert await talk.type() == 204 and not hub.is_citizen_typing(talk.conversation_id), "too often"


async def test_a_stranger_types_for_nobody(talk: Talk) -> None:
    talk.token = "no token of ours"
    assert await talk.type() == 401


async def test_typing_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "TYPING_FOR", 0.02)
    hub, channel = Hub(), FakeChannel("zalo_bot")
    with hub.listen("one") as page, hub.listen(EVERYTHING) as console:
        await staff_types(hub, channel, "one", "7")
        assert page.typing and channel.typed == ["7"]
        hub.typing_citizen("one")
        assert console.take() == {"one"} and hub.is_citizen_typing("one")
        hub.typing_citizen("one")
        assert console.take() == set(), "one who goes on typing is no news"
        until = asyncio.get_running_loop().time() + PATIENCE
        while page.typing or hub.is_citizen_typing("one"):
            assert asyncio.get_running_loop().time() < until
            await asyncio.sleep(0.01)
        assert console.take() == {"one"}


@pytest.mark.parametrize(("name", "shown"), [("telegram", True), ("zalo_bot", True), ("zalo", False)])
async def test_staff_type_where_the_provider_can_show_it(name: str, shown: bool) -> None:
    channel = FakeChannel(name)
    await staff_types(Hub(), channel, "one", "7")
    assert bool(channel.typed) == shown


async def test_a_provider_in_trouble_stops_nobody_from_typing() -> None:
    class Broken(FakeChannel):
        async def typing(self, external_id: str) -> None:
            raise RuntimeError("away")

    await staff_types(Hub(), Broken(), "one", "7")
