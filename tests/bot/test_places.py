"""Places: some of those that are free are taken at once."""

from __future__ import annotations

import asyncio

import anyio
import pytest

from bot.delivery.places import take_free
from tests.fakes.loopback import PATIENCE


@pytest.mark.parametrize(("free", "taken"), [(1, 1), (3, 3), (8, 8), (16, 8)])
async def test_as_many_as_are_free_up_to_eight(free: int, taken: int) -> None:
    places = anyio.Semaphore(free)
    assert await take_free(places) == taken
    assert places.value == free - taken


async def test_one_is_waited_for() -> None:
    places = anyio.Semaphore(0)
    waiting = asyncio.create_task(take_free(places))
    await asyncio.sleep(0)
    assert not waiting.done()
    places.release()
    assert await asyncio.wait_for(waiting, PATIENCE) == 1
