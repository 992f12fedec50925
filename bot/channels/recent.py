"""A short memory of what has just come in; forgetting it does no harm."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

_MOST = 10_000


class Recent:
    """Remembers keys for so many seconds, in this process alone."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._seen: OrderedDict[Hashable, float] = OrderedDict()

    def has(self, key: Hashable) -> bool:
        """Tell whether the key was added not long ago."""
        then = self._seen.get(key)
        return then is not None and self._clock() - then < self._seconds

    def add(self, key: Hashable) -> None:
        """Remember the key from now on."""
        self._seen[key] = self._clock()
        self._seen.move_to_end(key)
        if len(self._seen) > _MOST:
            self._seen.popitem(last=False)
