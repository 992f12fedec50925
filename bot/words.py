"""What people wrote, found by its words without marks. The database keeps the index (migration 0007)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from knowledge.models import Message, Note
from nlu.text import fold, nfc

_WORD = re.compile(r"[^\W_]+")
_MOST_WORDS, _LONGEST_WORD = 8, 40
_INDEX = {Message: "message_search", Note: "note_search"}
_STEP = 200  # pages of the index that are merged in one transaction


def words_of(text: str) -> list[str]:
    """Return the words of a query, folded, each once; words that would find nothing are left out."""
    return list(dict.fromkeys(word[:_LONGEST_WORD] for word in _WORD.findall(fold(nfc(text)))))[:_MOST_WORDS]


def newest(
    session: Session, table: type[Message] | type[Note], words: Sequence[str], before: int | None, most: int
) -> list[tuple[int, str]]:
    """Return number and conversation of the newest rows that hold every word, those below ``before`` if given.

    The last word may be the beginning of one.
    """
    if not words:
        return []
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    wanted, number = _by_fts5(table, words) if is_sqlite else _by_vector(table, words)
    if before is not None:
        wanted = wanted.where(number < before)
    return [(row.id, row.conversation_id) for row in session.execute(wanted.order_by(number.desc()).limit(most))]


def _by_fts5(table: type[Message] | type[Note], words: Sequence[str]) -> tuple[Any, Any]:
    """The index yields its rows in their order, so that only the newest are looked at."""
    index = sa.table(_INDEX[table], sa.column("rowid"))
    asked = " AND ".join(f'"{word}"' for word in words) + ("*" if len(words[-1]) > 1 else "")
    match = sa.text(f"{index.name} MATCH :asked").bindparams(asked=asked)
    joined = sa.select(table.id, table.conversation_id).join(index, index.c.rowid == table.id)
    return joined.where(match), index.c.rowid


def _by_vector(table: type[Message] | type[Note], words: Sequence[str]) -> tuple[Any, Any]:
    simple = sa.literal_column("'simple'")
    vector = sa.func.to_tsvector(simple, sa.func.search_fold(table.text))
    asked = sa.func.to_tsquery(simple, " & ".join(words) + (":*" if len(words[-1]) > 1 else ""))
    indexed = sa.text("author IN ('citizen', 'staff') AND text <> ''" if table is Message else "text <> ''")
    return sa.select(table.id, table.conversation_id).where(vector.op("@@")(asked), indexed), table.id


def forget(sessions: sessionmaker) -> None:
    """Take what was erased out of the index for good: a step at a time, so that nobody waits long for the database.

    SQLite marks words as gone and drops them when it merges its lists; PostgreSQL does both by itself.
    """
    with sessions() as session:
        if session.get_bind().dialect.name != "sqlite":
            return
    for index in _INDEX.values():
        pages = -_STEP  # negative: begin to merge everything into one list
        while _merged(sessions, index, pages):
            pages = _STEP


def _merged(sessions: sessionmaker, index: str, pages: int) -> bool:
    """Merge some pages; False = there was nothing left to do."""
    with sessions.begin() as session:
        run = session.connection().exec_driver_sql
        run("PRAGMA secure_delete=ON")
        before = run("SELECT total_changes()").scalar()
        run(f"INSERT INTO {index} ({index}, rank) VALUES ('merge', {pages})")
        return bool(run("SELECT total_changes()").scalar() - before >= 2)
