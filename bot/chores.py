"""Work that nobody asks for and that must be done: telling staff and citizens, finding doubts and late dates.

Each chore may run in several processes at once; none of them is done twice by that.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import anyio
import anyio.from_thread
import anyio.to_thread
import structlog
from sqlalchemy.orm import Session, sessionmaker

from bot.alerts import clear_alerts, raise_alert
from bot.handoff import review
from bot.handoff.notifying import Notifier
from bot.notices.looking import Notices
from bot.notices.polling import Poll
from bot.retention import Retention
from bot.transactions import in_turn, stay_behind, transaction
from knowledge.dossiers import standings
from knowledge.models import utc_now
from knowledge.profile import load_profile

log = structlog.get_logger("chores")

T = TypeVar("T")

_TELL_EVERY, _REVIEW_EVERY, _RETAIN_EVERY = 5.0, 300.0, 24 * 3600.0  # seconds
_NOTICE_EVERY, _POLL_EVERY = 120.0, 300.0
_STAND_EVERY = 600.0  # looks whether the day that has begun still needs its list of late dossiers
_BATCH = 50  # doubts in one transaction
_AFTER_START = 60.0  # a start has more urgent things to do


@dataclass(frozen=True)
class Chores:
    """The chores of one front server."""

    sessions: sessionmaker
    notifier: Notifier
    retention: Retention
    notices: Notices
    poll: Poll

    async def run(self) -> None:
        """Work for ever, behind those who have somebody waiting for an answer."""
        stay_behind()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_repeat, "notify", self.notifier.look, _TELL_EVERY, 0.0)
            tasks.start_soon(_repeat, "review", self.look_for_doubts, _REVIEW_EVERY, _AFTER_START)
            tasks.start_soon(_repeat, "notices", self.notices.look, _NOTICE_EVERY, _AFTER_START)
            tasks.start_soon(_repeat, "poll", self.poll.look, _POLL_EVERY, _AFTER_START)
            tasks.start_soon(_repeat, "retain", self.retain, _RETAIN_EVERY, _AFTER_START)
            tasks.start_soon(_repeat, "stand", self.watch_dates, _STAND_EVERY, _AFTER_START)

    async def look_for_doubts(self) -> int:
        """Put doubtful answers into the queue of those who look at them again."""
        found = await anyio.to_thread.run_sync(self._doubts)
        added = 0
        for place in range(0, len(found), _BATCH):  # citizens' messages are stored in between
            added += await transaction(self.sessions, review.put, found[place : place + _BATCH])
        return added

    def _doubts(self) -> list[review.Doubt]:
        with self.sessions() as session:
            return review.doubts(session, utc_now())

    async def watch_dates(self) -> bool:
        """Find the dossiers that are late or soon due, once a day; False = that was, or is being, done."""
        return await anyio.to_thread.run_sync(standings.nightly, self.sessions, utc_now(), load_profile())

    async def retain(self) -> None:
        """Remove what was said too long ago; where that fails an alert stands until it works."""
        reason = ""
        try:
            await anyio.to_thread.run_sync(partial(self.retention.retain, in_turn=self._in_turn))
        except Exception as error:
            reason = type(error).__name__
            log.error("retention.failed", error=reason)
        await transaction(self.sessions, _tell, reason)

    def _in_turn(self, work: Callable[[], T]) -> T:
        """Do a piece of a long chore, which runs in a thread, when nobody else is at the database."""
        return anyio.from_thread.run(self._behind, work)

    async def _behind(self, work: Callable[[], T]) -> T:
        stay_behind()
        return await in_turn(self.sessions, work)


def _tell(session: Session, reason: str) -> None:
    if reason:
        raise_alert(session, "retention", "", "retention", {"reason": reason})
    else:
        clear_alerts(session, "retention", "")


async def _repeat(name: str, work: Callable[[], Awaitable[object]], every: float, first: float) -> None:
    """Do a chore again and again; one that fails is tried again at its next time."""
    await anyio.sleep(first)
    while True:
        try:
            await work()
        except Exception as error:
            log.error("chore.failed", chore=name, error=type(error).__name__)
        await anyio.sleep(every)
