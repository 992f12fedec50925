"""PostgreSQL's LISTEN and NOTIFY: what one process stores wakes the others at once.

A bell that is missed costs a second or a few: everybody also looks by himself, and who could not listen for a while
is told afterwards what has changed meanwhile.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import anyio
import anyio.to_thread
import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from knowledge.models import Conversation, Handoff, HandoffEvent, utc_now

log = structlog.get_logger("bell")

_NAME = "tthc_news"
_PAUSE = 5.0  # seconds before listening again after a fault
_UNNOTICED = dt.timedelta(seconds=60)  # so long a line may have been dead before that was seen


def ring(session: Session, conversation_id: str) -> None:
    """Tell other processes, once this transaction is committed, that a conversation has news."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_notify(_NAME, conversation_id)))


async def listen(engine: Engine, heard: Callable[[str], None]) -> None:
    """Call ``heard(conversation_id)`` for every bell, for ever; do nothing on another database."""
    if engine.dialect.name != "postgresql" or engine.dialect.driver != "psycopg2":
        return
    deaf_since: dt.datetime | None = None
    while True:
        try:
            async with _listening(engine) as connection:
                for conversation_id in await anyio.to_thread.run_sync(_missed, engine, deaf_since):
                    heard(conversation_id)
                deaf_since = None
                await _hear(connection, heard)
        except Exception as error:  # the database is away: everybody looks by himself meanwhile
            log.warning("bell.silent", error=type(error).__name__)
            deaf_since = deaf_since or utc_now() - _UNNOTICED
        await anyio.sleep(_PAUSE)


@asynccontextmanager
async def _listening(engine: Engine) -> AsyncIterator[Any]:
    connection = await anyio.to_thread.run_sync(_open, engine)
    try:
        yield connection
    finally:
        with suppress(Exception):
            connection.close()


async def _hear(connection: Any, heard: Callable[[str], None]) -> None:
    while True:
        await anyio.wait_readable(connection.fileno())
        connection.poll()
        while connection.notifies:
            heard(connection.notifies.pop(0).payload)


def _missed(engine: Engine, since: dt.datetime | None) -> list[str]:
    """Return the conversations with news since then, none for None."""
    if since is None:
        return []
    spoken = sa.select(Conversation.id).where(Conversation.last_at >= since)
    moved = sa.select(Handoff.conversation_id).join(HandoffEvent, HandoffEvent.handoff_id == Handoff.id)
    with engine.connect() as connection:
        return list(connection.scalars(sa.union(spoken, moved.where(HandoffEvent.at >= since))))


def _open(engine: Engine) -> Any:
    """Return a connection of psycopg2 outside the pool that listens."""
    pooled = engine.raw_connection()
    pooled.detach()
    connection = pooled.dbapi_connection
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"LISTEN {_NAME}")
    return connection
