"""Places: of how many conversations something is in work at once."""

from __future__ import annotations

import anyio

_CLAIMED_AT_ONCE = 8


class Places:
    """So many things in work at once; after ``finish`` is begun nothing new is."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._free = anyio.Semaphore(most)
        self._is_closed = False

    async def take_free(self) -> int:
        """Take some of those that are free, one at least, and return how many: claims share a transaction."""
        await self._free.acquire()
        if self._is_closed:
            self._free.release()
            await anyio.sleep_forever()
        taken = 1
        while taken < _CLAIMED_AT_ONCE and self._free.value:
            self._free.acquire_nowait()
            taken += 1
        return taken

    def release(self, count: int = 1) -> None:
        """Give some back."""
        for _ in range(count):
            self._free.release()

    async def finish(self) -> None:
        """Wait until what is in work is done."""
        self._is_closed = True
        for _ in range(self._most):
            await self._free.acquire()
