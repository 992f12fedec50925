"""Works through the inbox: conversations side by side, the messages of one strictly in order."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping, Sequence

import anyio
import structlog
from anyio.abc import TaskGroup
from sqlalchemy.orm import Session, sessionmaker

from bot.assistant import Assistant
from bot.channels.base import Channel
from bot.delivery import inbox
from bot.delivery.answering import Answering, LeaseLost
from bot.delivery.breaker import Breaker
from bot.delivery.crowd import Crowd
from bot.delivery.hub import Hub
from bot.delivery.inbox import Claimed
from bot.delivery.outbox import Outbox
from bot.delivery.places import Places
from bot.delivery.typing import shown
from bot.errors import AssistantAway, AssistantError
from bot.gathering import Gathering
from bot.handoff import gate
from bot.handoff.gate import Way
from bot.handoff.moves import NotPossible
from bot.handoff.rules import Rules
from bot.metrics import Metrics
from bot.texts import Texts
from bot.transactions import stay_behind
from knowledge.models import utc_now
from knowledge.reply import Reply

log = structlog.get_logger("worker")

_LOOK_EVERY = 1.0  # seconds; items put back for later, and other processes, ring no bell here
_LOOK_WHILE_AWAY = 0.05  # seconds
_MOST_ATTEMPTS = 6  # tries, counting those that ended with the death of the process
_SETTLED_AT_ONCE = 8  # items in one transaction


class Worker:
    """Takes items from the inbox and has them answered, ``places`` conversations at a time.

    ``pauses`` are the seconds to wait before each further try when Rasa gives no usable answer.
    ``alone`` tells that no other process works on this database.
    """

    def __init__(
        self,
        sessions: sessionmaker,
        gathering: Gathering,
        assistant: Assistant,
        hub: Hub,
        outbox: Outbox,
        texts: Texts,
        rules: Rules,
        places: int,
        pauses: Sequence[float],
        alone: bool,
        channels: Mapping[str, Channel],
        metrics: Metrics,
        public_url: str = "",
    ) -> None:
        self._gathering = gathering
        self._assistant = assistant
        self._hub = hub
        self._outbox = outbox
        self._answering = Answering(texts, rules, public_url)
        self._places = Places(places)
        self._pauses = pauses
        self._alone = alone
        self._channels = channels
        self._metrics = metrics
        self._breaker = Breaker(sum(pauses))
        self.crowd = Crowd(sessions, texts, self._told)
        self._news = anyio.Event()
        self._away = anyio.Event()
        self._recover_at = 0.0

    @property
    def is_waiting_for_rasa(self) -> bool:
        """Whether questions are held back because Rasa takes no calls."""
        return self._breaker.is_open

    def wake(self) -> None:
        """Look at once."""
        self._news.set()

    async def run(self) -> None:
        """Work for ever."""
        stay_behind()
        everything = self._alone
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._probe)
            tasks.start_soon(self.crowd.run)
            while True:
                self._news = anyio.Event()
                try:
                    await self._recover(everything)
                    everything = False
                    if not await self._settle_all():
                        await self._start_all_due(tasks)
                except Exception as error:  # the database is away: the inbox keeps everything until it is back
                    log.error("inbox.failed", error=type(error).__name__)
                await self._rest()

    async def finish(self) -> None:
        """Take nothing more and wait until what is asked is answered."""
        await self._places.finish()

    async def _rest(self) -> None:
        if self._breaker.is_open:  # at a steady pace: no news brings Rasa back
            await anyio.sleep(_LOOK_WHILE_AWAY)
            return
        with anyio.move_on_after(_LOOK_EVERY):
            await self._news.wait()

    async def _probe(self) -> None:
        """Look, for ever, whether Rasa is back when it was away."""
        while True:
            await self._away.wait()
            await anyio.sleep(self._breaker.pause)
            begun_at = utc_now()
            self._breaker.probed(await self._is_there(), begun_at)
            if not self._breaker.is_open:
                log.info("assistant.back")
                self._away = anyio.Event()
                self.wake()

    async def _is_there(self) -> bool:
        try:
            return await self._assistant.is_there()
        except Exception as error:  # whatever it is, the next probe comes
            log.error("assistant.probe_failed", error=type(error).__name__)
            return False

    async def _recover(self, everything: bool) -> None:
        """Leases end seldom, and looks are many."""
        if anyio.current_time() < self._recover_at:
            return
        recovered = await self._gathering.do(inbox.recover, everything)
        self._recover_at = anyio.current_time() + _LOOK_EVERY
        if recovered:
            log.warning("inbox.recovered", items=recovered)

    async def _settle_all(self) -> bool:
        """While Rasa is away, answer what goes without it, some in one transaction; True = there is no more to do."""
        try:
            while asked_until := self._breaker.admits_to():
                if not await self._settle_some(asked_until):
                    return True
        except Exception as error:  # one of them spoils it for all: next each is taken by itself
            log.warning("inbox.unsettled", error=type(error).__name__)
        return False

    async def _settle_some(self, asked_until: dt.datetime) -> bool:
        settled = await self._gathering.do(self._settle, asked_until)
        self._tell(*settled)
        return len(settled) == _SETTLED_AT_ONCE

    def _settle(self, session: Session, asked_until: dt.datetime) -> list[Claimed]:
        settled: list[Claimed] = []
        while len(settled) < _SETTLED_AT_ONCE:
            claimed = inbox.claim(session, None, asked_until)
            if claimed is None:
                break
            way, why = gate.way_of(session, claimed), "Rasa is away" if claimed.message else ""
            replies = self._answering.without_rasa(claimed, way)
            self._answering.store(session, claimed, replies, "done", why, False, way)
            self._count(claimed, replies)
            settled.append(claimed)
        return settled

    async def _start_all_due(self, tasks: TaskGroup) -> None:
        while True:
            free = await self._places.take_free()
            taken: list[tuple[Claimed, Way]] = []
            try:
                taken = await self._gathering.do(_take, free, self._breaker.admits_to(), self.crowd.is_there)
            finally:
                self._places.release(free - len(taken))
            for claimed, way in taken:
                tasks.start_soon(self._work, claimed, way)
            if len(taken) < free:
                return

    async def _work(self, claimed: Claimed, way: Way) -> None:
        try:
            await self.process(claimed, way)
        except Exception as error:  # the lease ends by itself and the item is taken up again
            log.error("inbox.unfinished", item=claimed.item_id, error=type(error).__name__)
        finally:
            self._places.release()
            self.wake()

    async def process(self, claimed: Claimed, way: Way) -> None:
        """Answer one item, put it back, or park it."""
        if claimed.attempt > _MOST_ATTEMPTS:
            await self._poisoned(claimed, "the process died over it again and again")
        elif way == "ask":
            await self._answer(claimed)
        else:
            await self._without_asking(claimed, way)

    async def _without_asking(self, claimed: Claimed, way: Way) -> None:
        """Leave a message to people, or do what a button of theirs says."""
        try:
            await self._finish(claimed, self._answering.without_rasa(claimed, way), way=way)
        except NotPossible as error:
            if not await self._again(claimed, str(error)):
                raise

    async def _answer(self, claimed: Claimed) -> None:
        try:
            if not claimed.message or self._breaker.gives_up(claimed.came_at):
                await self._finish(claimed, self._answering.without_rasa(claimed, "ask"))
                return
            with shown(self._hub, self._channels.get(claimed.channel), claimed):
                more = {"channel": claimed.channel, "seq": claimed.seq}
                replies = await self._assistant.ask(claimed.conversation_id, claimed.message, more, claimed.request_id)
                await self._finish(claimed, replies, by_rasa=True)
        except AssistantError as error:
            self._metrics.rasa_failed(type(error).__name__)
            self._open_when_away(error)
            await self._without_assistant(claimed, str(error))
        except Exception as error:  # a poison message: anything, but never twice the same and never in the way
            await self._poisoned(claimed, type(error).__name__)

    def _open_when_away(self, error: AssistantError) -> None:
        if isinstance(error, AssistantAway) and self._breaker.refused():
            log.warning("assistant.away", error=str(error))
            self._away.set()

    async def _without_assistant(self, claimed: Claimed, error: str) -> None:
        log.warning("assistant.failed", item=claimed.item_id, attempt=claimed.attempt, error=error)
        if not await self._again(claimed, error):
            await self._finish(claimed, [self._answering.fallback(claimed)], "done", error)

    async def _poisoned(self, claimed: Claimed, error: str) -> None:
        if await self._again(claimed, error):
            return
        log.error("inbox.parked", item=claimed.item_id, conversation=claimed.conversation_id, error=error)
        try:
            await self._finish(claimed, [self._answering.fallback(claimed)], "parked", error)
        except Exception:  # even the honest sentence cannot be stored: leave the way free for what follows
            await self._finish(claimed, (), "parked", error)

    async def _again(self, claimed: Claimed, error: str) -> bool:
        if claimed.attempt > len(self._pauses):
            return False
        pause = self._pauses[claimed.attempt - 1]
        await self._gathering.persist(claimed.until, inbox.retry, claimed, pause, error)
        asyncio.get_running_loop().call_later(pause, self.wake)
        return True

    async def _finish(
        self,
        claimed: Claimed,
        replies: Sequence[Reply],
        state: str = "done",
        error: str = "",
        by_rasa: bool = False,
        way: Way = "ask",
    ) -> None:
        try:
            work = self._answering.store
            await self._gathering.persist(claimed.until, work, claimed, replies, state, error, by_rasa, way)
        except LeaseLost:  # or it is ours: of a commit whose end was not heard of
            log.warning("inbox.lease_lost", item=claimed.item_id)
        else:
            self._count(claimed, replies)
        self._tell(claimed)

    def _count(self, claimed: Claimed, replies: Sequence[Reply]) -> None:
        if replies:
            waited = (utc_now() - claimed.came_at).total_seconds()
            self._metrics.answered([reply.outcome for reply in replies], max(0.0, waited))

    def _tell(self, *answered: Claimed) -> None:
        for claimed in answered:
            self._told(claimed.conversation_id, claimed.channel)

    def _told(self, conversation_id: str, channel: str) -> None:
        self._hub.publish(conversation_id)
        self._outbox.wake(channel)


def _take(
    session: Session, most: int, asked_until: dt.datetime | None, people_first: bool
) -> list[tuple[Claimed, Way]]:
    """Take so many items at most, of as many conversations, and tell whose turn it is with each, in one transaction."""
    taken: list[tuple[Claimed, Way]] = []
    while len(taken) < most and (claimed := inbox.claim(session, None, asked_until, people_first)):
        taken.append((claimed, gate.way_of(session, claimed)))
    return taken
