"""Keeps what a channel does by itself (polling, renewing tokens) alive, in one process of the installation."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import anyio.to_thread
import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection, Engine

from bot.channels.base import Channel
from bot.duties import innermost
from bot.services import Services

log = structlog.get_logger("channels")

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0  # seconds
_LOOK_FOR_LEADER = 10.0  # seconds between tries to take over from a process that is gone


async def keep_running(channel: Channel, parts: Services) -> None:
    """Run the channel until it returns; what goes wrong in it stops neither it nor the server."""
    pause = _FIRST_PAUSE
    while True:
        started = anyio.current_time()
        try:
            async with _sole(parts.engine, channel.name):
                await channel.run(parts)
            return
        except Exception as error:
            log.warning("channel.failed", channel=channel.name, error=type(innermost(error)).__name__)
        if anyio.current_time() - started > _LONGEST_PAUSE:
            pause = _FIRST_PAUSE
        await anyio.sleep(pause)
        pause = min(_LONGEST_PAUSE, pause * 2)


@asynccontextmanager
async def _sole(engine: Engine, name: str) -> AsyncIterator[None]:
    """Wait until no other process does this. SQLite has one process; PostgreSQL keeps a lock for us.

    The lock is gone with its connection, and then so is whatever is done under it.
    """
    if engine.dialect.name != "postgresql":
        yield
        return
    connection = await anyio.to_thread.run_sync(engine.connect)
    try:
        while not await anyio.to_thread.run_sync(_lock, connection, name):
            await anyio.sleep(_LOOK_FOR_LEADER)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_hold, connection)
            yield
            tasks.cancel_scope.cancel()
    finally:  # closing for good gives the lock back
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(_close, connection)


def _lock(connection: Connection, name: str) -> bool:
    number = int.from_bytes(hashlib.sha256(f"channel:{name}".encode()).digest()[:8], "big", signed=True)
    taken = bool(connection.execute(sa.select(sa.func.pg_try_advisory_lock(number))).scalar())
    connection.commit()
    return taken


async def _hold(connection: Connection) -> None:
    """Look now and then whether the connection is still there.

    Raises:
        DBAPIError: it is not.
    """
    while True:
        await anyio.sleep(_LOOK_FOR_LEADER)
        await anyio.to_thread.run_sync(_look, connection)


def _look(connection: Connection) -> None:
    connection.execute(sa.select(1))
    connection.commit()


def _close(connection: Connection) -> None:
    connection.invalidate()
    connection.close()
