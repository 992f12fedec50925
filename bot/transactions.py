"""Database work of the event loop: each piece is one transaction in a thread, and whoever is waited for goes first.

Threads of Python share one core and SQLite has one writer, so more pieces at once only wait for each other: on locks
that they look at again after growing pauses. Here they stand in line instead (docs/adr/0002).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from typing import Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

import anyio
import anyio.to_thread
import sqlalchemy as sa
from anyio.lowlevel import RunVar
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session, sessionmaker

P = ParamSpec("P")
T = TypeVar("T")

_PLACES_OF_SQLITE, _PLACES = 1, 8  # pieces at once; well below the connections that the pool keeps
_MOST_IN_A_ROW = 4  # urgent pieces, before one of those behind has its turn
_FIRST, _URGENT, _BEHIND = range(3)  # lines: staff, citizens at the door, and work that nobody waits for here
_DEADLOCK = "40P01"  # PostgreSQL's code: the rows are free again as soon as this is heard
_rank: ContextVar[int] = ContextVar("rank", default=_URGENT)
_gates: RunVar[WeakKeyDictionary[Engine, Gate]] = RunVar("gates")


class Gate:
    """Lets so many in at once: staff, then who is urgent, then those behind, who still come in now and then."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._lines: tuple[deque[anyio.Event], ...] = (deque(), deque(), deque())
        self._in_a_row = 0

    async def __aenter__(self) -> None:
        if self._free:
            self._free -= 1
            return
        line, turn = self._lines[_rank.get()], anyio.Event()
        line.append(turn)
        try:
            await turn.wait()
        except BaseException:
            if turn.is_set():
                self._pass_on()
            else:
                line.remove(turn)
            raise

    async def __aexit__(self, *error: object) -> None:
        if any(self._lines):  # in a moment: who leaves and comes again at once is to stand in its line by then
            asyncio.get_running_loop().call_soon(self._pass_on)
        else:
            self._pass_on()

    def _pass_on(self) -> None:
        line = self._line()
        self._in_a_row = self._in_a_row + 1 if line is not self._lines[_BEHIND] else 0
        if line:
            line.popleft().set()
        else:
            self._free += 1

    def _line(self) -> deque[anyio.Event]:
        behind = self._lines[_BEHIND]
        if behind and self._in_a_row >= _MOST_IN_A_ROW:
            return behind
        return next((line for line in self._lines if line), behind)


def stay_behind() -> None:
    """Let the present task, and those that it will start, give way to whoever has somebody waiting for an answer."""
    _rank.set(_BEHIND)


def go_first() -> None:
    """Let the present task go before all others: few people do so, and many citizens wait for them."""
    _rank.set(_FIRST)


async def in_turn(sessions: sessionmaker, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run ``work(…)``, which makes its own transactions of these sessions, in a thread when its turn has come."""
    async with _gate(sessions.kw["bind"]):
        return await anyio.to_thread.run_sync(lambda: work(*args, **kwargs))


async def transaction(
    sessions: sessionmaker, work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Run ``work(session, …)`` and commit; any exception rolls back and comes out here.

    Who is in a deadlock with another begins once more.
    """

    def once() -> T:
        with sessions.begin() as session:
            return work(session, *args, **kwargs)

    def run() -> T:
        try:
            return once()
        except sa.exc.DBAPIError as error:
            if not is_deadlock(error):
                raise
        return once()

    return await in_turn(sessions, run)


def is_away(error: sa.exc.SQLAlchemyError) -> bool:
    """Tell a fault of the database, which passes, from one of what was to be stored."""
    if isinstance(error, (sa.exc.OperationalError, sa.exc.TimeoutError)):
        return True
    return isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated


def is_deadlock(error: BaseException) -> bool:
    """Tell whether PostgreSQL has ended a transaction so that another one can go on."""
    return getattr(getattr(error, "orig", None), "pgcode", None) == _DEADLOCK


def _gate(engine: Engine) -> Gate:
    gates = _gates.get(None)
    if gates is None:
        gates = WeakKeyDictionary()
        _gates.set(gates)
    return gates.setdefault(engine, Gate(_PLACES_OF_SQLITE if engine.dialect.name == "sqlite" else _PLACES))
