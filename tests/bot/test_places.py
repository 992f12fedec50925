"""Places: some of those that are free are taken at once, until the end."""

from __future__ import annotations

import asyncio

import pytest

from bot.delivery.places import Places
from tests.fakes.loopback import PATIENCE


@pytest.mark.parametrize(("free", "taken", "next_"), [(1, 1, 0), (3, 3, 0), (8, 8, 0), (16, 8, 8)])
async def test_as_many_as_are_free_up_to_eight(free: int, taken: int, next_: int) -> None:
    places = Places(free)
    assert await places.take_free() == taken
    waiting = asyncio.create_task(places.take_free())
    for _ in range(5):
        await asyncio.sleep(0)
    assert (waiting.result() if waiting.done() else 0) == next_
    waiting.cancel()


async def test_one_is_waited_for() -> None:
    places = Places(3)
    await places.take_free()
    waiting = asyncio.create_task(places.take_free())
    for _ in range(5):
        await asyncio.sleep(0)
    assert not waiting.done()
    places.release()
    assert await asyncio.wait_for(waiting, PATIENCE) == 1


async def test_places_are_given_until_the_end() -> None:
    places = Places(3)
    assert await places.take_free() == 3
    waiting = asyncio.create_task(places.take_free())
    finishing = asyncio.create_task(places.finish())
    await asyncio.sleep(0)
    places.release(2)
    await asyncio.sleep(0)
    assert not finishing.done()
    places.release()
    await asyncio.wait_for(finishing, PATIENCE)
    assert not waiting.done()
    waiting.cancel()
