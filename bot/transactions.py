"""Database work of the event loop: each piece is one transaction in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

import anyio.to_thread
from sqlalchemy.orm import Session, sessionmaker

P = ParamSpec("P")
T = TypeVar("T")


async def transaction(
    sessions: sessionmaker, work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Run ``work(session, …)`` and commit; any exception rolls back and comes out here."""

    def run() -> T:
        with sessions.begin() as session:
            return work(session, *args, **kwargs)

    return await anyio.to_thread.run_sync(run)
