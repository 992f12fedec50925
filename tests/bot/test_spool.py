"""What comes faster than it can be taken in is written down, and loses neither its place nor its secrets."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import sessionmaker

from bot.delivery.intake import Intake
from bot.delivery.spool import Arrival, Spool
from bot.gathering import Gathering
from bot.inbound import Attachment, Contact, Inbound, Place, Tap
from bot.rates import Rate
from bot.settings import Settings
from bot.texts import Texts
from knowledge.database import create_engine, session_factory
from knowledge.models import Alert, InboxItem, Message, Spooled, utc_now
from tests.bot.fake_rasa import PATIENCE, FakeRasa, Held
from tests.bot.phone import Phone
from tests.bot.running import KEY

AT = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.timezone.utc)
ARRIVALS = [
    Arrival("zalo", "7", Inbound("m:1", "giấy khai sinh cho bé 0912345678", at=AT)),
    Arrival("zalo", "7", Inbound("m:2", tap=Tap(3, 1), at=AT), "too_fast"),
    Arrival(
        "telegram", "8", Inbound("m:3", kind="image", attachment=Attachment(file_id="x", size=9), at=AT, silent=True)
    ),
    Arrival("zalo", "9", Inbound("m:4", kind="location", place=Place(10.9, 108.1, "Phan Thiết"), at=AT)),
    Arrival("telegram", "9", Inbound("m:5", kind="contact", contact=Contact("0912345678", "Năm", is_own=True), at=AT)),
    Arrival("telegram", "9", Inbound("m:6", "sửa", kind="edit", edits="m:5", at=AT)),
]


def spool_on(sessions: sessionmaker, key: bytes = b"a key", alone: bool = True) -> Spool:
    return Spool(sessions, Gathering(sessions), Intake(key, Texts.load()), key, alone)


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is always crowded."""
    monkeypatch.setattr("bot.delivery.spool._CROWD", 0)


async def written(sessions: sessionmaker) -> list[bytes]:
    with sessions() as session:
        return list(session.scalars(sa.select(Spooled.sealed).order_by(Spooled.id)))


async def test_everything_that_comes_is_read_as_it_was_and_nobody_reads_it_on_the_disk(sessions: sessionmaker) -> None:
    spool = spool_on(sessions)
    for arrival in ARRIVALS:
        await spool.keep(arrival)
    sealed = await written(sessions)
    assert [spool._opened(one) for one in sealed] == ARRIVALS
    assert not any(word.encode() in one for one in sealed for word in ("khai", "0912345678", "Phan", "telegram"))


async def test_what_has_no_time_of_its_own_has_that_of_its_coming(sessions: sessionmaker) -> None:
    spool, before = spool_on(sessions), utc_now()
    await spool.keep(Arrival("zalo", "7", Inbound("m:1", "hỏi")))
    (sealed,) = await written(sessions)
    at = spool._opened(sealed).inbound.at
    assert at is not None and before <= at <= utc_now()


async def test_in_a_crowd_everything_is_answered_once_and_in_order(
    crowd: None, phone_on: Callable[..., Phone], rasa: FakeRasa
) -> None:
    phone = phone_on("zalo")
    taken = [await phone.text(f"câu {number}") for number in range(6)]
    phone._count = 3
    taken += [await phone.text(f"câu {number}") for number in range(3, 6)]  # the provider repeats them
    await phone.answers(6)
    await phone.settled()
    assert taken == [None] * 9
    assert phone.channel.texts == [f"echo câu {number}" for number in range(6)]
    assert rasa.messages == [f"câu {number}" for number in range(6)]
    assert phone.rows(sa.select(Spooled.id)) == []
    assert [one.seq for one in phone.lines] == list(range(1, 13))


async def test_as_long_as_something_is_written_down_nothing_overtakes_it(
    monkeypatch: pytest.MonkeyPatch, phone_on: Callable[..., Phone], rasa: FakeRasa
) -> None:
    phone, receive, is_free = phone_on("zalo"), Intake.receive, asyncio.Event()
    loop = asyncio.get_running_loop()

    def held(*arguments: Any) -> Any:
        asyncio.run_coroutine_threadsafe(is_free.wait(), loop).result()
        return receive(*arguments)

    monkeypatch.setattr(Intake, "receive", held)
    monkeypatch.setattr("bot.delivery.spool._CROWD", 0)
    assert await phone.text("một") is None
    monkeypatch.setattr("bot.delivery.spool._CROWD", 99)
    second = asyncio.create_task(phone.text("hai"))  # the one before has its hand on the database
    await asyncio.sleep(0.05)
    is_free.set()
    assert await second is None
    assert await phone.answers(2) == ["echo một", "echo hai"]
    until = loop.time() + PATIENCE
    while (third := await phone.text("ba")) is None:  # it may meet the end of what was written down
        assert loop.time() < until
    assert third.is_new
    await phone.settled()
    assert phone.channel.texts[:2] == ["echo một", "echo hai"]


