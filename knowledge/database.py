"""Engines and sessions. SQLite by default, in WAL mode; PostgreSQL by its URL."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session, sessionmaker

from knowledge.errors import DatabaseNotReady

DEFAULT_URL = "sqlite:///var/tthc.db"
_MIGRATIONS = Path(__file__).parent / "migrations"


# libpq's names for a line on which nothing is heard: a server that is gone without a word is noticed within seconds and
# not after the quarter of an hour for which the kernel tries again. What the URL says goes before.
_LINE = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # milliseconds
}


def create_engine(url: str = DEFAULT_URL) -> Engine:
    """Return an engine for the URL; a SQLite file's folder is made when missing.

    Its errors never carry the values of a statement: they may be what a citizen wrote.
    """
    parsed = sa.engine.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        line = {name: value for name, value in _LINE.items() if name not in parsed.query}
        return sa.create_engine(url, future=True, pool_pre_ping=True, hide_parameters=True, connect_args=line)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    connect = {"timeout": 15, "check_same_thread": False}
    # SQLAlchemy 1.4 keeps no connection to a file: each transaction would open and tune one, and sync it at the end.
    pool = {} if parsed.database in (None, "", ":memory:") else {"poolclass": sa.pool.QueuePool, "max_overflow": -1}
    engine = sa.create_engine(url, future=True, hide_parameters=True, connect_args=connect, **pool)
    sa.event.listen(engine, "connect", _tune_sqlite)
    return engine


def _tune_sqlite(connection, _record) -> None:  # type: ignore[no-untyped-def]
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # what was acknowledged outlives a power cut
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA busy_timeout=15000")
    cursor.close()


def session_factory(engine: Engine) -> sessionmaker:
    """Return a factory of sessions that do not expire objects on commit."""
    return sessionmaker(engine, class_=Session, expire_on_commit=False, future=True)


def migrate(url: str = DEFAULT_URL) -> None:
    """Bring the database to the newest schema (alembic ``upgrade head``).

    One of a newer release stays as it is: this code works on its tables too, and may have been put back for a reason.
    """
    engine = create_engine(url)
    try:
        is_newer = _is_newer(engine)
    finally:
        engine.dispose()
    if not is_newer:
        command.upgrade(_alembic_config(url), "head")


def check_schema(engine: Engine) -> None:
    """Raise DatabaseNotReady unless the knowledge tables exist."""
    if not sa.inspect(engine).has_table("procedures"):
        raise DatabaseNotReady("the database has no tables yet: run 'python -m knowledge migrate'")


def is_behind(engine: Engine) -> bool:
    """Tell whether the schema is older than this code. A newer one is not: while a release is rolled out, both work."""
    known, heads = _revisions()
    here = _versions(engine)
    return bool(here & known - heads) or not here


def _is_newer(engine: Engine) -> bool:
    return sa.inspect(engine).has_table("alembic_version") and bool(_versions(engine) - _revisions()[0])


def _versions(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalars())


def knows(revision: str) -> bool:
    """Tell whether a version of the schema is one of this code's, so that it can be brought up to date."""
    return revision in _revisions()[0]


@lru_cache(maxsize=1)
def _revisions() -> tuple[frozenset[str], frozenset[str]]:
    """Return all revisions of this code, and the newest of them."""
    scripts = ScriptDirectory(str(_MIGRATIONS))
    return frozenset(found.revision for found in scripts.walk_revisions()), frozenset(scripts.get_heads())


def _alembic_config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config
