"""Small pieces of database work that come in the same moment share one transaction (docs/adr/0002).

A transaction has its price, however little is done in it: a thread, a connection, a wait for the disk. What comes
while one is at work is done in the next one, all together; a piece that comes alone waits for nobody.
"""

from __future__ import annotations

import asyncio
import contextvars
import datetime as dt
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

import anyio
import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session, sessionmaker

from bot.transactions import in_turn, is_away, is_deadlock
from knowledge.models import utc_now

log = structlog.get_logger("database")

P = ParamSpec("P")
T = TypeVar("T")

_MOST = 16  # pieces in one transaction: who comes just too late waits for all of them
LONG = 0.015  # seconds of work after which a transaction takes no more in
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 4.0  # seconds before what must be stored is tried again


@dataclass(frozen=True)
class _Piece:
    work: Callable[[Session], Any]
    done: asyncio.Future[Any]


class Gathering:
    """Does what is waiting together, ``most`` pieces and about ``long`` seconds at a time.

    ``rank`` is called in the task that does it, to take its place in the line.
    """

    def __init__(
        self,
        sessions: sessionmaker,
        rank: Callable[[], None] = lambda: None,
        most: int = _MOST,
        long: float = LONG,
    ) -> None:
        self._sessions = sessions
        self._rank = rank
        self._most = most
        self._long = long
        self._waiting: deque[_Piece] = deque()
        self._task: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """How many pieces wait, besides those that are being done."""
        return len(self._waiting)

    async def do(self, work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``work(session, …)`` and return what it returned, once that is committed.

        When a piece fails, each is done again by itself, and what it raises then comes out here: ``work`` may run
        twice, and must leave nothing behind but in its session. IntegrityError is raised by the second try only: a
        twin that was stored in the same moment is found by then.
        """
        piece = _Piece(lambda session: work(session, *args, **kwargs), asyncio.get_running_loop().create_future())
        self._waiting.append(piece)
        if self._task is None:  # in a context of its own: it works for many, in the name of none
            self._task = contextvars.Context().run(asyncio.create_task, self._work())
        result: T = await piece.done
        return result

    async def persist(
        self, until: dt.datetime, work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Do so with what must not be lost: while the database fails, again after growing pauses until a time.

        The work must do no harm when it is done twice: a commit whose end was not heard of may have succeeded.
        """
        pause = _FIRST_PAUSE
        while True:
            try:
                return await self.do(work, *args, **kwargs)
            except sa.exc.SQLAlchemyError as error:
                left = (until - utc_now()).total_seconds()
                if left <= 0 or not is_away(error):
                    raise
                log.warning("database.again", error=type(error).__name__, seconds=min(pause, left))
            await anyio.sleep(min(pause, left))
            pause = min(_LONGEST_PAUSE, 2 * pause)

    async def _work(self) -> None:
        self._rank()
        try:
            while self._waiting:
                for piece, result in await in_turn(self._sessions, self._some):
                    _settle(piece, result)
        finally:
            self._task = None
            while self._waiting:  # only when this is cancelled: nobody may wait for ever
                self._waiting.popleft().done.cancel()

    def _some(self) -> Sequence[tuple[_Piece, Any]]:
        """Do what waits by now and return each piece with its result, or the exception it raised."""
        pieces = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
        try:
            with self._sessions.begin() as session:
                results = self._within_time(session, pieces)
        except Exception as error:
            if _is_final(error, pieces):
                return [(piece, error) for piece in pieces]
            return [(piece, self._alone(piece)) for piece in pieces]
        self._waiting.extendleft(reversed(pieces[len(results) :]))
        return list(zip(pieces, results, strict=False))

    def _within_time(self, session: Session, pieces: Sequence[_Piece]) -> list[Any]:
        until, results = time.monotonic() + self._long, []
        for piece in pieces:
            results.append(_done(session, piece))
            if time.monotonic() > until:
                break
        return results

    def _alone(self, piece: _Piece) -> Any:
        try:
            with self._sessions.begin() as session:
                return piece.work(session)
        except Exception as error:
            return error


def _done(session: Session, piece: _Piece) -> Any:
    result = piece.work(session)
    session.flush()
    session.expunge_all()  # the next piece looks for itself
    return result


def _is_final(error: Exception, pieces: Sequence[_Piece]) -> bool:
    """Tell whether a second try would be for nothing: the database is away, or there is nobody else to have failed."""
    if isinstance(error, sa.exc.IntegrityError):
        return False
    if isinstance(error, sa.exc.SQLAlchemyError) and is_away(error):
        return not is_deadlock(error)
    return len(pieces) == 1


def _settle(piece: _Piece, result: Any) -> None:
    if piece.done.done():  # its caller has gone
        return
    if isinstance(result, Exception):
        piece.done.set_exception(result)
    else:
        piece.done.set_result(result)
