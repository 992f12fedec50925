"""What Rasa remembers of dialogues, in its own SQL table: the same rows as Rasa's, with less work."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecuted, Event, SessionStarted
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.orm import Session

from nlu.lean import changes

_STORED = "_tthc_stored"  # how many of a tracker's events are in the table
_EVENTS = SQLTrackerStore.SQLEvent.__table__
_OF_SENDER = _EVENTS.c.sender_id == sa.bindparam("sender")
_BEGAN = (
    sa.select(sa.func.max(_EVENTS.c.timestamp))
    .where(_OF_SENDER, _EVENTS.c.type_name == SessionStarted.type_name)
    .scalar_subquery()
)
# what Rasa asks, made once and without an object for every row
_ALL = sa.select(_EVENTS.c.data).where(_OF_SENDER).order_by(_EVENTS.c.id)
_SESSION = _ALL.where(_EVENTS.c.timestamp >= sa.func.coalesce(_BEGAN, 0.0))
# without them a session's beginning is looked for in all that was ever said in its dialogue
_INDEXES = {"ix_events_kind": "sender_id, type_name, timestamp", "ix_events_time": "sender_id, timestamp"}
# libpq's names, as in knowledge/database.py
_LINE = {"connect_timeout": 5, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
_LINE["tcp_user_timeout"] = 10_000  # milliseconds


class LeanTrackerStore(SQLTrackerStore):
    """Rasa's SQL store; ``endpoints.yml`` names it. Takes what Rasa's takes (dialect, db, url, …)."""

    engine: sa.engine.Engine

    def __init__(self, *args: Any, **settings: Any) -> None:
        changes.apply()
        super().__init__(*args, **settings)
        if self.engine.dialect.name == "sqlite":
            self._keep_open()
        else:
            self._notice_silence()
        self._index()

    def _index(self) -> None:
        with self.engine.begin() as connection:
            there = {index["name"] for index in sa.inspect(connection).get_indexes(_EVENTS.name)}
            for name in _INDEXES.keys() - there:
                connection.exec_driver_sql(f"CREATE INDEX IF NOT EXISTS {name} ON {_EVENTS.name} ({_INDEXES[name]})")

    def _keep_open(self) -> None:
        """Look into SQLite's file over connections that stay open and are tuned; Rasa opens one for each look."""
        self.engine.dispose()
        self.engine = sa.create_engine(self.engine.url, poolclass=sa.pool.QueuePool)
        sa.event.listen(self.engine, "connect", _tune)
        self.sessionmaker = sa.orm.sessionmaker(bind=self.engine)

    def _notice_silence(self) -> None:
        """Let a server that is gone without a word be noticed within seconds; Rasa waits as long as the kernel does."""
        sa.event.listen(self.engine, "do_connect", _watch)
        self.engine.dispose()

    async def _retrieve(self, sender_id: str, fetch_events_from_all_sessions: bool) -> DialogueStateTracker | None:
        query = _ALL if fetch_events_from_all_sessions else _SESSION
        with self.session_scope() as session:
            events = [json.loads(data) for data in session.scalars(query, {"sender": sender_id})]
        if not events or not self.domain:
            return None
        tracker = DialogueStateTracker.from_dict(sender_id, events, self.domain.slots)
        if not fetch_events_from_all_sessions:
            setattr(tracker, _STORED, len(tracker.events))
        return tracker

    async def create_tracker(self, sender_id: str, append_action_listen: bool = True) -> DialogueStateTracker:
        """Return the tracker of a dialogue that is not in the table; it is stored with its first turn."""
        tracker = self.init_tracker(sender_id)
        if append_action_listen:
            tracker.update(ActionExecuted(ACTION_LISTEN_NAME))
        setattr(tracker, _STORED, 0)
        return tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Store the events that are not stored yet, in one statement and one commit."""
        await self.stream_events(tracker)
        with self.session_scope() as session:
            rows = [self._row(tracker.sender_id, event) for event in self._additional_events(session, tracker)]
            if rows:
                session.execute(sa.insert(_EVENTS), rows)
            session.commit()
        setattr(tracker, _STORED, len(tracker.events))

    def _additional_events(self, session: Session, tracker: DialogueStateTracker) -> Iterable[Event]:
        stored = getattr(tracker, _STORED, None)
        if stored is None:  # made elsewhere: Rasa counts
            return super()._additional_events(session, tracker)
        return itertools.islice(tracker.events, stored, None)

    @staticmethod
    def _row(sender_id: str, event: Event) -> dict[str, Any]:
        data = event.as_dict()
        return {
            "sender_id": sender_id,
            "type_name": event.type_name,
            "timestamp": data.get("timestamp"),
            "intent_name": data.get("parse_data", {}).get("intent", {}).get("name"),
            "action_name": data.get("name"),
            "data": json.dumps(data),
        }


def _watch(_dialect: object, _record: object, _arguments: object, options: dict[str, Any]) -> None:
    for name, value in _LINE.items():
        options.setdefault(name, value)


def _tune(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA busy_timeout=15000")
    cursor.close()
