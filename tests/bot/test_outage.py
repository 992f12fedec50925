"""The database fails and comes back: who has a result in hand stores it then, and calls nobody a second time."""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import sessionmaker

from bot import gathering
from bot.channels.base import Delivery, Part
from bot.delivery import ledger, outbox
from bot.errors import NeedsOperator, Permanent, Retry, Uncertain
from knowledge.models import Alert, InboxItem, OutboxItem
from tests.bot import postgres
from tests.bot.citizen import Talk
from tests.bot.desk import Desk
from tests.bot.fake_channel import FakeChannel
from tests.bot.fake_rasa import PATIENCE, FakeRasa, Held
from tests.bot.on_telegram import until
from tests.bot.outage import Outage, be_quick
from tests.bot.phone import Phone
from tests.bot.postgres import Cluster
from tests.bot.running import Running

happens = pytest.mark.parametrize("happens", [False, True], ids=["lost", "committed, and not heard of"])


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    be_quick(monkeypatch)


@pytest.fixture
def desk(either_sessions: sessionmaker) -> Desk:
    """Two parts a message; ``desk.say`` is done before the outage."""
    return Desk(either_sessions, FakeChannel(longest_text=8))


@pytest.fixture
def outage(either_sessions: sessionmaker) -> Outage:
    return Outage(either_sessions.kw["bind"])


def from_call(desk: Desk, outage: Outage, number: int = 1) -> None:
    """Let three commits fail from a call on."""

    def on_call(delivery: Delivery, part: Part) -> None:
        if desk.channel.calls == number:
            outage.begin(3)

    desk.channel.on_call = on_call


@happens
@pytest.mark.parametrize("call", [1, 2])
async def test_what_is_sent_is_marked_later_and_not_sent_again(
    desk: Desk, outage: Outage, call: int, happens: bool
) -> None:
    outage.happens = happens
    desk.say("một hai ba bốn", "sau")
    from_call(desk, outage, call)
    assert await desk.work() == 2
    assert outage.failed == 3
    assert desk.channel.texts == ["một hai", "ba bốn", "sau"]
    assert (desk.items, desk.parts, desk.alerts) == (["sent", "sent"], ["sent"] * 3, [])
    assert 'tthc_channel_delivered_total{channel="telegram"} 3.0' in desk.metrics.text().decode()


@happens
async def test_nothing_is_sent_before_it_is_marked_as_being_sent(desk: Desk, outage: Outage, happens: bool) -> None:
    outage.happens = happens
    desk.say("một hai ba bốn")
    outgoing = desk.claim()
    assert outgoing
    desk.channel.on_call = lambda delivery, part: outage.wait_for(3)
    outage.begin(3)
    await desk.sender.send(outgoing)
    assert (desk.channel.texts, desk.items) == (["một hai", "ba bốn"], ["sent"])


FAILURES = [
    (Retry("down"), ["pending"], ["pending", "pending"], ["một hai", "ba bốn"], []),
    (NeedsOperator("token_refused"), ["pending"], ["pending", "pending"], ["một hai", "ba bốn"], ["token_refused"]),
    (Uncertain("cut off"), ["unsure"], ["uncertain", "sent"], ["ba bốn"], ["uncertain"]),
    (Permanent("blocked"), ["parked"], ["parked", "parked"], [], ["parked"]),
]


@happens
@pytest.mark.parametrize(
    ("trouble", "items", "parts", "texts", "alerts"), FAILURES, ids=[type(row[0]).__name__ for row in FAILURES]
)
async def test_a_failed_try_is_settled_later(
    desk: Desk,
    outage: Outage,
    happens: bool,
    trouble: Exception,
    items: list[str],
    parts: list[str],
    texts: list[str],
    alerts: list[str],
) -> None:
    outage.happens = happens
    desk.channel.troubles = [trouble]
    desk.say("một hai ba bốn")
    from_call(desk, outage)
    await desk.work()
    assert (desk.items, desk.parts, desk.alerts, outage.failed) == (items, parts, alerts, 3)
    await desk.work(later=61)
    assert desk.channel.texts == texts
    line = f'tthc_channel_failed_total{{channel="telegram",reason="{type(trouble).__name__}"}} 1.0'
    assert line in desk.metrics.text().decode()


async def test_an_alert_that_could_not_be_cleared_is_cleared_later(desk: Desk, outage: Outage) -> None:
    desk.channel.troubles = [NeedsOperator("token_refused")]
    desk.say("một")
    await desk.work()
    from_call(desk, outage, 2)
    await desk.work(later=61)
    assert desk.column(Alert.cleared_at) != [None]


