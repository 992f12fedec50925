"""How long a citizen's message takes to every open console: accepted at the door, told as ``news`` at the screen."""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import time
from collections import defaultdict
from dataclasses import dataclass

import httpx

from benchmarks.console.office import Setting, message

P95 = 300.0  # milliseconds at most
_SETTLE = 2.0  # seconds
_WITHIN = 15.0  # seconds; a conversation is not written to again so soon
_BURST = 20


@dataclass(frozen=True)
class Row:
    """The milliseconds of one way of writing, over all consoles; ``missed`` never came."""

    name: str
    messages: int
    times: tuple[float, ...]
    missed: int

    @property
    def median(self) -> float:
        """Half were faster."""
        return statistics.median(self.times)

    @property
    def p95(self) -> float:
        """One of twenty was slower."""
        return statistics.quantiles(self.times, n=20, method="inclusive")[18]

    @property
    def is_good(self) -> bool:
        """Whether it keeps within the target and nothing is missing."""
        return self.p95 <= P95 and not self.missed


class Screens:
    """Open streams; ``heard`` has, for each conversation, when each of them was told."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self.heard: defaultdict[str, list[tuple[float, int]]] = defaultdict(list)
        self.ready = 0

    async def listen(self, number: int, client: httpx.AsyncClient) -> None:
        """Read one stream until cancelled."""
        cookies = {"Cookie": f"console={self._setting.secrets[number]}"}
        async with client.stream("GET", f"{self._setting.url}/console/events", headers=cookies) as response:
            response.raise_for_status()
            async for line in response.aiter_lines():
                if line == "data: []":
                    self.ready += 1
                elif line.startswith("data: ["):
                    for key in json.loads(line[6:]):
                        self.heard[key].append((time.perf_counter(), number))


async def measure(setting: Setting, count: int) -> list[Row]:
    """Return the times of messages that come evenly, and of such that come all at once."""
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(verify=False, trust_env=False, timeout=60.0, limits=limits) as client:
        screens = Screens(setting)
        listening = [asyncio.create_task(screens.listen(number, client)) for number in range(len(setting.secrets))]
        while screens.ready < len(setting.secrets):
            await asyncio.sleep(0.05)
        rows = [await _write(screens, setting, client, "even, 5 a second", count, 0.2)]
        rows.append(await _write(screens, setting, client, "bursts of 20", count // 2, 0.0))
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
    return rows


async def _write(
    screens: Screens, setting: Setting, client: httpx.AsyncClient, name: str, count: int, pause: float
) -> Row:
    keys, at_once = list(setting.tokens), 1 if pause else _BURST
    order = [key for _ in range(1 + count // len(keys)) for key in random.sample(keys, len(keys))][:count]
    sent: list[tuple[str, float, float]] = []
    for start in range(0, count, at_once):
        sent += await asyncio.gather(*(_send(setting, client, key) for key in order[start : start + at_once]))
        await asyncio.sleep(pause or _SETTLE)
    await asyncio.sleep(_SETTLE)
    times = [waited for one in sent for waited in _waits(screens, one)]
    screens.heard.clear()
    return Row(name, count, tuple(times), count * len(setting.secrets) - len(times))


async def _send(setting: Setting, client: httpx.AsyncClient, key: str) -> tuple[str, float, float]:
    """Return the conversation, when the message left, and when it was accepted."""
    left = time.perf_counter()
    response = await client.post(f"{setting.url}/api/web/messages", **message(setting.tokens[key]))
    response.raise_for_status()
    return key, left, time.perf_counter()


def _waits(screens: Screens, sent: tuple[str, float, float]) -> list[float]:
    """Return the milliseconds from the acknowledgement to the first news at each screen; news may even be faster."""
    key, left, accepted = sent
    first: dict[int, float] = {}
    for at, number in screens.heard[key]:
        if left <= at < left + _WITHIN and number not in first:
            first[number] = max(0.0, at - accepted) * 1000
    return list(first.values())
