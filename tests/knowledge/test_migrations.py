"""Migrations of a database that is in use: nothing is lost, and the audit only grows from then on."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from knowledge.database import _alembic_config, create_engine, migrate
from knowledge.models import Base

NOW = dt.datetime(2026, 11, 20, 2, 0)
BEFORE = """
INSERT INTO conversations (id, channel, external_id, owner, version, last_seq, expects, created_at, last_at)
  VALUES ('c1', 'web', 'c1', 'bot', 0, 1, '', :now, :now);
INSERT INTO messages (id, conversation_id, seq, author, text, outcome, created_at)
  VALUES (1, 'c1', 1, 'citizen', 'gap can bo', '', :now);
INSERT INTO inbox
  (channel, external_id, conversation_id, message_id, body, state, attempts, available_at, error, created_at)
  VALUES ('web', 'c1:1', 'c1', 1, '{}', 'done', 1, :now, '', :now);
INSERT INTO handoffs (conversation_id, state, reason, procedure_code, unit_code, summary, created_at)
  VALUES ('c1', 'queued', 'asked', '', '', '{}', :now);
INSERT INTO handoffs (conversation_id, state, reason, procedure_code, unit_code, summary, created_at)
  VALUES ('c1', 'queued', 'asked', '', '', '{}', :now)
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'used.db'}"


def test_the_tables_of_a_newer_release_are_left_alone(url: str) -> None:
    migrate(url)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'newer'"))
    migrate(url)
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalars().all() == ["newer"]
    engine.dispose()


def test_models_and_migrations_agree(url: str) -> None:
    migrate(url)
    command.check(_alembic_config(url))
    assert len(Base.metadata.tables) > 30


def test_a_database_in_use_keeps_what_it_has(url: str) -> None:
    create_engine(url).dispose()
    command.upgrade(_alembic_config(url), "0004")
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in BEFORE.split(";"):
            connection.execute(sa.text(statement), {"now": NOW} if ":now" in statement else {})
    migrate(url)
    with engine.connect() as connection:
        handoffs = connection.execute(sa.text("SELECT state, closed_at IS NULL FROM handoffs ORDER BY id")).all()
        assert handoffs == [("callback", 1), ("closed", 0)]  # the assistant went on answering: no queue
        assert connection.execute(sa.text("SELECT text, staff_id FROM messages")).all() == [("gap can bo", None)]
    engine.dispose()


@pytest.mark.parametrize("statement", ["UPDATE audit SET action = 'x'", "DELETE FROM audit"])
def test_the_audit_only_grows(url: str, statement: str) -> None:
    migrate(url)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO audit (at, action, subject, detail) VALUES (:now, 'a', '', '{}')"), {"now": NOW}
        )
    with pytest.raises(sa.exc.DatabaseError, match="only grows"), engine.begin() as connection:
        connection.execute(sa.text(statement))
    engine.dispose()
