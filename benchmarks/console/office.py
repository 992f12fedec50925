"""The real front server on a new database, with many citizens in talk and many clerks at their screens."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import sessionmaker

from benchmarks.delivery.alone import SECRET, front_server
from bot.console import sessions
from bot.conversation import open_web
from bot.tokens import Tokens
from knowledge.database import create_engine, migrate, session_factory
from knowledge.models import Conversation, Handoff, Staff, utc_now

_LIFE = 24 * 3600


@dataclass(frozen=True)
class Setting:
    """A running server: where it is, a citizen's token by conversation, the secret of each clerk's browser."""

    url: str
    tokens: dict[str, str]
    secrets: tuple[str, ...]


@contextmanager
def opened(folder: Path, chats: int, clerks: int) -> Iterator[Setting]:
    """Start everything, and stop it at the end."""
    database = f"sqlite:///{folder / 'bench.db'}"
    migrate(database)
    engine = create_engine(database)
    factory = session_factory(engine)
    secrets, tokens = _hire(factory, clerks), _arrive(factory, chats)
    _hand_over(factory, list(tokens), clerks)
    with front_server(folder, database) as url:
        yield Setting(url, tokens, secrets)
    engine.dispose()


def _hire(factory: sessionmaker, count: int) -> tuple[str, ...]:
    secrets = tuple(sessions.new_secret() for _ in range(count))
    with factory.begin() as session:
        for number, secret in enumerate(secrets, 1):
            there = {"presence": "ready", "seen_at": utc_now() + dt.timedelta(days=1)}
            session.add(Staff(id=number, username=f"clerk{number}", name=f"Clerk {number}", role="clerk", **there))
            session.flush()
            sessions.begin(session, number, secret)
    return secrets


def _arrive(factory: sessionmaker, count: int) -> dict[str, str]:
    tokens = Tokens(SECRET.encode(), _LIFE, _LIFE)
    with factory.begin() as session:
        keys = [open_web(session) for _ in range(count)]
    return {key: tokens.issue(key).token for key in keys}


def _hand_over(factory: sessionmaker, keys: list[str], clerks: int) -> None:
    with factory.begin() as session:
        for number, key in enumerate(keys):
            holder = 1 + number % clerks
            row = {"state": "awaiting", "reason": "asked", "staff_id": holder, "answered_at": utc_now()}
            session.add(Handoff(conversation_id=key, **row))
            session.get(Conversation, key).owner = f"staff:{holder}"


def message(token: str) -> dict[str, Any]:
    """Return what the web page of a citizen sends."""
    body = {"client_id": str(uuid.uuid4()), "text": "Tôi hỏi thêm một câu"}
    return {"json": body, "headers": {"Authorization": f"Bearer {token}"}}
