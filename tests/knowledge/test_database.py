"""Connections to SQLite: kept, tuned, and safe against a power cut."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from knowledge.database import create_engine


def test_a_connection_to_a_file_is_kept_and_tuned_once(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    opened: list[object] = []
    sa.event.listen(engine, "connect", lambda connection, record: opened.append(connection))
    for _ in range(3):
        with engine.begin() as connection:
            pragmas = [
                connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys")
            ]
    assert pragmas == ["wal", 2, 1]  # 2 = FULL: a commit that was acknowledged is on the disk
    assert len(opened) == 1
    engine.dispose()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_in_memory_is_one_for_all(url: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE x (y)")
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM x").scalar() == 0
    engine.dispose()
