"""What a citizen had erased comes back with an older backup: it is erased again at the next start."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import erasure
from bot.backup.place import Place
from knowledge.database import create_engine, session_factory
from knowledge.models import Erasure


def read(place: Place) -> Mapping[str, str] | None:
    """Return the requests by conversation; None where nobody can tell, for the database is damaged."""
    if place.kind == "sqlite" and not place.database_file.exists():
        return {}
    try:
        with _session(place) as session:
            if not sa.inspect(session.get_bind()).has_table(Erasure.__tablename__):
                return {}
            return dict(session.execute(sa.select(Erasure.conversation_id, Erasure.request)).all())
    except (sa.exc.SQLAlchemyError, sqlite3.Error):
        return None


def demand(place: Place, requests: Mapping[str, str]) -> int:
    """Have the conversations erased that are there again, and return how many are."""
    with _session(place) as session:
        found = [one for one, request in requests.items() if _is_back(session, one, request)]
        session.commit()
    return len(found)


def _is_back(session: Session, conversation_id: str, request: str) -> bool:
    return erasure.exists(session, conversation_id) and erasure.mark(session, conversation_id, request)


@contextmanager
def _session(place: Place) -> Iterator[Session]:
    engine = create_engine(place.database_url)
    try:
        with session_factory(engine)() as session:
            yield session
    finally:
        engine.dispose()
