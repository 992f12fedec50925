"""Fetches in the background what citizens sent through providers, a few files at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial

import anyio
import anyio.to_thread
import structlog
from anyio.abc import TaskGroup
from sqlalchemy.orm import Session, sessionmaker

from bot.alerts import clear_alerts, raise_alert
from bot.channels.base import Channel
from bot.delivery.saying import tell
from bot.errors import DeliveryError, FileRefused, Permanent, Retry
from bot.files import rows
from bot.files.rows import Waiting
from bot.files.store import Draft, FileStore, KeptFile
from bot.handoff import citizen
from bot.handoff.moves import find_open
from bot.inbound import TREATMENTS
from bot.texts import Texts
from bot.transactions import stay_behind, transaction
from knowledge.models import Conversation

log = structlog.get_logger("files")

_LOOK_EVERY = 2.0  # seconds
_PLACES = 4  # files at once
_LONGEST = 60.0  # seconds for one file; well within its lease


@dataclass(frozen=True)
class Collector:
    """Takes one waiting file after the other.

    ``told`` is called with the conversation when something was said; ``pauses`` are the seconds before
    each further try.
    """

    sessions: sessionmaker
    channels: Mapping[str, Channel]
    store: FileStore
    texts: Texts
    told: Callable[[str], None]
    pauses: Sequence[float]

    async def run(self) -> None:
        """Work for ever."""
        stay_behind()
        places = anyio.Semaphore(_PLACES)
        await self._settle()
        async with anyio.create_task_group() as tasks:
            while True:
                try:
                    await self._start_all_due(tasks, places)
                except Exception as error:  # the database is away
                    log.error("files.failed", error=type(error).__name__)
                await anyio.sleep(_LOOK_EVERY)

    async def _settle(self) -> None:
        """Put in order what a crash has left."""

        def known(path: str) -> bool:
            with self.sessions() as session:
                return rows.is_known(session, path)

        try:
            await anyio.to_thread.run_sync(self.store.settle, known)
        except Exception as error:  # the next start tries it again
            log.error("files.unsettled", error=type(error).__name__)

    async def _start_all_due(self, tasks: TaskGroup, places: anyio.Semaphore) -> None:
        while True:
            await places.acquire()
            try:
                waiting = await transaction(self.sessions, rows.claim)
            except BaseException:
                places.release()
                raise
            if waiting is None:
                places.release()
                return
            tasks.start_soon(self._work, waiting, places)

    async def _work(self, waiting: Waiting, places: anyio.Semaphore) -> None:
        try:
            await self.collect(waiting)
        except Exception as error:  # its lease ends by itself, and it is tried again
            log.error("files.unfinished", attachment=waiting.attachment_id, error=type(error).__name__)
        finally:
            places.release()

    async def collect(self, waiting: Waiting) -> None:
        """Fetch one file and keep it, put it off, or give it up."""
        try:
            await self._fetch_and_keep(waiting)
        except FileRefused as error:
            await self._refuse(waiting, error.reason)
        except Permanent:
            await self._refuse(waiting, "gone")
        except OSError as error:
            await transaction(self.sessions, raise_alert, "files", "", "files_failed")
            await self._again(waiting, error)
        except Exception as error:
            await self._again(waiting, error)

    async def _fetch_and_keep(self, waiting: Waiting) -> None:
        channel = self.channels.get(waiting.channel)
        if channel is None:  # its credentials were taken away meanwhile
            raise Retry("no such channel")
        draft = await anyio.to_thread.run_sync(self.store.begin)
        try:
            kept = await _fetch(channel, waiting, draft)
            if await transaction(self.sessions, self._stored, waiting, kept):
                await anyio.to_thread.run_sync(draft.keep)
                log.info("files.stored", attachment=waiting.attachment_id, size=kept.size)
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(draft.drop)

    @staticmethod
    def _stored(session: Session, waiting: Waiting, kept: KeptFile) -> bool:
        clear_alerts(session, "files", "")
        return rows.stored(session, waiting, kept)

    async def _again(self, waiting: Waiting, error: Exception) -> None:
        log.warning("files.failed_try", attachment=waiting.attachment_id, error=type(error).__name__)
        if waiting.attempt > len(self.pauses):
            await self._refuse(waiting, "unreachable")
            return
        pause = self.pauses[waiting.attempt - 1]
        if isinstance(error, Retry) and error.after is not None:
            pause = max(pause, error.after)
        reason = "retry" if isinstance(error, DeliveryError) else "failed"
        await transaction(self.sessions, rows.put_off, waiting, pause, reason)

    async def _refuse(self, waiting: Waiting, reason: str) -> None:
        log.info("files.refused", attachment=waiting.attachment_id, reason=reason)
        if await transaction(self.sessions, self._refused, waiting, reason):
            self.told(waiting.conversation_id)

    def _refused(self, session: Session, waiting: Waiting, reason: str) -> bool:
        """Who was told that the file has come in must be told as well that staff cannot see it."""
        if not rows.refused(session, waiting, reason) or TREATMENTS[waiting.kind].answer != "attachment":
            return False
        reply = self.texts.reply("file_refused", reason=self.texts.file(reason))
        key = f"file:{waiting.attachment_id}"
        if tell(session, waiting.conversation_id, reply, key):
            return True
        if find_open(session, waiting.conversation_id) is None:
            return False
        citizen.tell(session, session.get(Conversation, waiting.conversation_id), reply, key)
        return True


async def _fetch(channel: Channel, waiting: Waiting, draft: Draft) -> KeptFile:
    with anyio.fail_after(_LONGEST):
        async with aclosing(channel.fetch(waiting.coming)) as chunks:  # type: ignore[type-var]
            async for chunk in chunks:
                draft.write(chunk)
        return await anyio.to_thread.run_sync(partial(draft.finish))
