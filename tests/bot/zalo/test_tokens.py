"""The pair of tokens: one renewal at a time, kept before use, never tried again when dead."""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import anyio
import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import sessionmaker

from bot.alerts import open_alerts, raise_alert
from bot.channels.settings import ChannelSettings
from bot.channels.zalo.tokens import ZaloTokens
from bot.channels.zalo.vault import Vault
from bot.errors import NeedsOperator, Retry
from knowledge.database import create_engine, session_factory
from knowledge.models import ChannelToken, utc_now
from tests.bot.zalo.payloads import APP
from tests.fakes.loopback import PATIENCE
from tests.fakes.zalo import FakeZalo

KEY = b"the key of an installation"


@pytest.fixture
def sessions(database_url: str) -> Iterator[sessionmaker]:
    engine = create_engine(database_url)
    yield session_factory(engine)
    engine.dispose()


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(verify=False, timeout=PATIENCE, trust_env=False) as opened:
        yield opened


Make = Callable[..., ZaloTokens]


@pytest.fixture
def make(zalo: FakeZalo, sessions: sessionmaker, client: httpx.AsyncClient) -> Make:
    """Start the tokens as a process does."""

    def start(key: bytes = KEY, **changes: Any) -> ZaloTokens:
        given = {
            "zalo_app_id": APP,
            "zalo_app_secret": "app-secret",
            "zalo_access_token": "access-1",
            "zalo_refresh_token": "refresh-1",
            "zalo_oauth_base": zalo.url,
            **changes,
        }
        return ZaloTokens(ChannelSettings(**given), sessions, client, Vault("zalo", key))

    return start


async def until(is_so: Callable[[], bool]) -> None:
    with anyio.fail_after(PATIENCE):
        while not is_so():
            await anyio.sleep(0.01)


def row(sessions: sessionmaker) -> ChannelToken:
    with sessions() as session:
        return session.scalars(sa.select(ChannelToken)).one()


async def test_the_first_pair_is_the_operators(make: Make, zalo: FakeZalo) -> None:
    assert await make().access() == "access-1"
    assert zalo.refreshes == []


async def test_a_refresh_token_alone_will_do(make: Make, zalo: FakeZalo) -> None:
    assert await make(zalo_access_token="").access() == "access-2"
    assert zalo.refreshes == ["refresh-1"]


async def test_many_tasks_renew_once(make: Make, zalo: FakeZalo) -> None:
    tokens = make()
    await asyncio.gather(*(tokens.renew("access-1") for _ in range(8)))
    assert (await tokens.access(), zalo.refreshes) == ("access-2", ["refresh-1"])


async def test_two_processes_renew_once(make: Make, zalo: FakeZalo) -> None:
    one, other = make(), make()
    await asyncio.gather(one.renew("access-1"), other.renew("access-1"), one.renew("access-1"))
    assert zalo.refreshes == ["refresh-1"]
    assert (await one.access(), await other.access()) == ("access-2", "access-2")


async def test_who_waits_for_another_process_gets_its_pair(make: Make, zalo: FakeZalo) -> None:
    zalo.gate = threading.Event()
    one, other = make(), make()
    first = asyncio.create_task(one.renew("access-1"))
    await until(lambda: bool(zalo.refreshes))
    second = asyncio.create_task(other.renew("access-1"))
    await asyncio.sleep(0)
    zalo.gate.set()
    await asyncio.gather(first, second)
    assert (await other.access(), zalo.refreshes) == ("access-2", ["refresh-1"])


async def test_it_is_not_looked_up_for_every_call(make: Make, sessions: sessionmaker) -> None:
    tokens = make()
    await tokens.access()
    looks: list[str] = []
    sa.event.listen(sessions.kw["bind"], "before_cursor_execute", lambda *told: looks.append(told[2]))
    assert [await tokens.access() for _ in range(3)] == ["access-1"] * 3
    assert looks == []


async def test_a_pair_of_another_process_is_found_after_a_refusal(make: Make, zalo: FakeZalo) -> None:
    one, other = make(), make()
    used = await one.access()
    await other.renew(used)
    await one.renew(used)
    assert (await one.access(), zalo.refreshes) == ("access-2", ["refresh-1"])


async def test_a_renewal_that_is_cut_off_by_a_stop_is_kept_all_the_same(make: Make, zalo: FakeZalo) -> None:
    zalo.gate = threading.Event()
    async with anyio.create_task_group() as tasks:  # as the server holds its tasks
        tasks.start_soon(make().renew, "access-1")
        await until(lambda: bool(zalo.refreshes))
        tasks.cancel_scope.cancel()
        zalo.gate.set()
    assert await make().access() == "access-2"


