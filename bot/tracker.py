"""What Rasa remembers of dialogues: a SQLite file, or a database that several Rasas share.

Rasa 3.6 offers no call that deletes (its ``PUT …/tracker/events`` only adds), so its rows are removed here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

_EVENTS = sa.table("events", sa.column("sender_id"))


@dataclass(frozen=True)
class Tracker:
    """Rasa's tracker store: the database at ``url``, or without one the SQLite ``file``."""

    file: Path
    url: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """How it is called in messages; no password is in it."""
        return repr(sa.engine.make_url(self.url)) if self.url else str(self.file)

    @property
    def is_there(self) -> bool:
        """Whether this machine can reach it: a shared one always, a file when it lies here."""
        return bool(self.url) or self.file.is_file()

    def forget(self, conversation_ids: Sequence[str]) -> Mapping[str, int] | None:
        """Remove what is remembered of some hundred conversations at most, over one connection.

        Return how many lines by conversation, of which there were any; None when its file is not here.
        """
        if self.url:
            return self._forget_shared(conversation_ids)
        return self._forget_in_file(conversation_ids) if self.is_there else None

    def _forget_shared(self, conversation_ids: Sequence[str]) -> Mapping[str, int]:
        engine = sa.create_engine(self.url, future=True, hide_parameters=True, poolclass=sa.pool.NullPool)
        mine = _EVENTS.c.sender_id.in_(conversation_ids)
        counted = sa.select(_EVENTS.c.sender_id, sa.func.count()).where(mine).group_by(_EVENTS.c.sender_id)
        try:
            with engine.begin() as connection:
                if not sa.inspect(connection).has_table("events"):
                    return {}
                found = {row[0]: int(row[1]) for row in connection.execute(counted)}
                connection.execute(_EVENTS.delete().where(mine))
                return found
        finally:
            engine.dispose()

    def _forget_in_file(self, conversation_ids: Sequence[str]) -> Mapping[str, int]:
        uri = f"{self.file.absolute().as_uri()}?mode=rw"
        mine = f"WHERE sender_id IN ({', '.join('?' * len(conversation_ids))})"
        with closing(sqlite3.connect(uri, uri=True, timeout=15)) as connection:
            connection.execute("PRAGMA secure_delete=ON")
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'events'").fetchone():
                return {}
            with connection:
                counted = f"SELECT sender_id, count(*) FROM events {mine} GROUP BY sender_id"
                found = dict(connection.execute(counted, tuple(conversation_ids)).fetchall())
                connection.execute(f"DELETE FROM events {mine}", tuple(conversation_ids))
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the old pages leave the log too
            return found
