"""Places: of how many conversations something is in work at once."""

from __future__ import annotations

import anyio

_CLAIMED_AT_ONCE = 8


async def take_free(places: anyio.Semaphore) -> int:
    """Take some of the places that are free, one at least, and return how many: claims share a transaction."""
    await places.acquire()
    taken = 1
    while taken < _CLAIMED_AT_ONCE and places.value:
        places.acquire_nowait()
        taken += 1
    return taken
