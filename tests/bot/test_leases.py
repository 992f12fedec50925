"""Who delivers a message holds it for as long as it works on it, and no longer."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from bot.channels.base import Delivery, Part
from bot.delivery import ledger, outbox
from bot.delivery.ledger import Outgoing
from knowledge.models import OutboxItem, utc_now
from tests.bot.desk import Desk
from tests.bot.fake_channel import FakeChannel
from tests.bot.outage import Outage, be_quick


class SlowChannel(FakeChannel):
    """Each call waits until it is ``answered``."""

    def __init__(self) -> None:
        super().__init__()
        self.answered = asyncio.Event()

    async def deliver(self, delivery: Delivery, part: Part) -> str:
        await self.answered.wait()
        return await super().deliver(delivery, part)


@pytest.fixture
def desk(either_sessions: sessionmaker) -> Desk:
    return Desk(either_sessions, FakeChannel())


@asynccontextmanager
async def begun_in_an_outage(desk: Desk) -> AsyncIterator[None]:
    """Let its lane run; its first look has failed, and the database is back."""
    outage = Outage(desk.sessions.kw["bind"])
    outage.begin()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(desk.sender.run)
        await asyncio.to_thread(outage.wait_for, 1)
        await anyio.sleep(0)
        outage.end()
        yield
        tasks.cancel_scope.cancel()


def end_of_lease(desk: Desk) -> dt.datetime:
    return desk.column(OutboxItem.available_at)[0]


async def test_a_call_longer_than_a_lease_holds_it(
    either_sessions: sessionmaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_RENEW_EVERY", 0.01)
    desk = Desk(either_sessions, channel := SlowChannel())
    desk.say("một")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(desk.sender.run)
        while desk.items != ["sending"]:
            await anyio.sleep(0.01)
        taken_until = end_of_lease(desk)
        while end_of_lease(desk) <= taken_until:
            await anyio.sleep(0.01)
        channel.answered.set()
        while desk.items != ["sent"]:
            await anyio.sleep(0.01)
        tasks.cancel_scope.cancel()
    assert channel.texts == ["một"]


async def test_who_stood_still_for_a_whole_lease_calls_nobody(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def begun_and_taken_up_by_another(session: Session, outgoing: Outgoing, place: int) -> bool:
        begun.append(go_on(session, outgoing, place))
        if len(begun) == 1:
            session.execute(sa.update(OutboxItem).values(available_at=utc_now()))
            desk.sender.settling.recover(session, everything=False)
            monkeypatch.setattr(outbox, "utc_now", lambda: utc_now() + ledger.LEASE)
        return begun[-1]

    begun: list[bool] = []
    go_on = desk.sender.settling.go_on
    desk.say("một")
    outgoing = desk.claim()
    assert outgoing
    monkeypatch.setattr(desk.sender.settling, "go_on", begun_and_taken_up_by_another)
    await desk.sender.send(outgoing)
    assert begun == [True, False]
    assert (desk.channel.calls, desk.items, desk.parts) == (0, ["pending"], ["uncertain"])


async def test_what_is_late_but_still_ours_is_begun_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([utc_now() - ledger.LEASE])
    monkeypatch.setattr(outbox, "utc_now", lambda: next(times, utc_now()))
    desk.say("một")
    await desk.work(later=1)
    assert (desk.channel.texts, desk.items, desk.alerts) == (["một"], ["sent"], [])


async def test_after_a_pause_of_the_database_too(desk: Desk) -> None:
    desk = Desk(desk.sessions, desk.channel, alone=False)
    desk.say("một")
    desk.die_while_sending()
    with desk.sessions.begin() as session:
        session.execute(sa.update(OutboxItem).values(available_at=utc_now()))
        assert desk.sender._recover_in(session, False, time.monotonic() - 60)
    assert desk.items == ["sending"]
    with desk.sessions.begin() as session:
        assert not desk.sender._recover_in(session, False, time.monotonic())
    assert desk.items == ["pending"]


async def test_what_a_server_has_in_hand_itself_is_not_taken_up(desk: Desk) -> None:
    desk = Desk(desk.sessions, channel := SlowChannel(), alone=False)
    desk.say("một")
    outgoing = desk.claim()
    assert outgoing
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(desk.sender.send, outgoing)
        while desk.parts != ["sending"]:
            await anyio.sleep(0.01)
        with desk.sessions.begin() as session:
            session.execute(sa.update(OutboxItem).values(available_at=utc_now() - dt.timedelta(seconds=1)))
        await desk.sender._recover(everything=False)
        channel.answered.set()
    assert (desk.items, channel.texts) == (["sent"], ["một"])


async def test_what_was_begun_before_a_kill_is_known_after_an_outage_at_the_start(
    either_sessions: sessionmaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    be_quick(monkeypatch)
    desk = Desk(either_sessions, FakeChannel())
    desk.say("một")
    desk.die_while_sending()
    async with begun_in_an_outage(desk):
        while desk.items != ["unsure"]:
            await anyio.sleep(0.01)
    assert desk.channel.texts == []


async def test_an_answer_that_never_ends_is_cut_off(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "_LONGEST_CALL", 0.01)
    desk = Desk(desk.sessions, SlowChannel())
    desk.say("một")
    await desk.work()
    assert (desk.items, desk.parts, desk.alerts) == (["unsure"], ["uncertain"], ["uncertain"])


async def test_after_an_outage_others_may_first_store_what_they_have_in_hand(
    either_sessions: sessionmaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    be_quick(monkeypatch)
    monkeypatch.setattr(outbox, "_GRACE", 3600.0)
    desk = Desk(either_sessions, FakeChannel(), alone=False)
    desk.say("một")
    desk.say("hai", to="8")
    in_hand = desk.claim()
    assert in_hand
    async with begun_in_an_outage(desk):
        with desk.sessions.begin() as session:
            theirs = sa.update(OutboxItem).where(OutboxItem.id == in_hand.delivery.item_id)
            session.execute(theirs.values(available_at=utc_now()))
        while "sent" not in desk.items:
            await anyio.sleep(0.01)
    assert (desk.items, desk.channel.texts) == (["sending", "sent"], ["hai"])
