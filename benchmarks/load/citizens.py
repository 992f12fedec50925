"""Citizens of Zalo who write by a plan, whatever happens, or each when the last answer has come."""

from __future__ import annotations

import asyncio
import gc
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.load.arrivals import Arrival, citizens_in
from benchmarks.load.numbers import percentile
from benchmarks.load.sender import Sender, Sent
from benchmarks.load.zalo import Got, ZaloApart, user_of

BY_ONE = 4  # messages of one citizen: who writes many in moments is told to write more slowly
_PATIENCE = 60.0  # seconds for one answer, where each waits for the one before


@dataclass(frozen=True)
class Level:
    """What came of so many conversations at once: answers a second, and seconds from each question to its answer."""

    lanes: int
    rate: float
    times: tuple[float, ...]

    @property
    def median(self) -> float:
        """Half were answered sooner."""
        return percentile(self.times, 0.5)

    @property
    def p95(self) -> float:
        """One in twenty waited longer."""
        return percentile(self.times, 0.95)


class Citizens:
    """Everybody who writes; ``written`` is what each has written, by number and in order."""

    def __init__(self, zalo: ZaloApart, questions: Sequence[str]) -> None:
        self._zalo = zalo
        self._questions = questions
        self._news: dict[str, asyncio.Event] = {}
        self.written: defaultdict[int, list[Sent]] = defaultdict(list)
        self._next = 0

    def _take(self, count: int) -> range:
        """Return the numbers of so many citizens who have not written before."""
        found = range(self._next, self._next + count)
        self._next += count
        self._zalo.expect(found)
        return found

    def _message(self, citizen: int, due: float) -> Sent:
        number = len(self.written[citizen])
        text = self._questions[(citizen * BY_ONE + number) % len(self._questions)]
        self.written[citizen].append(Sent(citizen, number, text, due))
        return self.written[citizen][-1]

    async def by_plan(self, sender: Sender, plan: list[Arrival]) -> list[Sent]:
        """Write everything at its moment, without waiting for anything; return when all of it is taken.

        A citizen's next message leaves when the one before is taken: Zalo promises no order of what it repeats.
        """
        loop = asyncio.get_running_loop()
        people, start, offset = self._take(citizens_in(plan)), loop.time(), time.time() - loop.time()
        before: dict[int, asyncio.Task[None]] = {}
        sent = []
        with _without_looks_for_garbage():
            for one in plan:
                await asyncio.sleep(max(0.0, start + one.at - loop.time()))
                message = self._message(people[one.citizen], start + one.at + offset)
                message.woken = time.time()
                before[one.citizen] = asyncio.create_task(_after(before.get(one.citizen), sender, message))
                sent.append(message)
            await asyncio.gather(*before.values())
        return sent

    async def by_turns(self, sender: Sender, lanes: int, seconds: float) -> Level:
        """Have so many conversations go on side by side, each question after the answer to the one before."""
        loop, until = asyncio.get_running_loop(), time.time() + seconds

        def heard(one: Got) -> None:
            if one.user in self._news:
                loop.call_soon_threadsafe(self._news[one.user].set)

        self._zalo.listeners.append(heard)
        try:
            found = await asyncio.gather(*(self._lane(sender, until) for _ in range(lanes)))
        finally:
            self._zalo.listeners.remove(heard)
        times = tuple(took for lane in found for took in lane)
        return Level(lanes, len(times) / seconds, times)

    async def _lane(self, sender: Sender, until: float) -> list[float]:
        """Return the seconds of each answer that came in time; after some messages somebody else goes on."""
        times = []
        while time.time() < until:
            citizen = self._take(1)[0]
            news = self._news[user_of(citizen)] = asyncio.Event()
            for _ in range(BY_ONE):
                if time.time() >= until:
                    break
                news.clear()
                message = self._message(citizen, time.time())
                await sender.post(message)
                await asyncio.wait_for(news.wait(), _PATIENCE)
                if time.time() < until:
                    times.append(time.time() - message.due)
        return times


@contextmanager
def _without_looks_for_garbage() -> Iterator[None]:
    """All that is written is kept until the end: looking through it takes longer and longer, and delays what is due."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def _after(before: asyncio.Task[None] | None, sender: Sender, message: Sent) -> None:
    if before is not None:
        await before
    await sender.post(message)
