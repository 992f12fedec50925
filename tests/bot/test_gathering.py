"""Pieces of database work that come together share a transaction, and none pays for another's fault."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from bot.gathering import Gathering
from bot.settings import Settings
from bot.transactions import in_turn
from knowledge.database import create_engine, session_factory
from knowledge.models import Case, utc_now
from tests.bot.outage import be_quick
from tests.fakes.loopback import PATIENCE


@pytest.fixture
def sessions(settings: Settings) -> Iterator[sessionmaker]:
    engine = create_engine(settings.database_url)
    yield session_factory(engine)
    engine.dispose()


class Commits:
    """Counts the transactions of an engine that were committed."""

    def __init__(self, sessions: sessionmaker) -> None:
        self.count = 0
        sa.event.listen(sessions.kw["bind"], "commit", self._one)

    def _one(self, connection: sa.engine.Connection) -> None:
        self.count += 1


def _add(session: Session, code: str) -> int:
    case = Case(code=code, expires_at=utc_now(), created_at=utc_now())
    session.add(case)
    session.flush()
    return int(case.id)


def _codes(sessions: sessionmaker) -> list[str]:
    with sessions() as session:
        return list(session.scalars(sa.select(Case.code).order_by(Case.id)))


async def test_what_comes_together_is_committed_together(sessions: sessionmaker) -> None:
    commits, gathering = Commits(sessions), Gathering(sessions, most=3, long=PATIENCE)
    codes = [f"ABC{number}" for number in range(7)]
    ids = await asyncio.gather(*(gathering.do(_add, code) for code in codes))
    assert (ids, _codes(sessions), commits.count) == (sorted(ids), codes, 3)
    assert await gathering.do(_add, "LATER2") == ids[-1] + 1


async def test_what_takes_long_lets_the_rest_wait_for_the_next_transaction(sessions: sessionmaker) -> None:
    commits, gathering = Commits(sessions), Gathering(sessions, long=0.0)
    codes = [f"ABC{number}" for number in range(4)]
    await asyncio.gather(*(gathering.do(_add, code) for code in codes))
    assert (_codes(sessions), commits.count, gathering.waiting) == (codes, 4, 0)


async def test_a_piece_that_fails_fails_alone(sessions: sessionmaker) -> None:
    def spoil(session: Session) -> None:
        _add(session, "GONE22")
        raise ValueError("no")

    gathering = Gathering(sessions)
    first, failed, last = await asyncio.gather(
        gathering.do(_add, "ABC234"), gathering.do(spoil), gathering.do(_add, "DEF234"), return_exceptions=True
    )
    assert isinstance(failed, ValueError) and _codes(sessions) == ["ABC234", "DEF234"]
    assert [first, last] == sorted([first, last])


async def test_a_twin_is_looked_for_again(sessions: sessionmaker) -> None:
    tries = []

    def work(session: Session) -> int | None:
        tries.append(1)
        if len(tries) > 1:
            return session.scalar(sa.select(Case.id).where(Case.code == "ABC234"))
        session.add(Case(code="ABC234", expires_at=utc_now(), created_at=utc_now()))
        return _add(session, "ABC234")

    stored = await Gathering(sessions).do(_add, "ABC234")
    assert await Gathering(sessions).do(work) == stored


async def test_each_piece_sees_what_those_before_it_did(sessions: sessionmaker) -> None:
    """Also where they changed rows behind the back of the objects that they share a session with."""

    def read(session: Session) -> str:
        return str(session.scalars(sa.select(Case)).one().code)

    def change(session: Session) -> None:
        session.execute(sa.update(Case).values(code="DEF234").execution_options(synchronize_session=False))

    gathering = Gathering(sessions)
    await gathering.do(_add, "ABC234")
    before, _, after = await asyncio.gather(gathering.do(read), gathering.do(change), gathering.do(read))
    assert (before, after) == ("ABC234", "DEF234")


def _fault(kind: type[sa.exc.DBAPIError], code: str = "", **more: bool) -> sa.exc.DBAPIError:
    cause = Exception("no")
    cause.pgcode = code  # type: ignore[attr-defined]
    return kind("COMMIT", None, cause, **more)


@pytest.mark.parametrize(("code", "tries"), [("", 1), ("40P01", 2)])
async def test_nobody_waits_again_for_a_database_that_is_away(sessions: sessionmaker, code: str, tries: int) -> None:
    """But a deadlock is over when it is told."""
    count = []

    def fail(session: Session) -> None:
        count.append(1)
        raise _fault(sa.exc.OperationalError, code)

    gathering = Gathering(sessions)
    found = await asyncio.gather(gathering.do(fail), gathering.do(_add, "ABC234"), return_exceptions=True)
    assert (len(count), isinstance(found[0], sa.exc.OperationalError)) == (tries, True)
    assert _codes(sessions) == (["ABC234"] if code else [])
    assert isinstance(found[1], int) == bool(code)


async def test_who_gives_up_takes_nobody_along(sessions: sessionmaker) -> None:
    gathering = Gathering(sessions)
    impatient, patient = (asyncio.create_task(gathering.do(_add, code)) for code in ("ABC234", "DEF234"))
    await asyncio.sleep(0)
    impatient.cancel()
    assert await patient
    assert "DEF234" in _codes(sessions)


async def test_its_work_takes_the_place_in_line_that_it_is_given(sessions: sessionmaker) -> None:
    asked = []
    gathering = Gathering(sessions, lambda: asked.append(asyncio.current_task()))
    await gathering.do(_add, "ABC234")
    assert len(asked) == 1 and asked[0] is not asyncio.current_task()
    assert await in_turn(sessions, max, 1, 2) == 2


@pytest.mark.parametrize(
    ("fault", "is_tried_again"),
    [
        (_fault(sa.exc.OperationalError), True),
        (_fault(sa.exc.InterfaceError, connection_invalidated=True), True),
        (sa.exc.TimeoutError("no connection is free"), True),
        (_fault(sa.exc.InterfaceError), False),
        (_fault(sa.exc.IntegrityError), False),
        (_fault(sa.exc.DataError), False),
        (ValueError("no"), False),
    ],
)
async def test_only_a_fault_of_the_database_is_waited_for(
    sessions: sessionmaker, monkeypatch: pytest.MonkeyPatch, fault: Exception, is_tried_again: bool
) -> None:
    be_quick(monkeypatch)
    faults, tries = [fault, fault], []

    def work(session: Session) -> str:
        tries.append(session)
        if faults:
            raise faults.pop()
        return "stored"

    doing = Gathering(sessions).persist(utc_now() + dt.timedelta(hours=1), work)
    (found,) = await asyncio.gather(doing, return_exceptions=True)
    at_once = 2 if isinstance(fault, sa.exc.IntegrityError) else 1  # a twin may be there by then
    assert (found, len(tries)) == (("stored", 3) if is_tried_again else (fault, at_once))
