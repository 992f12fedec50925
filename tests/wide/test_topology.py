"""Everything runs several times behind one proxy, and any of it can die."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from setup.wide import neighbours
from setup.wide.program import Program
from setup.wide.rolling import roll
from setup.wide.topology import Topology
from tests.bot.citizen import Talk
from tests.fakes.loopback import PATIENCE


async def test_a_conversation_stays_with_one_rasa_and_several_share_the_work(wide: Topology) -> None:
    asked, talks = _asked(wide), []
    while len(talks) < 12 or (not all(asked) and len(talks) < 60):  # by chance, one may get a dozen in a row
        talks.append(await Talk(wide.url).open())
        for text in ("một", "hai"):
            assert (await talks[-1].ask(text))["text"] == f"echo {text}"
        await talks[-1].close()
        asked = _asked(wide)
    assert all(asked), "one of them got nothing"
    assert set(asked[0]).isdisjoint(asked[1])
    assert sorted(asked[0] + asked[1]) == sorted([talk.conversation_id for talk in talks] * 2)


def _asked(wide: Topology) -> list[list[str]]:
    """Return the conversations of the questions that each Rasa has got."""
    return [httpx.get(f"{url}/senders", timeout=PATIENCE).json() for url in wide.urls("rasa")]


@pytest.mark.parametrize("name", ["bot-1", "rasa-1", "actions-1", "redis"])
async def test_any_of_them_can_die(wide: Topology, name: str) -> None:
    talk = await Talk(wide.url).open()
    await talk.ask("trước")
    wide.kill(name)
    try:
        for number in range(4):
            talk_on = await Talk(wide.url).open()
            assert (await talk_on.ask(f"câu {number}"))["text"] == f"echo câu {number}"
            await talk_on.close()
        assert (await talk.ask("sau"))["text"] == "echo sau"
    finally:
        wide.start(name)
        await talk.close()


async def test_what_was_taken_in_outlives_the_database_and_the_proxy(wide: Topology) -> None:
    talk = await Talk(wide.url).open()
    await talk.ask("một")
    for name in ("postgres", "proxy"):
        wide.kill(name)
        wide.start(name)
    assert (await talk.ask("hai"))["text"] == "echo hai"
    assert [line["text"] for line in await talk.history()] == ["một", "echo một", "hai", "echo hai"]
    await talk.close()


def test_operators_pages_are_not_public(wide: Topology) -> None:
    found = {
        path: httpx.get(f"{wide.url}{path}", timeout=PATIENCE).status_code
        for path in ("/healthz", "/readyz", "/metrics")
    }
    assert found == {"/healthz": 200, "/readyz": 404, "/metrics": 404}


def test_a_paused_program_stands_still_with_its_children(wide: Topology) -> None:
    wide.pause("actions-2")
    assert _becomes(wide.programs["actions-2"], stopped=True)
    wide.resume("actions-2")
    assert _becomes(wide.programs["actions-2"], stopped=False)


def _becomes(program: Program, stopped: bool) -> bool:
    """Wait for the kernel, which delivers a signal when the program has its next turn on the processor."""
    return any((_state(program) == "T") is stopped or time.sleep(0.05) for _ in range(200))


def _state(program: Program) -> str:
    return Path(f"/proc/{program.pid}/stat").read_text().rpartition(")")[2].split()[0]


async def test_a_role_is_exchanged_one_by_one_while_citizens_ask(wide: Topology) -> None:
    over = threading.Event()
    keeping = threading.Thread(target=wide.keep, args=(over.is_set,), daemon=True)
    keeping.start()
    until = time.monotonic() + PATIENCE
    while not (wide.folder / "state.json").exists():  # what runs is read from it
        assert time.monotonic() < until
        await asyncio.sleep(0.05)
    before = [wide.programs[name].pid for name in wide.names("rasa")]
    talk = await Talk(wide.url).open()
    try:
        exchanging = asyncio.get_running_loop().run_in_executor(None, roll, wide.folder, "rasa", 30.0)
        number = 0
        while not exchanging.done():
            number += 1
            assert (await talk.ask(f"câu {number}"))["text"] == f"echo câu {number}"
        assert await exchanging == ["rasa-1", "rasa-2"]
    finally:
        over.set()
        keeping.join()
        await talk.close()
    assert set(before).isdisjoint(wide.programs[name].pid for name in wide.names("rasa"))


def test_secrets_are_made_once_and_are_ours_alone(wide: Topology) -> None:
    secrets = sorted(wide.folder.glob("*.secret"))
    assert [path.name for path in secrets] == ["postgres.secret", "product.secret", "redis.secret", "rest.secret"]
    assert {path.stat().st_mode & 0o077 for path in secrets} == {0}
    logs = "".join(path.read_text(errors="replace") for path in (wide.folder / "log").iterdir())
    assert all(path.read_text() not in logs for path in secrets)


def test_of_many_that_make_a_secret_at_once_one_wins(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: neighbours.secret(tmp_path, "x.secret"), range(32)))
    assert len(made) == 1 and len(made.pop()) == 48
    assert [path.name for path in tmp_path.iterdir()] == ["x.secret"]
    assert (tmp_path / "x.secret").stat().st_mode & 0o777 == 0o600


def test_rasa_reads_its_stores_from_our_file(wide: Topology, monkeypatch: pytest.MonkeyPatch) -> None:
    from rasa.core.lock_store import LockStore, RedisLockStore
    from rasa.core.tracker_store import SQLTrackerStore, TrackerStore
    from rasa.core.utils import read_endpoints_from_path
    from rasa.shared.core.domain import Domain

    for name in ("RASA_TRACKER_URL", "REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD", "ACTIONS_URL"):
        monkeypatch.setenv(name, wide.env[name])
    endpoints = read_endpoints_from_path("deploy/endpoints.yml")
    assert endpoints.action.url == f"{wide.env['ACTIONS_URL']}/webhook"
    store = TrackerStore.create(endpoints.tracker_store, Domain.empty())
    store = getattr(store, "_tracker_store", store)  # it may be wrapped in one that survives faults
    assert isinstance(store, SQLTrackerStore) and store.engine.dialect.name == "postgresql"
    store.engine.dispose()
    locks = LockStore.create(endpoints.lock_store)
    assert isinstance(locks, RedisLockStore)
    locks.issue_ticket("a conversation")
    assert locks.get_lock("a conversation").tickets
