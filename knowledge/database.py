"""Engines and sessions. SQLite by default, in WAL mode; PostgreSQL by its URL."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session, sessionmaker

from knowledge.errors import DatabaseNotReady

DEFAULT_URL = "sqlite:///var/tthc.db"
_MIGRATIONS = Path(__file__).parent / "migrations"


def create_engine(url: str = DEFAULT_URL) -> Engine:
    """Return an engine for the URL; a SQLite file's folder is made when missing.

    Its errors never carry the values of a statement: they may be what a citizen wrote.
    """
    parsed = sa.engine.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return sa.create_engine(url, future=True, pool_pre_ping=True, hide_parameters=True)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    connect = {"timeout": 15, "check_same_thread": False}
    engine = sa.create_engine(url, future=True, hide_parameters=True, connect_args=connect)
    sa.event.listen(engine, "connect", _tune_sqlite)
    return engine


def _tune_sqlite(connection, _record) -> None:  # type: ignore[no-untyped-def]
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA busy_timeout=15000")
    cursor.close()


def session_factory(engine: Engine) -> sessionmaker:
    """Return a factory of sessions that do not expire objects on commit."""
    return sessionmaker(engine, class_=Session, expire_on_commit=False, future=True)


def migrate(url: str = DEFAULT_URL) -> None:
    """Bring the database to the newest schema (alembic ``upgrade head``)."""
    create_engine(url).dispose()
    command.upgrade(_alembic_config(url), "head")


def check_schema(engine: Engine) -> None:
    """Raise DatabaseNotReady unless the knowledge tables exist."""
    if not sa.inspect(engine).has_table("procedures"):
        raise DatabaseNotReady("the database has no tables yet: run 'python -m knowledge migrate'")


def _alembic_config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config
