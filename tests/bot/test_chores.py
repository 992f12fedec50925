"""Chores go on whatever happens to one of them."""

from __future__ import annotations

import anyio
import pytest
import sqlalchemy as sa

from bot.chores import _repeat
from bot.texts import Texts
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
