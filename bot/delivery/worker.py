"""Works through the inbox: conversations side by side, the messages of one strictly in order."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

import anyio
import structlog
from anyio.abc import TaskGroup
from sqlalchemy.orm import Session, sessionmaker

from bot.assistant import Assistant
from bot.cases import code_of, until
from bot.channels.base import Channel
from bot.delivery import inbox
from bot.delivery.hub import Hub
from bot.delivery.inbox import Claimed
from bot.delivery.outbox import Outbox
from bot.delivery.typing import shown
from bot.errors import AssistantError
from bot.handoff.hours import OpenHours
from bot.handoff.queue import open_or_keep
from bot.inbound import SILENT
from bot.texts import Texts
from bot.transactions import transaction
from knowledge.models import utc_now
from knowledge.reply import Block, Reply

log = structlog.get_logger("worker")

_LOOK_EVERY = 1.0  # seconds; items put back for later, and other processes, ring no bell here
_MOST_ATTEMPTS = 6  # tries, counting those that ended with the death of the process
_BOT = "bot"


class Worker:
    """Takes items from the inbox and has them answered, ``places`` conversations at a time.

    ``pauses`` are the seconds to wait before each further try when Rasa gives no usable answer.
    ``alone`` tells that no other process works on this database.
    """

    def __init__(
        self,
        sessions: sessionmaker,
        assistant: Assistant,
        hub: Hub,
        outbox: Outbox,
        texts: Texts,
        is_open: OpenHours,
        places: int,
        pauses: Sequence[float],
        alone: bool,
        channels: Mapping[str, Channel],
    ) -> None:
        self._sessions = sessions
        self._assistant = assistant
        self._hub = hub
        self._outbox = outbox
        self._texts = texts
        self._is_open = is_open
        self._places = places
        self._pauses = pauses
        self._alone = alone
        self._channels = channels
        self._news = anyio.Event()

    def wake(self) -> None:
        """Look at once."""
        self._news.set()

    async def run(self) -> None:
        """Work for ever."""
        places = anyio.Semaphore(self._places)
        everything = self._alone
        async with anyio.create_task_group() as tasks:
            while True:
                self._news = anyio.Event()
                try:
                    await self._recover(everything)
                    everything = False
                    await self._start_all_due(tasks, places)
                except Exception as error:  # the database is away: the inbox keeps everything until it is back
                    log.error("inbox.failed", error=type(error).__name__)
                with anyio.move_on_after(_LOOK_EVERY):
                    await self._news.wait()

    async def _recover(self, everything: bool) -> None:
        recovered = await transaction(self._sessions, inbox.recover, everything)
        if recovered:
            log.warning("inbox.recovered", items=recovered)

    async def _start_all_due(self, tasks: TaskGroup, places: anyio.Semaphore) -> None:
        while True:
            await places.acquire()
            try:
                claimed = await transaction(self._sessions, inbox.claim)
            except BaseException:
                places.release()
                raise
            if claimed is None:
                places.release()
                return
            tasks.start_soon(self._work, claimed, places)

    async def _work(self, claimed: Claimed, places: anyio.Semaphore) -> None:
        try:
            await self.process(claimed)
        except Exception as error:  # the lease ends by itself and the item is taken up again
            log.error("inbox.unfinished", item=claimed.item_id, error=type(error).__name__)
        finally:
            places.release()
            self.wake()

    async def process(self, claimed: Claimed) -> None:
        """Answer one item, put it back, or park it."""
        if claimed.attempt > _MOST_ATTEMPTS:
            await self._poisoned(claimed, "the process died over it again and again")
            return
        if claimed.owner != _BOT:  # people own this conversation: they read the message, nobody else answers
            await self._finish(claimed, ())
            return
        with shown(self._hub, self._channels.get(claimed.channel), claimed):
            await self._answer(claimed)

    async def _answer(self, claimed: Claimed) -> None:
        try:
            if claimed.message:
                metadata = {"channel": claimed.channel, "seq": claimed.seq}
                replies = await self._assistant.ask(claimed.conversation_id, claimed.message, metadata)
                await self._finish(claimed, replies, by_rasa=True)
            else:
                await self._finish(claimed, self._own_answer(claimed))
        except AssistantError as error:
            await self._without_assistant(claimed, str(error))
        except Exception as error:  # a poison message: anything, but never twice the same and never in the way
            await self._poisoned(claimed, type(error).__name__)

    def _own_answer(self, claimed: Claimed) -> list[Reply]:
        return [] if claimed.answer == SILENT else [self._texts.reply(claimed.answer)]

    def _with_code(self, session: Session, claimed: Claimed, replies: Sequence[Reply]) -> Sequence[Reply]:
        """Say the code of the case where a person is asked for, or the code itself; tools carry none elsewhere."""
        is_wanted = claimed.answer == "case_code" and not claimed.message
        is_wanted = is_wanted or any(reply.handoff for reply in replies)
        if not (is_wanted and replies) or claimed.owner != _BOT or claimed.channel == "rest":
            return replies
        case = code_of(session, claimed.conversation_id)
        line = (Block("text", text=self._texts.word("case").format(code=case.code, until=until(case))),)
        *others, last = replies
        return [*others, replace(last, bubbles=(*last.bubbles, line))]

    def _noted(self, claimed: Claimed, replies: Sequence[Reply]) -> Sequence[Reply]:
        """Put the sentence that must not be missed before the answer."""
        if not (claimed.note and replies):
            return replies
        first, *others = replies
        return [replace(first, bubbles=self._texts.reply(claimed.note).bubbles + first.bubbles), *others]

    async def _without_assistant(self, claimed: Claimed, error: str) -> None:
        log.warning("assistant.failed", item=claimed.item_id, attempt=claimed.attempt, error=error)
        if not await self._again(claimed, error):
            await self._finish(claimed, [self._fallback(claimed)], "done", error)

    async def _poisoned(self, claimed: Claimed, error: str) -> None:
        if await self._again(claimed, error):
            return
        log.error("inbox.parked", item=claimed.item_id, conversation=claimed.conversation_id, error=error)
        try:
            await self._finish(claimed, [self._fallback(claimed)], "parked", error)
        except Exception:  # even the honest sentence cannot be stored: leave the way free for what follows
            await self._finish(claimed, (), "parked", error)

    async def _again(self, claimed: Claimed, error: str) -> bool:
        if claimed.attempt > len(self._pauses):
            return False
        pause = self._pauses[claimed.attempt - 1]
        await transaction(self._sessions, inbox.retry, claimed, pause, error)
        asyncio.get_running_loop().call_later(pause, self.wake)
        return True

    def _fallback(self, claimed: Claimed) -> Reply:
        """Return the honest sentence; the wish for a person is met even while Rasa is away."""
        if claimed.intent != "ask_human":
            return self._texts.reply("unavailable")
        return self._texts.reply("handoff_queued" if self._is_open(utc_now()) else "handoff_callback")

    async def _finish(
        self,
        claimed: Claimed,
        replies: Sequence[Reply],
        state: str = "done",
        error: str = "",
        by_rasa: bool = False,
    ) -> None:
        replies = self._noted(claimed, replies)
        await transaction(self._sessions, self._store, claimed, replies, state, error, by_rasa)
        self._hub.publish(claimed.conversation_id)
        self._outbox.wake()

    def _store(
        self, session: Session, claimed: Claimed, replies: Sequence[Reply], state: str, error: str, by_rasa: bool
    ) -> None:
        replies = self._with_code(session, claimed, replies)
        if not inbox.finish(session, claimed, replies, state, error, by_rasa):
            log.warning("inbox.lease_lost", item=claimed.item_id)
            return
        for reply in replies:
            if reply.handoff:
                open_or_keep(session, claimed.conversation_id, reply, self._is_open)
        log.info("message.answered", item=claimed.item_id, outcomes=[reply.outcome for reply in replies])
