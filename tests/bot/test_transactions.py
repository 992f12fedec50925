"""Whose turn it is at the database."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from bot.settings import Settings
from bot.transactions import Gate, go_first, in_turn, stay_behind, transaction
from knowledge.database import create_engine, session_factory


class Line:
    """Tasks at a gate; ``went`` is who got in, in order. Who is in stays until ``leave``."""

    def __init__(self, places: int = 1) -> None:
        self.gate = Gate(places)
        self.went: list[str] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self._leave: dict[str, asyncio.Event] = {}

    async def come(self, *names: str, behind: bool = False, first: bool = False) -> None:
        for name in names:
            self._leave[name] = asyncio.Event()
            self.tasks[name] = asyncio.create_task(self._stay(name, behind, first))
            await settled()

    async def leave(self, *names: str) -> None:
        for name in names:
            self._leave[name].set()
            await settled()

    async def _stay(self, name: str, behind: bool, first: bool) -> None:
        if behind:
            stay_behind()
        if first:
            go_first()
        async with self.gate:
            self.went.append(name)
            await self._leave[name].wait()


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_urgent_go_first_and_each_in_order() -> None:
    line = Line()
    await line.come("first", "b1", "b2", behind=True)
    await line.come("u1", "u2")
    await line.leave("first", "u1", "u2", "b1", "b2")
    assert line.went == ["first", "u1", "u2", "b1", "b2"]


async def test_staff_go_before_citizens() -> None:
    line = Line()
    await line.come("in")
    await line.come("b1", behind=True)
    await line.come("u1", "u2")
    await line.come("s1", "s2", first=True)
    await line.leave("in", "s1", "s2", "u1", "u2", "b1")
    assert line.went == ["in", "s1", "s2", "u1", "u2", "b1"]


async def test_who_is_behind_has_a_turn_now_and_then() -> None:
    line = Line()
    await line.come("first")
    await line.come("b1", "b2", behind=True)
    urgent = [f"u{number}" for number in range(20)]
    await line.come(*urgent)
    for _ in range(23):
        await line.leave(line.went[-1])
    assert sorted(line.went) == sorted(["first", "b1", "b2", *urgent])
    assert [line.went.index(name) for name in ("b1", "b2")] == [5, 10]


async def test_who_comes_again_at_once_keeps_its_rank() -> None:
    gate, went = Gate(1), []

    async def come(name: str, times: int) -> None:
        if name == "b":
            stay_behind()
        for _ in range(times):
            async with gate:
                went.append(name)
                await asyncio.sleep(0)

    await asyncio.gather(come("u", 7), come("b", 2))
    assert "".join(went) == "uuuuubuub"


async def test_so_many_are_in_at_once() -> None:
    line = Line(places=2)
    await line.come("a", "b", "c")
    assert line.went == ["a", "b"]
    await line.leave("b")
    assert line.went == ["a", "b", "c"]


@pytest.mark.parametrize("gone", ["waiting", "called"])
async def test_who_goes_away_leaves_the_way_free(gone: str) -> None:
    line = Line()
    await line.come("first", "second", "third")
    if gone == "called":  # the turn is given, and not yet taken
        line._leave["first"].set()
        while len(line.gate._lines[1]) == 2:
            await asyncio.sleep(0)
    line.tasks["second"].cancel()
    await line.leave("first", "third")
    assert line.went[-1] == "third"
    await line.come("last")
    assert line.went[-1] == "last"


async def test_an_error_comes_out_and_nothing_of_it_stays(settings: Settings) -> None:
    engine = create_engine(settings.database_url)
    sessions = session_factory(engine)

    def fail(session: sa.orm.Session) -> None:
        session.execute(sa.text("INSERT INTO cases (code, expires_at, created_at) VALUES ('ABC234', '2026', '2026')"))
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await transaction(sessions, fail)
    count = await transaction(sessions, lambda session: session.scalar(sa.text("SELECT count(*) FROM cases")))
    assert (count, await in_turn(sessions, max, 1, 2)) == (0, 2)
    engine.dispose()


async def test_who_is_in_a_deadlock_begins_once_more(settings: Settings) -> None:
    tries: list[int] = []

    class Fault(Exception):
        pgcode = "40P01"

    def work(session: object, faults: int) -> int:
        tries.append(faults)
        if len(tries) <= faults:
            raise sa.exc.OperationalError("UPDATE", {}, Fault())
        return len(tries)

    engine = create_engine(settings.database_url)
    assert await transaction(session_factory(engine), work, 1) == 2
    tries.clear()
    with pytest.raises(sa.exc.OperationalError):
        await transaction(session_factory(engine), work, 2)
    assert len(tries) == 2
    engine.dispose()
