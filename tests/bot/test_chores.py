"""Chores go on whatever happens to one of them."""

from __future__ import annotations

import datetime as dt
import threading

import anyio
import pytest
import sqlalchemy as sa

from bot.chores import _repeat
from bot.retention import Retained, Retention
from bot.texts import Texts
from bot.transactions import in_turn
from knowledge.models import Alert, DossierStanding, ReviewItem
from tests.bot.running import Running
from tests.console.scene import DOSSIER, file_dossier
from tests.console.talks import Talks
from tests.fakes.loopback import PATIENCE


async def test_a_chore_that_fails_is_tried_again() -> None:
    tries: list[int] = []
    enough = anyio.Event()

    async def work() -> None:
        tries.append(len(tries))
        if len(tries) < 3:
            raise ValueError("broken")
        enough.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_repeat, "test", work, 0.001, 0.0)
        with anyio.fail_after(PATIENCE):
            await enough.wait()
        tasks.cancel_scope.cancel()
    assert len(tries) >= 3


async def test_forgetting_that_fails_is_an_alert_until_it_works(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    chores = server.parts.chores
    with monkeypatch.context() as broken:
        broken.setattr("bot.retention.old_conversations", lambda *_: 1 / 0)
        await chores.retain()
    with server.sessions() as session:
        (alert,) = session.scalars(sa.select(Alert))
        assert "ZeroDivisionError" in Texts.load().alert(alert.text_key, **alert.details)
    await chores.retain()
    with server.sessions() as session:
        assert session.scalar(sa.select(Alert.cleared_at)) is not None


async def test_forgetting_stands_behind_those_who_are_at_the_database(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.retention.old_conversations", lambda *_: ["a", "b", "c"])
    monkeypatch.setattr("bot.retention._BATCH", 1)
    chores, done = server.parts.chores, []
    is_free = threading.Event()

    def forget(_: Retention, keys: list[str], before: dt.datetime) -> Retained:
        done.extend(keys)
        return Retained()

    monkeypatch.setattr(Retention, "_forget", forget)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(in_turn, server.parts.sessions, is_free.wait)
        await anyio.sleep(0.01)
        tasks.start_soon(chores.retain)
        await anyio.sleep(0.1)
        assert done == []
        is_free.set()
    assert done == ["a", "b", "c"]


async def test_doubts_are_found_by_themselves(server: Running) -> None:
    talks = Talks(server.sessions)
    talks.answer(talks.begin("hỏi"), "Xin lỗi", "unavailable")
    assert await server.parts.chores.look_for_doubts() == 1
    with server.sessions() as session:
        assert session.scalar(sa.select(ReviewItem.question)) == "hỏi"


async def test_late_dossiers_are_found_once_a_day(server: Running) -> None:
    file_dossier(server)
    assert [await server.parts.chores.watch_dates() for _ in range(2)] == [True, False]
    with server.sessions() as session:
        assert session.scalar(sa.select(DossierStanding.code)) == DOSSIER
