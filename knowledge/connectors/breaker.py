"""A circuit breaker: a system that failed several times in a row is left alone for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_MOST_FAILURES = 3
_REST = 30.0  # seconds


class Breaker:
    """Counts failures in a row. After a rest one caller tries again, the others wait for what comes of it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._rests_until = 0.0

    def lets_through(self) -> bool:
        """Tell whether the system may be asked now."""
        with self._lock:
            if self._failures < _MOST_FAILURES:
                return True
            if self._clock() < self._rests_until:
                return False
            self._rests_until = self._clock() + _REST  # this caller tries; a further failure rests on
            return True

    def succeeded(self) -> None:
        """Note that the system answered."""
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        """Note that it did not."""
        with self._lock:
            self._failures += 1
            self._rests_until = self._clock() + _REST
