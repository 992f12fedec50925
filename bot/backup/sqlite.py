"""Copies of SQLite files that are in use, each in one step, through SQLite's own backup interface."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from bot.errors import BackupError

# without SQLite's own tables and those of the search index
_TABLES = r"""
SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'
AND name NOT LIKE '%\_search%' ESCAPE '\' ORDER BY name
"""


def copy(source: Path, target: Path) -> dict[str, int]:
    """Copy a database as it is at one moment, and return the rows of its tables.

    In one step: in portions SQLite begins again whenever somebody has written in between, and under steady writing
    never ends. Nobody waits for it: beside a write-ahead log readers and writers do not see each other.
    """
    target.touch(mode=0o600)
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, timeout=15)) as old,
        closing(sqlite3.connect(target)) as new,
    ):
        old.backup(new)
        new.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
        return _rows(new)


def rows(path: Path) -> dict[str, int]:
    """Return the number of rows by table; empty where there is no file."""
    if not path.is_file():
        return {}
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=15)) as found:
        return _rows(found)


def _rows(connection: sqlite3.Connection) -> dict[str, int]:
    names = connection.execute(_TABLES)
    return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for (name,) in names.fetchall()}


def stage(source: Path, target: Path) -> None:
    """Lay a copy beside the database whose place it is to take: what can fail fails now.

    Raises:
        BackupError: the copy is no whole database.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    new = _staged(target)
    new.touch(mode=0o600)
    shutil.copyfile(source, new)
    try:
        with closing(sqlite3.connect(new)) as found:
            is_whole = found.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    except sqlite3.DatabaseError:
        is_whole = False
    if not is_whole:
        raise BackupError("damaged", path=source)


def revision(path: Path) -> str:
    """Return the version of the schema in a copy of the product's database, "" when none is in it."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as found:
        if "alembic_version" not in _rows(found):
            return ""
        return str((found.execute("SELECT version_num FROM alembic_version").fetchone() or ("",))[0])


def swap(target: Path) -> None:
    """Put the staged copy in the place of a database that nobody uses."""
    for suffix in ("-wal", "-shm"):  # they belong to the old one
        target.with_name(target.name + suffix).unlink(missing_ok=True)
    os.replace(_staged(target), target)


def drop(target: Path) -> None:
    """Remove what a staging has left."""
    _staged(target).unlink(missing_ok=True)


def _staged(target: Path) -> Path:
    return target.with_name(f"{target.name}.new")


def is_used(path: Path) -> bool:
    """Tell whether another process has the file open (of those that we may see)."""
    return path.exists() and any(_is_same(path, found) for found in _open_files())


def _is_same(path: Path, found: str) -> bool:
    with suppress(OSError):  # what others have open may be removed at any moment
        return os.path.samefile(path, found)
    return False


def _open_files() -> Iterator[str]:
    for folder in Path("/proc").glob("[0-9]*/fd"):
        if folder.parent.name == str(os.getpid()):
            continue
        with suppress(OSError):
            for entry in os.scandir(folder):
                with suppress(OSError):
                    target = os.readlink(entry.path)
                    if os.path.isfile(target):
                        yield target
