"""The durable outbox: every channel has a lane of its own, so that a provider in trouble holds up no other.

Within a conversation messages leave one after the other, in the order of their numbers.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Concatenate, ParamSpec

import anyio
import sqlalchemy as sa
import structlog
from anyio.abc import TaskGroup
from sqlalchemy.orm import Session

from bot.channels.base import Channel, Delivery
from bot.delivery import ledger
from bot.delivery.ledger import Outgoing, Step
from bot.delivery.places import Places
from bot.delivery.settling import LOOK_EVERY, Rules, Settling
from bot.errors import DeliveryError, NeedsOperator, RefreshAndRetry, Retry, Uncertain, WindowClosed
from bot.gathering import Gathering
from bot.metrics import Metrics
from bot.transactions import is_away, stay_behind
from knowledge.models import utc_now

log = structlog.get_logger("outbox")

P = ParamSpec("P")

_PLACES = 16  # conversations of one channel that are written to at once
_RENEW_EVERY = 8.0  # seconds; a lease outlives two renewals that fail
_SETTLE_WITHIN = dt.timedelta(seconds=120)  # so long a mark is tried again while the database is away
_GRACE, _SLOW = 10.0, 3.0  # seconds that others have to store what they hold, after the database failed or took so long
_LONGEST_CALL = 120.0  # seconds; an answer that trickles in would hold its conversation for ever


class Outbox:
    """Delivers what is pending in every channel; ``wake`` it after a commit."""

    def __init__(
        self,
        gathering: Gathering,
        channels: Mapping[str, Channel],
        rules: Rules,
        metrics: Metrics,
        settled: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._lanes = {name: Sender(gathering, channel, rules, metrics, settled) for name, channel in channels.items()}

    def wake(self, name: str = "") -> None:
        """Look at once, in one channel or in all."""
        for lane in [self._lanes[name]] if name in self._lanes else self._lanes.values():
            lane.wake()

    async def run(self) -> None:
        """Deliver for ever."""
        stay_behind()
        async with anyio.create_task_group() as tasks:
            for lane in self._lanes.values():
                tasks.start_soon(lane.run)

    async def finish(self) -> None:
        """Take nothing more and wait until what is being sent is settled."""
        async with anyio.create_task_group() as tasks:
            for lane in self._lanes.values():
                tasks.start_soon(lane.finish)


class Sender:
    """The lane of one channel; ``settled(conversation_id)`` is called after each round with a message."""

    def __init__(
        self,
        gathering: Gathering,
        channel: Channel,
        rules: Rules,
        metrics: Metrics,
        settled: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._gathering = gathering
        self._channel = channel
        self._alone = rules.alone
        self._metrics = metrics
        self._settled = settled
        self.settling = Settling(channel, rules, self.wake)
        self._places = Places(_PLACES)
        self._news = anyio.Event()
        self._recover_at = 0.0
        self._in_hand: dict[tuple[int, int], Outgoing] = {}  # by item and try

    def wake(self) -> None:
        """Look at once."""
        self._news.set()

    async def run(self) -> None:
        """Deliver for ever; a fault of the database is logged and tried again."""
        everything = self._alone
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._hold)
            while True:
                self._news = anyio.Event()
                try:
                    await self._recover(everything)
                    everything = False
                    await self._start_all_due(tasks)
                except Exception as error:  # the rows are still there for the next round
                    log.error("outbox.failed", channel=self._channel.name, error=type(error).__name__)
                    self._wait_for_others(error)
                with anyio.move_on_after(LOOK_EVERY):
                    await self._news.wait()

    async def finish(self) -> None:
        """Take nothing more and wait until what is being sent is settled."""
        await self._places.finish()

    async def _hold(self) -> None:
        """Renew, for ever, the leases of what is in hand: a call may last longer than one."""
        while True:
            await anyio.sleep(_RENEW_EVERY)
            try:
                await self._gathering.do(self._renew)
            except Exception as error:  # the next one comes before the leases end
                log.warning("outbox.not_renewed", channel=self._channel.name, error=type(error).__name__)
                self._wait_for_others(error)

    def _renew(self, session: Session) -> None:
        for outgoing in list(self._in_hand.values()):
            ledger.renew(session, outgoing)

    def _wait_for_others(self, error: Exception) -> None:
        """Take nothing up for a while after the database was away: its holder may live, and store it in a moment."""
        if not self._alone and isinstance(error, sa.exc.SQLAlchemyError) and is_away(error):
            self._recover_at = anyio.current_time() + _GRACE

    async def _recover(self, everything: bool) -> None:
        """Leases end seldom, and looks are many."""
        if anyio.current_time() >= self._recover_at:
            is_slow = await self._gathering.do(self._recover_in, everything, time.monotonic())
            self._recover_at = anyio.current_time() + (_GRACE if is_slow else LOOK_EVERY)

    def _recover_in(self, session: Session, everything: bool, asked_at: float) -> bool:
        """Do so unless the database took long to answer, for others as for us; True = it did."""
        session.connection()
        self._renew(session)
        if not self._alone and time.monotonic() - asked_at > _SLOW:
            return True
        self.settling.recover(session, everything)
        return False

    async def _start_all_due(self, tasks: TaskGroup) -> None:
        is_crowded = False
        while True:
            free = await self._places.take_free()
            some: list[Outgoing] = []
            try:
                claim, lane = ledger.claim_some, self.settling.lane
                some = await self._gathering.do(claim, lane, free, people_first=is_crowded)
            finally:
                self._places.release(free - len(some))
            for outgoing in some:
                tasks.start_soon(self._work, outgoing)
            if len(some) < free:
                return
            is_crowded = True  # there was more than there were places: those who talk with people come first now

    async def _work(self, outgoing: Outgoing) -> None:
        try:
            await self.send(outgoing)
        except Exception as error:  # the lease ends by itself and the item is taken up again
            log.error("outbox.unfinished", item=outgoing.delivery.item_id, error=type(error).__name__)
        finally:
            self._places.release()
            self.wake()
            self._settled(outgoing.delivery.conversation_id)

    async def send(self, outgoing: Outgoing) -> None:
        """Send the remaining parts of a message, up to the first that cannot go now."""
        key = (outgoing.delivery.item_id, outgoing.delivery.attempt)
        self._in_hand[key] = outgoing
        try:
            await self._send(outgoing)
        finally:
            del self._in_hand[key]

    async def _send(self, outgoing: Outgoing) -> None:
        place, asked_at = 0, utc_now()
        goes_on = await self._persist(self.settling.go_on, outgoing, place)
        while goes_on:
            if utc_now() - asked_at >= ledger.LEASE:  # we stood still: it may be another's by now
                asked_at = utc_now()
                goes_on = await self._persist(self.settling.go_on, outgoing, place)
                continue
            try:
                external_id = await self._call(outgoing, outgoing.steps[place])
            except DeliveryError as error:
                asked_at = utc_now()
                goes_on = await self._failed(outgoing, place, error)
            else:
                asked_at = utc_now()
                goes_on = await self._persist(self.settling.sent, outgoing, place, external_id)
                self._metrics.delivered(self._channel.name)
            place += 1

    async def _persist(self, work: Callable[Concatenate[Session, P], bool], *args: P.args, **kwargs: P.kwargs) -> bool:
        return await self._gathering.persist(utc_now() + _SETTLE_WITHIN, work, *args, **kwargs)

    async def _failed(self, outgoing: Outgoing, place: int, error: DeliveryError) -> bool:
        log.warning("outbox.failed_try", conversation=outgoing.delivery.conversation_id, kind=type(error).__name__)
        self._metrics.failed(self._channel.name, type(error).__name__)
        goes_on = await self._persist(self.settling.failed, outgoing, place, error)
        if self.settling.gives_up(outgoing, outgoing.steps[place], error):
            self._metrics.parked(self._channel.name)
        return goes_on

    async def _call(self, outgoing: Outgoing, step: Step) -> str | None:
        delivery = replace(outgoing.delivery, part_no=step.number, parts=outgoing.steps[-1].number + 1)
        if delivery.is_too_late(self._channel.capabilities.window, utc_now()):
            raise WindowClosed("the citizen has been silent for too long")
        try:
            return await self._once(delivery, step)
        except RefreshAndRetry:
            await self._refresh()
        try:
            return await self._once(delivery, step)
        except RefreshAndRetry as error:
            raise NeedsOperator("token_refused") from error

    async def _once(self, delivery: Delivery, step: Step) -> str | None:
        try:
            with anyio.fail_after(_LONGEST_CALL):
                return await self._channel.deliver(delivery, step.part)
        except DeliveryError:
            raise
        except Exception as error:  # nobody knows how far it came
            raise Uncertain(type(error).__name__) from error

    async def _refresh(self) -> None:
        try:
            await self._channel.refresh()
        except DeliveryError:
            raise
        except Exception as error:  # nothing has been sent yet
            raise Retry(type(error).__name__) from error
