"""A month of a whole country in the databases, written at once."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import sessionmaker

from knowledge.models import Conversation, Handoff, HandoffEvent, InboxItem, Message, OutboxItem, utc_now
from knowledge.reply import Block, Reply

_QUESTIONS = Path(__file__).parents[1] / "development" / "single.jsonl"
_AT_ONCE = 5000  # conversations in one transaction
_HANDED_OVER, _UNSURE = 30, 20  # one conversation of so many
_SPAN = 29 * 24 * 3600  # seconds: older words would be forgotten as soon as the product looks
_STEPS = (("ask", "none", "queued"), ("claim", "queued", "assigned"), ("close", "assigned", "closed"))
# what Rasa keeps of the beginning of every dialogue, and of a question
_EVENTS = (("action", "action_session_start"), ("session_started", None), ("action", "action_listen"), ("user", None))

Rows = dict[Any, list[dict[str, Any]]]


def fill(sessions: sessionmaker, count: int) -> float:
    """Write so many conversations of a question and its answer; return the seconds it took."""
    began, now, dice = time.perf_counter(), utc_now(), random.Random(7)
    texts = [json.loads(line)["text"] for line in _QUESTIONS.read_text(encoding="utf-8").splitlines()]
    with sessions() as session:
        first = (session.scalar(sa.select(sa.func.max(Message.id))) or 0) + 1
        handoff = (session.scalar(sa.select(sa.func.max(Handoff.id))) or 0) + 1
    numbers = iter(range(count))
    while some := list(islice(numbers, _AT_ONCE)):
        rows: Rows = {table: [] for table in (Conversation, Message, InboxItem, OutboxItem, Handoff, HandoffEvent)}
        for number in some:
            at = now - dt.timedelta(seconds=_SPAN * (1 - number / count))
            _talk(rows, number, first + 2 * number, f"{dice.choice(texts)} {number % 50_000}", at)
            if number % _HANDED_OVER == 0:
                _hand_over(rows, number, handoff + number // _HANDED_OVER, at)
        with sessions.begin() as session:
            for table, values in rows.items():
                session.execute(sa.insert(table.__table__), values)
    return time.perf_counter() - began


def _talk(rows: Rows, number: int, message: int, text: str, at: dt.datetime) -> None:
    key, later = f"g{number}", at + dt.timedelta(seconds=1)
    outcome = "not_found" if number % _UNSURE == 0 else "answered"
    reply = Reply("answered", ((Block("text", text="Dạ, em gửi anh chị thông tin ạ."),),))
    common = {"conversation_id": key, "body": None, "outcome": "", "client_id": None}
    opened = {"id": key, "channel": "zalo", "external_id": key, "last_seq": 2, "created_at": at, "last_at": at}
    rows[Conversation].append(opened)
    rows[Message] += [
        {**common, "id": message, "seq": 1, "author": "citizen", "text": text, "client_id": "m", "created_at": at},
        {
            **common,
            "id": message + 1,
            "seq": 2,
            "author": "assistant",
            "text": reply.plain(),
            "body": reply.to_json(),
            "outcome": outcome,
            "created_at": later,
        },
    ]
    done = {"channel": "zalo", "external_id": f"{key}:m", "message_id": message, "body": {}, "state": "done"}
    rows[InboxItem].append({**done, "conversation_id": key, "created_at": at, "finished_at": later, "available_at": at})
    sent = {
        "channel": "zalo",
        "conversation_id": key,
        "seq": 2,
        "message_id": message + 1,
        "owner_version": 0,
        "state": "sent",
    }
    rows[OutboxItem].append({**sent, "created_at": later, "sent_at": later, "available_at": later})


def _hand_over(rows: Rows, number: int, handoff: int, at: dt.datetime) -> None:
    closed = {"state": "closed", "reason": "asked", "closed_at": at + dt.timedelta(minutes=9), "close_reason": "done"}
    served = {"claimed_at": at + dt.timedelta(minutes=2), "answered_at": at + dt.timedelta(minutes=3)}
    rows[Handoff].append({"id": handoff, "conversation_id": f"g{number}", "created_at": at, **closed, **served})
    for place, (event, before, after) in enumerate(_STEPS):
        step = {"handoff_id": handoff, "at": at + dt.timedelta(minutes=place), "actor": "citizen", "after_seq": 2}
        rows[HandoffEvent].append({**step, "event": event, "from_state": before, "to_state": after})


def fill_memory(path: Path, count: int) -> float:
    """Write what Rasa remembers of so many dialogues into its SQLite file; return the seconds it took."""
    began = time.perf_counter()
    with closing(sqlite3.connect(path, timeout=60.0)) as connection:
        for start in range(0, count, _AT_ONCE):
            connection.executemany(
                "INSERT INTO events (sender_id, type_name, timestamp, action_name, data) VALUES (?, ?, ?, ?, ?)",
                _remembered(range(start, min(count, start + _AT_ONCE))),
            )
            connection.commit()
    return time.perf_counter() - began


def settle(folder: Path) -> None:
    """Bring what was written at once to the disk: in life it came over a month, and nobody waits for it now."""
    for path in folder.glob("*.db"):
        with closing(sqlite3.connect(path, timeout=60.0)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    os.sync()


def _remembered(numbers: range) -> Iterator[tuple[str, str, float, str | None, str]]:
    for number in numbers:
        for place, (kind, name) in enumerate(_EVENTS):
            at = 1.6e9 + number + place / 10
            yield f"g{number}", kind, at, name, json.dumps({"event": kind, "timestamp": at, "name": name})