async def test_a_turn_whose_holder_died_ends(make: Make, zalo: FakeZalo, sessions: sessionmaker) -> None:
    await make().access()
    with sessions.begin() as session:
        session.execute(sa.update(ChannelToken).values(busy_until=utc_now() - dt.timedelta(seconds=1)))
    await make().renew("access-1")
    assert zalo.refreshes == ["refresh-1"]


async def test_a_restart_goes_on_with_the_newest_pair(make: Make, zalo: FakeZalo) -> None:
    await make().renew("access-1")
    assert await make().access() == "access-2"
    await make().renew("access-2")
    assert zalo.refreshes == ["refresh-1", "refresh-2"]


async def test_a_new_pair_of_the_operators_wins_once(make: Make, zalo: FakeZalo) -> None:
    await make().renew("access-1")
    access, refresh = zalo.new_pair()
    fresh = {"zalo_access_token": access, "zalo_refresh_token": refresh}
    assert await make(**fresh).access() == access
    await make(**fresh).renew(access)
    assert await make().access() == "access-4"  # a process with the old environment changes nothing
    assert await make(**fresh).access() == "access-4"


async def test_no_token_is_readable_in_the_database(make: Make, sessions: sessionmaker) -> None:
    await make().renew("access-1")
    kept = str({name: value for name, value in vars(row(sessions)).items() if name != "_sa_instance_state"})
    for secret in ("access-1", "access-2", "refresh-1", "refresh-2"):
        assert secret not in kept
    assert row(sessions).version == 2


async def test_with_another_key_the_pair_is_lost_and_said_to_be(make: Make, zalo: FakeZalo) -> None:
    await make().renew("access-1")
    other = make(b"another key altogether", zalo_access_token="", zalo_refresh_token="")
    with pytest.raises(NeedsOperator, match="zalo_reauthorise"):
        await other.access()


@pytest.mark.parametrize("answer", ["code", "empty"])
async def test_a_dead_token_is_tried_once(make: Make, zalo: FakeZalo, sessions: sessionmaker, answer: str) -> None:
    zalo.new_pair()
    zalo.dead_answers = answer
    for tokens in (make(), make()):
        for _ in range(3):
            with pytest.raises(NeedsOperator, match="zalo_reauthorise"):
                await tokens.renew("access-1")
    assert zalo.refreshes == ["refresh-1"]
    assert row(sessions).error == "zalo_reauthorise"
    with sessions.begin() as session:
        raise_alert(session, "operator", "zalo", "zalo_reauthorise")
    access, refresh = zalo.new_pair()
    assert await make(zalo_access_token=access, zalo_refresh_token=refresh).access() == access
    with sessions() as session:
        assert open_alerts(session) == []


async def test_a_wrong_app_secret_is_no_dead_token_and_no_loop(make: Make, zalo: FakeZalo) -> None:
    tokens = make(zalo_app_secret="wrong")
    for _ in range(3):
        with pytest.raises(NeedsOperator, match="zalo_oauth"):
            await tokens.renew("access-1")
    assert len(zalo.refreshes) == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"zalo_app_secret": ""}, "zalo_app_secret"),
        ({"zalo_refresh_token": ""}, "zalo_reauthorise"),
        ({"zalo_refresh_token": "", "zalo_access_token": ""}, "zalo_reauthorise"),
    ],
)
async def test_what_is_missing_is_named(make: Make, zalo: FakeZalo, changes: dict[str, str], reason: str) -> None:
    with pytest.raises(NeedsOperator, match=reason):
        await make(**changes).renew(changes.get("zalo_access_token", "access-1"))
    assert zalo.refreshes == []


async def test_trouble_on_the_way_is_no_verdict(make: Make, zalo: FakeZalo) -> None:
    tokens = make()
    zalo.status = 502
    with pytest.raises(Retry):
        await tokens.renew("access-1")
    zalo.status = 200
    await tokens.renew("access-1")
    assert await tokens.access() == "access-2"


@pytest.mark.parametrize(("late", "renewals"), [(dt.timedelta(hours=-1), 1), (dt.timedelta(hours=1), 0)])
async def test_it_is_renewed_ahead_of_its_end(
    make: Make, zalo: FakeZalo, sessions: sessionmaker, late: dt.timedelta, renewals: int
) -> None:
    tokens = make()
    await tokens.access()
    with sessions.begin() as session:
        session.execute(sa.update(ChannelToken).values(renew_at=utc_now() + late))
    await tokens.renew_ahead()
    assert len(zalo.refreshes) == renewals


async def test_a_pair_is_used_for_twenty_hours(make: Make, sessions: sessionmaker) -> None:
    before = utc_now()
    await make().renew("access-1")
    planned = row(sessions).renew_at - dt.timedelta(hours=20)
    assert before <= planned <= utc_now()