async def test_what_cannot_be_marked_for_long_is_left_to_the_lease(
    desk: Desk, outage: Outage, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.say("một", "hai")
    from_call(desk, outage)
    monkeypatch.setattr(outbox, "_SETTLE_WITHIN", dt.timedelta(0))
    with pytest.raises(sa.exc.OperationalError):
        await desk.work()
    outage.end()
    desk.restart()
    await desk.work()
    assert (desk.channel.texts, desk.items, desk.alerts) == (["một", "hai"], ["unsure", "sent"], ["uncertain"])


async def test_an_answer_that_was_put_off_unheard_belongs_to_who_took_it_up_since(desk: Desk) -> None:
    desk.say("một hai ba bốn")
    first = desk.claim()
    assert first

    def settle() -> bool:
        with desk.sessions.begin() as session:
            return desk.sender.settling.failed(session, first, 0, Retry("too many", after=0.0))

    with desk.sessions.begin() as session:
        assert ledger.begin(session, first, first.steps[0])
        desk.sender.settling._wake_in = lambda seconds: None  # type: ignore[method-assign]
    settle()
    desk.die_while_sending()
    settle()
    assert (desk.items, desk.parts) == (["sending"], ["sending", "pending"])


@pytest.fixture
def served(serve: Callable[..., Running], database_url: str) -> Running:
    return serve(database_url=database_url)


@happens
async def test_an_answer_is_stored_later_and_rasa_not_asked_again(
    served: Running, rasa: FakeRasa, happens: bool
) -> None:
    talk, outage, held = await Talk(served.url).open(), Outage(served.engine), Held()
    outage.happens = happens
    rasa.script("hỏi", held)
    await talk.send("hỏi")
    rasa.wait_for("hỏi")
    outage.begin()
    held.release.set()
    await asyncio.to_thread(outage.wait_for, 3)
    outage.end()
    assert [line["text"] for line in await talk.answers(1)] == ["echo hỏi"]
    assert (rasa.messages, len(await talk.history())) == (["hỏi"], 2)
    await talk.close()


@happens
async def test_a_question_is_put_back_later(served: Running, rasa: FakeRasa, happens: bool) -> None:
    talk, outage, held = await Talk(served.url).open(), Outage(served.engine), Held()
    outage.happens = happens
    rasa.script("hỏi", held, 500, held)
    rasa.is_gone = True
    await talk.send("hỏi")
    rasa.wait_for("hỏi")
    outage.begin()
    held.release.set()
    await asyncio.to_thread(outage.wait_for, 3)
    rasa.is_gone = False
    outage.end()
    assert (await talk.answers(1))[0]["outcome"] in ("answered", "unavailable")
    assert await asyncio.to_thread(_is_done, served)
    await talk.close()


def _is_done(served: Running) -> bool:
    with served.sessions() as session:
        return session.scalars(sa.select(InboxItem.state)).all() == ["done"]


@pytest.fixture
def mortal() -> Iterator[Cluster]:
    """A server of its own: all others go on."""
    programs = postgres.find()
    if programs is None:
        pytest.skip("PostgreSQL (initdb, pg_ctl) is not installed")
    cluster = Cluster(programs)
    yield cluster
    cluster.stop()


@pytest.fixture
def again(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is said of the database that is tried again, whoever else has set up the log."""
    said: list[str] = []
    monkeypatch.setattr(gathering, "log", SimpleNamespace(warning=lambda event, **_: said.append(event)))
    return said


async def test_a_database_that_is_killed_delays_and_doubles_nothing(
    phone_on: Callable[..., Phone], mortal: Cluster, rasa: FakeRasa, again: list[str]
) -> None:
    # Rasa's answer is held back until the database has ended
    phone = phone_on("telegram", database_url=mortal.fresh(), assistant_timeout=PATIENCE)
    held, is_up = Held(), threading.Event()

    def crash_again(delivery: Delivery, part: Part) -> None:
        assert is_up.wait(PATIENCE)
        mortal.crash()

    phone.channel.on_call = crash_again
    rasa.script("hỏi", held)
    await phone.text("hỏi")
    rasa.wait_for("hỏi")
    await asyncio.to_thread(mortal.crash)
    held.release.set()
    await asyncio.to_thread(until, lambda: "database.again" in again)
    await asyncio.to_thread(mortal.start)
    again.clear()
    is_up.set()
    await asyncio.to_thread(until, lambda: bool(phone.channel.sent) and "database.again" in again)
    await asyncio.to_thread(mortal.start)
    await asyncio.to_thread(until, lambda: phone.rows(sa.select(OutboxItem.state)) == ["sent"])
    assert (rasa.messages, phone.channel.texts) == (["hỏi"], ["echo hỏi"])
