"""Carries out erasures: in the background what citizens asked for, by command what the office decides."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import anyio
import anyio.to_thread
import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session, sessionmaker

from bot import erasure, words
from bot.alerts import raise_alert
from bot.files.store import FileStore
from bot.tracker import Tracker
from knowledge.models import Conversation, Erasure, utc_now

log = structlog.get_logger("erasure")

_LOOK_EVERY = 5.0  # seconds
_AT_ONCE = 100  # dialogues that Rasa's memory forgets over one connection


@dataclass(frozen=True)
class Erased:
    """What was removed; ``events`` are lines of Rasa's memory, None when that file is not on this machine."""

    messages: int
    files: int
    events: int | None


@dataclass(frozen=True)
class Eraser:
    """Erases conversations; ``after`` seconds from the request, when no answer can be in the making any more.

    ``tracker`` is what Rasa remembers. ``rasa_is_here`` tells whether Rasa runs on this machine.
    """

    sessions: sessionmaker
    files: FileStore
    tracker: Tracker
    after: float
    rasa_is_here: bool = True

    async def run(self) -> None:
        """Work for ever."""
        while True:
            try:
                await anyio.to_thread.run_sync(self.erase_due)
            except Exception as error:  # the alert stands until it works
                log.error("erasure.failed", error=type(error).__name__)
            await anyio.sleep(_LOOK_EVERY)

    def erase_due(self) -> int:
        """Erase what was asked for long enough ago; return how many conversations."""
        before = utc_now() - dt.timedelta(seconds=self.after)
        due = sa.select(Erasure.conversation_id).where(Erasure.done_at.is_(None), Erasure.asked_at <= before)
        with self.sessions() as session:
            waiting = list(session.scalars(due.order_by(Erasure.id)))
        for place in range(0, len(waiting), _AT_ONCE):
            batch = waiting[place : place + _AT_ONCE]
            forgotten = self.tracker.forget(batch)
            for conversation_id in batch:
                self._erase(conversation_id, forgotten)
        return len(waiting)

    def erase(self, conversation_id: str) -> Erased | None:
        """Erase a conversation now; None = there is none of that name."""
        request = hashlib.sha256(f"command:{conversation_id}".encode()).hexdigest()
        with self.sessions.begin() as session:
            if not erasure.exists(session, conversation_id):
                return None
            erasure.mark(session, conversation_id, request)
        return self._erase(conversation_id, self.tracker.forget([conversation_id]))

    def _erase(self, conversation_id: str, forgotten: Mapping[str, int] | None) -> Erased:
        """Erase what Rasa does not remember; ``forgotten`` is what it did.

        Files first: their names are known as long as the rows are there, so that a crash leaves none behind.
        """
        with self.sessions() as session:
            paths = erasure.kept_files(session, conversation_id)
        for path in paths:
            self.files.remove(path)
        events = None if forgotten is None else forgotten.get(conversation_id, 0)
        with self.sessions.begin() as session:
            messages = erasure.erase_rows(session, conversation_id)
            if events is None and not self.rasa_is_here:
                self._point_elsewhere(session, conversation_id)
        words.forget(self.sessions)
        with self.sessions.begin() as session:
            erasure.done(session, conversation_id)
        tidy(self.sessions)
        log.info("erasure.done", conversation=conversation_id, messages=messages, files=len(paths), events=events)
        return Erased(messages, len(paths), events)

    @staticmethod
    def _point_elsewhere(session: Session, conversation_id: str) -> None:
        channel = session.scalar(sa.select(Conversation.channel).where(Conversation.id == conversation_id))
        raise_alert(session, "erasure", channel, "erase_elsewhere", {"conversation": conversation_id})


def tidy(sessions: sessionmaker) -> None:
    """Take the old pages out of SQLite's log; where somebody is reading, the next one does it."""
    with sessions() as session:
        if session.get_bind().dialect.name == "sqlite":
            session.connection().exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
