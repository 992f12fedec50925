"""New databases of both kinds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from knowledge.database import migrate
from tests.bot import postgres


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """Return the address of a new ``sqlite`` file in a folder, or a ``postgresql`` database, with its tables."""
    if kind == "sqlite":
        url = f"sqlite:///{folder / 'tthc.db'}"
        migrate(url)
        yield url
        return
    programs = postgres.find()
    assert programs is not None
    cluster = postgres.Cluster(programs)
    try:
        yield cluster.fresh()
    finally:
        cluster.stop()
