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
        # by key a moment and the levels then, all in one tuple: Python looks for no garbage in tuples of numbers,
        # while with lists all stood still for a long moment, again and again, once many thousands had written
        self._buckets: OrderedDict[str, tuple[float, ...]] = OrderedDict()

    def wait(self, key: str, ago: float = 0.0) -> float:
        """Count one call, made ``ago`` seconds before it came here; return 0, or the seconds to wait for another.

        So what was held up on its way, and comes all at once, is not taken for a flood.
        """
        now, levels = self._bucket(key, self._clock() - max(0.0, ago))
        lacking = [self._lack(rate, level) for rate, level in zip(self._rates, levels)]
        waiting = max(lacking, default=0.0)
        if not waiting:
            levels = [level - 1 for level in levels]
        self._keep(key, now, levels)
        return waiting

    def give_back(self, key: str) -> None:
        """Undo one call that was counted and came to nothing."""
        if key in self._buckets:
            then, *levels = self._buckets[key]
            self._buckets[key] = (then, *(min(rate.count, level + 1) for rate, level in zip(self._rates, levels)))

    def _bucket(self, key: str, now: float) -> tuple[float, list[float]]:
        """Return it as it is at that moment, or at its own when that is later."""
        then, *levels = self._buckets.get(key) or (now, *(float(rate.count) for rate in self._rates))
        passed = max(0.0, now - then)
        refilled = [
            min(rate.count, level + passed * rate.count / rate.seconds) for rate, level in zip(self._rates, levels)
        ]
        return then + passed, refilled

    @staticmethod
    def _lack(rate: Rate, level: float) -> float:
        return 0.0 if level >= 1 else (1 - level) * rate.seconds / rate.count

    def _keep(self, key: str, now: float, levels: list[float]) -> None:
        self._buckets[key] = (now, *levels)
        self._buckets.move_to_end(key)
        if len(self._buckets) > _MOST_KEYS:
            self._buckets.popitem(last=False)
