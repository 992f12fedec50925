"""Asking another system: politely, only what is followed; dead for an hour, then back, with nothing lost or doubled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from bot.notices.polling import Pace, Poll, _due, _held_too, _take
from knowledge.connectors import national
from knowledge.connectors.national import NationalSystem
from knowledge.connectors.registry import dossier_settings
from knowledge.dossiers.facts import Facts
from knowledge.models import Subscription
from tests.bot.notices.looking import Look
from tests.bot.notices.scene import CODE, MORNING, OTHER, PROFILE, Scene
from tests.fakes.dossier_system import CUT, DossierSystem, dossier
from tests.knowledge.systems import RIGHT, connectors

MINUTES = 5  # between two rounds
AUTHORITY = dossier_settings(PROFILE)["authority"]


@pytest.fixture
def system() -> Iterator[DossierSystem]:
    fake = DossierSystem(dossier(CODE), dossier(OTHER))
    yield fake
    fake.close()


class Line:
    """The line to a system, and rounds of asking by a clock that is moved by hand."""

    def __init__(self, scene: Scene, system: DossierSystem) -> None:
        self.look = Look(scene)
        self.connector: NationalSystem = connectors(system, scene.sessions)[1]
        self.connector._breaker._clock = lambda: self.look.now.timestamp()
        self.poll = Poll(self.look.notices, [self.connector], AUTHORITY, Pace(between=0.0))

    def facts(self, code: str = CODE) -> Facts:
        found = self.connector.prove(code, RIGHT)
        assert found
        return found

    async def round(self, **later: float) -> int:
        self.look.now += dt.timedelta(**(later or {"minutes": MINUTES}))
        return await self.poll.look()


@pytest.fixture
def line(scene: Scene, system: DossierSystem, monkeypatch: pytest.MonkeyPatch) -> Line:
    monkeypatch.setattr(national, "_PAUSES", (0.0, 0.0))
    monkeypatch.setattr(national, "_LEAST", 0.0)
    return Line(scene, system)


@pytest.fixture
def citizen(scene: Scene, line: Line, system: DossierSystem) -> str:
    name = scene.arrive()
    scene.follow(name, source="national", facts=line.facts())
    system.asked.clear()
    return name


async def test_a_change_is_told_and_nobody_is_asked_more_than_needed(
    scene: Scene, line: Line, system: DossierSystem, citizen: str
) -> None:
    other = scene.arrive()
    scene.follow(other, source="national", facts=line.facts())
    system.asked.clear()
    assert await line.round() == 1
    system.put(dossier(CODE, 5))
    assert [await line.round() for _ in range(6)] == [0, 0, 0, 0, 0, 1]
    assert system.asked == [CODE, CODE]  # once for both, half an hour apart, and of no other dossier
    assert [len(scene.told(name)) for name in (citizen, other)] == [1, 1]
    assert scene.notices() == [("supplement", "say")] * 2


@pytest.mark.parametrize("fault", [503, CUT, b"<html>"], ids=str)
async def test_dead_for_an_hour_nothing_is_lost_or_doubled(
    scene: Scene, line: Line, system: DossierSystem, citizen: str, fault: Any
) -> None:
    """Meanwhile the status changes twice: that is one notice, of what it is then."""
    scene.follow(citizen, OTHER, "national", facts=line.facts(OTHER))
    system.asked.clear()
    system.fault = fault
    for minute in range(0, 60, MINUTES):
        system.put(dossier(CODE, 5 if minute < 30 else 9))
        assert await line.round() == 0
    assert 0 < len(system.asked) <= 3 * 2 * 12  # both, with their tries, until the system is left alone
    assert scene.told(citizen) == [] and scene.rows(sa.select(Subscription.version)) == [0, 0]
    system.fault = None
    assert await line.round() == 2
    assert [await line.round() for _ in range(12)].count(2) == 2
    assert scene.notices() == [("result", "say")]
    assert "đã có kết quả" in scene.told(citizen)[0]


async def test_one_dossier_that_gets_no_answer_is_in_nobodys_way(
    scene: Scene, line: Line, system: DossierSystem, citizen: str
) -> None:
    unlucky = scene.arrive()
    scene.follow(unlucky, OTHER, "national", facts=line.facts(OTHER))
    with scene.sessions.begin() as session:  # its turn comes first
        long_ago = MORNING - dt.timedelta(days=1)
        session.execute(sa.update(Subscription).where(Subscription.code == OTHER).values(asked_at=long_ago))
    system.broken.add(OTHER)
    assert await line.round() == 1
    system.put(dossier(CODE, 9))
    assert await line.round(minutes=30) == 1
    assert len(scene.told(citizen)) == 1 and scene.told(unlucky) == []
    system.broken.clear()
    system.put(dossier(OTHER, 9))
    assert await line.round() == 1
    assert len(scene.told(unlucky)) == 1


async def test_a_resting_system_is_not_asked(scene: Scene, line: Line, system: DossierSystem, citizen: str) -> None:
    system.fault = 503
    for _ in range(3):
        await line.round()
    asked = len(system.asked)
    assert asked
    await line.round(seconds=5)  # three failures in a row: it is left alone for half a minute
    assert len(system.asked) == asked
    system.fault = None
    assert await line.round(minutes=1) == 1


async def test_what_is_held_is_asked_for_again_later(
    scene: Scene, line: Line, system: DossierSystem, citizen: str
) -> None:
    system.put(dossier(CODE, 9))
    scene.set(citizen, owner="staff:1", version=1)
    assert await line.round() == 1 and scene.notices() == []
    scene.set(citizen, owner="bot", version=2)
    assert await line.round(minutes=30) == 1
    assert scene.notices() == [("result", "say")]


async def test_the_system_that_is_to_be_believed_at_a_stage_is(
    scene: Scene, line: Line, system: DossierSystem, citizen: str
) -> None:
    """The one-stop desk has gone further than the portal knows."""
    scene.file(status=5)
    assert await line.round() == 1
    assert scene.notices() == [("supplement", "say")]
    assert "bảng hồ sơ của đơn vị" in scene.told(citizen)[0]


@pytest.mark.parametrize("clock", ["21:00", "03:00"])
async def test_nobody_is_asked_at_night(
    scene: Scene, line: Line, system: DossierSystem, citizen: str, clock: str
) -> None:
    line.look.now = dt.datetime.fromisoformat(f"2026-11-21T{clock}+07:00")
    assert await line.round() == 0 and system.asked == []


def test_of_two_that_ask_one_does(either_scene: Scene) -> None:
    either_scene.file()
    for _ in range(2):
        either_scene.follow(either_scene.arrive(), source="national")
    with either_scene.sessions.begin() as session:
        (turn,) = _due(session, "national", MORNING, 10)
        assert [_take(session, "national", turn, MORNING) for _ in range(2)] == [True, False]
        assert _due(session, "national", MORNING - dt.timedelta(minutes=30), 10) == []
        own, watches = _held_too(session, "national", turn.key)
    assert own and own.status == 4 and len(watches) == 2


async def test_a_dossier_that_is_gone_is_no_news(scene: Scene, line: Line, system: DossierSystem, citizen: str) -> None:
    system.dossiers.clear()
    assert await line.round() == 1
    assert scene.notices() == []
