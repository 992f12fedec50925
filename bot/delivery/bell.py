"""PostgreSQL's LISTEN and NOTIFY: what one process stores wakes the others at once.

A bell that is missed costs a second or a few, since everybody also looks by himself.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import anyio
import anyio.to_thread
import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

log = structlog.get_logger("bell")

_NAME = "tthc_news"
_PAUSE = 5.0  # seconds before listening again after a fault


def ring(session: Session, conversation_id: str) -> None:
    """Tell other processes, once this transaction is committed, that a conversation has news."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_notify(_NAME, conversation_id)))


async def listen(engine: Engine, heard: Callable[[str], None]) -> None:
    """Call ``heard(conversation_id)`` for every bell, for ever; do nothing on another database."""
    if engine.dialect.name != "postgresql" or engine.dialect.driver != "psycopg2":
        return
    while True:
        try:
            await _listen(engine, heard)
        except Exception as error:  # the database is away: everybody looks by himself meanwhile
            log.warning("bell.silent", error=type(error).__name__)
        await anyio.sleep(_PAUSE)


async def _listen(engine: Engine, heard: Callable[[str], None]) -> None:
    connection = await anyio.to_thread.run_sync(_open, engine)
    try:
        while True:
            await anyio.wait_readable(connection.fileno())
            connection.poll()
            while connection.notifies:
                heard(connection.notifies.pop(0).payload)
    finally:
        with suppress(Exception):
            connection.close()


def _open(engine: Engine) -> Any:
    """Return a connection of psycopg2 outside the pool that listens."""
    pooled = engine.raw_connection()
    pooled.detach()
    connection = pooled.dbapi_connection
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"LISTEN {_NAME}")
    return connection
