"""The durable outbox: every channel has a lane of its own, so that a provider in trouble holds up no other.

Within a conversation messages leave one after the other, in the order of their numbers.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import anyio
import structlog
from anyio.abc import TaskGroup
from sqlalchemy.orm import Session, sessionmaker

from bot.alerts import clear_alerts, raise_alert
from bot.channels.base import Channel, Delivery
from bot.delivery import ledger
from bot.delivery.ledger import Lane, Outgoing, Step
from bot.errors import DeliveryError, NeedsOperator, Permanent, RefreshAndRetry, Retry, Uncertain, WindowClosed
from bot.metrics import Metrics
from bot.transactions import transaction
from knowledge.models import utc_now

log = structlog.get_logger("outbox")

_LOOK_EVERY = 1.0  # seconds
_PLACES = 8  # conversations of one channel that are written to at once
_MOST_ATTEMPTS = 12  # failed tries of one part
_OLDEST = dt.timedelta(hours=24)  # after that an answer helps nobody
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 600.0  # seconds
_OPERATOR_PAUSE = 60.0  # seconds between looks whether a person has acted


@dataclass(frozen=True)
class Rules:
    """How the outbox works here: ``confirm_within`` seconds for an echo; ``alone`` on this database or not."""

    choose: str
    confirm_within: float
    alone: bool
    pause: Callable[[int], float]


def growing_pause(attempt: int) -> float:
    """Return the seconds to wait after so many failed tries: doubled each time, and by chance, not all alike."""
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt) * random.uniform(0.5, 1.0)


class Outbox:
    """Delivers what is pending in every channel; ``wake`` it after a commit."""

    def __init__(self, sessions: sessionmaker, channels: Mapping[str, Channel], rules: Rules, metrics: Metrics) -> None:
        self._lanes = [Sender(sessions, channel, rules, metrics) for channel in channels.values()]

    def wake(self) -> None:
        """Look at once."""
        for lane in self._lanes:
            lane.wake()

    async def run(self) -> None:
        """Deliver for ever."""
        async with anyio.create_task_group() as tasks:
            for lane in self._lanes:
                tasks.start_soon(lane.run)


class Sender:
    """The lane of one channel."""

    def __init__(self, sessions: sessionmaker, channel: Channel, rules: Rules, metrics: Metrics) -> None:
        self._sessions = sessions
        self._channel = channel
        self._rules = rules
        self._metrics = metrics
        self._news = anyio.Event()
        self._alerted = True  # perhaps before the last restart

    @property
    def lane(self) -> Lane:
        channel = self._channel
        return Lane(channel.name, channel.capabilities, channel.confirms, self._rules.choose)

    def wake(self) -> None:
        """Look at once."""
        self._news.set()

    async def run(self) -> None:
        """Deliver for ever; a fault of the database is logged and tried again."""
        places = anyio.Semaphore(_PLACES)
        everything = self._rules.alone
        async with anyio.create_task_group() as tasks:
            while True:
                self._news = anyio.Event()
                try:
                    await transaction(self._sessions, self.recover, everything)
                    everything = False
                    await self._start_all_due(tasks, places)
                except Exception as error:  # the rows are still there for the next round
                    log.error("outbox.failed", channel=self._channel.name, error=type(error).__name__)
                with anyio.move_on_after(_LOOK_EVERY):
                    await self._news.wait()

    def recover(self, session: Session, everything: bool) -> None:
        items = ledger.lost(session, self.lane, everything)
        for item in items:
            is_uncertain = ledger.take_up(session, item, self._until_confirmed())
            if is_uncertain and not self._channel.confirms:
                self._alert(session, "uncertain", {"conversation": item.conversation_id, "seq": item.seq})
        if items:
            log.warning("outbox.recovered", channel=self._channel.name, items=len(items))

    def _until_confirmed(self) -> dt.datetime:
        seconds = self._rules.confirm_within if self._channel.confirms else 0.0
        return utc_now() + dt.timedelta(seconds=seconds)

    def _alert(self, session: Session, key: str, details: Mapping[str, Any]) -> None:
        raise_alert(session, key, self._channel.name, key, details)

    async def _start_all_due(self, tasks: TaskGroup, places: anyio.Semaphore) -> None:
        while True:
            await places.acquire()
            try:
                outgoing = await transaction(self._sessions, ledger.claim, self.lane)
            except BaseException:
                places.release()
                raise
            if outgoing is None:
                places.release()
                return
            tasks.start_soon(self._work, outgoing, places)

    async def _work(self, outgoing: Outgoing, places: anyio.Semaphore) -> None:
        try:
            await self.send(outgoing)
        except Exception as error:  # the lease ends by itself and the item is taken up again
            log.error("outbox.unfinished", item=outgoing.delivery.item_id, error=type(error).__name__)
        finally:
            places.release()
            self.wake()

    async def send(self, outgoing: Outgoing) -> None:
        """Send the remaining parts of a message, up to the first that cannot go now."""
        for step in outgoing.steps:
            if not await transaction(self._sessions, ledger.begin, outgoing, step):
                log.warning("outbox.lease_lost", item=outgoing.delivery.item_id)
                return
            try:
                external_id = await self._call(outgoing, step)
            except DeliveryError as error:
                if not await transaction(self._sessions, self._failed, outgoing, step, error):
                    return
            else:
                await transaction(self._sessions, self._sent, step, external_id)
        await transaction(self._sessions, ledger.close, outgoing)

    async def _call(self, outgoing: Outgoing, step: Step) -> str | None:
        delivery = replace(outgoing.delivery, part_no=step.number, parts=outgoing.steps[-1].number + 1)
        window, heard_at = self._channel.capabilities.window, delivery.heard_at
        if window and heard_at and utc_now() - heard_at > window:
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

    def _sent(self, session: Session, step: Step, external_id: str | None) -> None:
        ledger.sent(session, step, external_id)
        self._metrics.delivered(self._channel.name)
        if self._alerted:
            clear_alerts(session, "operator", self._channel.name)
            self._alerted = False

    def _failed(self, session: Session, outgoing: Outgoing, step: Step, error: DeliveryError) -> bool:
        """Settle a failed try by what it means; True = go on with the next part."""
        log.warning("outbox.failed_try", conversation=outgoing.delivery.conversation_id, kind=type(error).__name__)
        self._metrics.failed(self._channel.name, type(error).__name__)
        if isinstance(error, Uncertain):
            return self._uncertain(session, outgoing, step, error)
        if isinstance(error, NeedsOperator):
            self._alerted = True
            raise_alert(session, "operator", self._channel.name, str(error))
        if isinstance(error, Permanent) or self._is_hopeless(outgoing, step):
            self._park(session, outgoing, error)
        else:
            self._put_off(session, outgoing, step, error)
        return False

    def _uncertain(self, session: Session, outgoing: Outgoing, step: Step, error: DeliveryError) -> bool:
        if self._channel.capabilities.replayed:
            self._put_off(session, outgoing, step, error)
            return False
        ledger.set_part(session, step, "uncertain", str(error), step.attempts + 1)
        if self._channel.confirms and not self._is_hopeless(outgoing, step):
            ledger.put_off(session, outgoing, self._until_confirmed(), str(error))
            return False
        self._alert(session, "uncertain", _place(outgoing))
        return True

    @staticmethod
    def _is_hopeless(outgoing: Outgoing, step: Step) -> bool:
        return step.attempts + 1 >= _MOST_ATTEMPTS or utc_now() - outgoing.created_at > _OLDEST

    def _park(self, session: Session, outgoing: Outgoing, error: DeliveryError) -> None:
        ledger.park(session, outgoing, str(error))
        self._metrics.parked(self._channel.name)
        key = "window_closed" if isinstance(error, WindowClosed) else "parked"
        self._alert(session, key, {**_place(outgoing), "reason": str(error)})

    def _put_off(self, session: Session, outgoing: Outgoing, step: Step, error: DeliveryError) -> None:
        after = error.after if isinstance(error, Retry) else None
        if isinstance(error, NeedsOperator):
            after = _OPERATOR_PAUSE
        seconds = self._rules.pause(step.attempts) if after is None else after
        attempts = step.attempts + (1 if after is None else 0)
        ledger.set_part(session, step, "pending", str(error), attempts)
        ledger.put_off(session, outgoing, utc_now() + dt.timedelta(seconds=seconds), str(error))
        self._wake_in(seconds)

    def _wake_in(self, seconds: float) -> None:
        """Ring in time for a short pause; this runs in a thread, the bell hangs on the event loop."""
        if seconds < _LOOK_EVERY:
            anyio.from_thread.run_sync(lambda: asyncio.get_running_loop().call_later(seconds, self.wake))


def _place(outgoing: Outgoing) -> dict[str, Any]:
    return {"conversation": outgoing.delivery.conversation_id, "seq": outgoing.delivery.seq}
