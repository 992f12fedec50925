"""Token buckets that keep one talker or one address from taking all the room.

They live in this process alone: with several processes each allows the full rate.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

_MOST_KEYS = 50_000


@dataclass(frozen=True)
class Rate:
    """``count`` calls within ``seconds``, refilled evenly."""

    count: int
    seconds: float


class Limiter:
    """Counts calls by key against every one of its rates."""

    def __init__(self, rates: tuple[Rate, ...], clock: Callable[[], float] = time.monotonic) -> None:
        self._rates = rates
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, list[float]]] = OrderedDict()

    def wait(self, key: str) -> float:
        """Count one call; return 0, or the seconds to wait when it is one too many."""
        now = self._clock()
        levels = self._levels(key, now)
        lacking = [self._lack(rate, level) for rate, level in zip(self._rates, levels)]
        waiting = max(lacking, default=0.0)
        if not waiting:
            levels = [level - 1 for level in levels]
        self._keep(key, now, levels)
        return waiting

    def _levels(self, key: str, now: float) -> list[float]:
        then, levels = self._buckets.get(key, (now, [float(rate.count) for rate in self._rates]))
        return [
            min(rate.count, level + (now - then) * rate.count / rate.seconds)
            for rate, level in zip(self._rates, levels)
        ]

    @staticmethod
    def _lack(rate: Rate, level: float) -> float:
        return 0.0 if level >= 1 else (1 - level) * rate.seconds / rate.count

    def _keep(self, key: str, now: float, levels: list[float]) -> None:
        self._buckets[key] = (now, levels)
        self._buckets.move_to_end(key)
        if len(self._buckets) > _MOST_KEYS:
            self._buckets.popitem(last=False)