async def test_what_was_written_down_before_a_crash_is_taken_in_first(
    settings: Settings, phone_on: Callable[..., Phone], rasa: FakeRasa
) -> None:
    engine = create_engine(settings.database_url)
    before = spool_on(session_factory(engine), KEY)
    held, came_at = Held(), utc_now() - dt.timedelta(hours=1)
    rasa.script("cũ", held)
    await before.keep(Arrival("zalo", "7", Inbound("m:0", "cũ")))
    with before._sessions.begin() as session:
        session.execute(sa.update(Spooled).values(created_at=came_at))
    phone = phone_on("zalo")
    await phone.text("mới")
    held.release.set()
    assert await phone.answers(2) == ["echo cũ", "echo mới"]
    assert phone.rows(sa.select(InboxItem.created_at).order_by(InboxItem.id))[0] == came_at, "it has waited since"
    engine.dispose()


async def test_what_can_never_be_stored_is_an_alert_and_holds_up_nobody(
    crowd: None, monkeypatch: pytest.MonkeyPatch, phone_on: Callable[..., Phone]
) -> None:
    receive = Intake.receive

    def fail(intake: Intake, session: Any, channel: str, external_id: str, inbound: Inbound, *more: Any) -> Any:
        if inbound.text == "hỏng":
            raise ValueError("no database keeps this")
        return receive(intake, session, channel, external_id, inbound, *more)

    monkeypatch.setattr(Intake, "receive", fail)
    phone = phone_on("zalo")
    foreign = spool_on(phone.server.sessions, b"another key")
    await phone.text("một")
    await phone.text("hỏng")
    await foreign.keep(Arrival("zalo", "7", Inbound("m:9", "khóa khác")))
    await phone.text("hai")
    assert await phone.answers(2) == ["echo một", "echo hai"]
    assert phone.rows(sa.select(Spooled.id)) == []
    (alert,) = phone.rows(sa.select(Alert))
    assert (alert.text_key, alert.count) == ("unstorable", 2)
    assert Texts.load().alert(alert.text_key, **alert.details)


async def test_a_database_that_is_away_loses_nothing(
    crowd: None, monkeypatch: pytest.MonkeyPatch, phone_on: Callable[..., Phone], rasa: FakeRasa
) -> None:
    monkeypatch.setattr("bot.delivery.spool._LOOK_EVERY", 0.01)
    receive, troubles = Intake.receive, [1, 2, 3]

    def fail(*arguments: Any) -> Any:
        if troubles:
            troubles.pop()
            raise sa.exc.OperationalError("INSERT", {}, Exception("away"))
        return receive(*arguments)

    monkeypatch.setattr(Intake, "receive", fail)
    phone = phone_on("zalo")
    await phone.text("một")
    await phone.text("hai")
    assert await phone.answers(2) == ["echo một", "echo hai"]
    assert not troubles and rasa.messages == ["một", "hai"]


async def test_repeated_messages_count_once_for_the_rate_of_a_citizen(
    crowd: None, phone_on: Callable[..., Phone], rasa: FakeRasa
) -> None:
    phone = phone_on("zalo", message_rates=(Rate(2, 3600.0),))
    await phone.text("một")
    await phone.answers(1)
    phone._count = 0
    await phone.text("một")
    metric, until = "tthc_channel_duplicates_total", asyncio.get_running_loop().time() + PATIENCE
    while f'{metric}{{channel="zalo"}} 1.0' not in phone.server.parts.metrics.text().decode():
        assert asyncio.get_running_loop().time() < until
        await asyncio.sleep(0.01)
    await phone.text("hai")
    assert (await phone.answers(2))[1] == "echo hai"
    assert len(phone.rows(sa.select(Message.id).where(Message.author == "citizen"))) == 2


def test_several_processes_on_one_database_write_nothing_down(sessions: sessionmaker, crowd: None) -> None:
    assert spool_on(sessions).is_in_use and not spool_on(sessions, alone=False).is_in_use


async def test_who_finds_nothing_left_takes_messages_in_at_once(sessions: sessionmaker) -> None:
    spool = spool_on(sessions)
    await spool.look()
    assert not spool.is_in_use
    await spool.keep(ARRIVALS[0])
    assert spool.is_in_use
    after = spool_on(sessions)
    await after.look()
    assert after.is_in_use
