"""A migrated database per test, copied from one made once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session, sessionmaker

from knowledge import database
from knowledge.connectors import national
from knowledge.connectors.national import NationalSystem
from knowledge.records import ProcedureRecord
from tests.fakes.dossier_system import DossierSystem, dossier
from tests.knowledge.systems import CODE, connectors

_ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file without rows."""
    path = tmp_path_factory.mktemp("database") / "empty.db"
    database.migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def database_url(empty_database: Path, tmp_path: Path) -> str:
    """The URL of an own copy of the empty database."""
    path = tmp_path / "own.db"
    shutil.copy(empty_database, path)
    return f"sqlite:///{path}"


@pytest.fixture
def session(database_url: str) -> Iterator[Session]:
    """A session on an own empty database."""
    engine = database.create_engine(database_url)
    with database.session_factory(engine)() as session:
        yield session
    engine.dispose()


@pytest.fixture
def fixtures() -> Path:
    """The folder of recorded and written samples."""
    return _ROOT / "tests" / "fixtures"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of the national files, or a skip where this machine has none."""
    folder = Path(os.environ.get("TTHC_DATA") or _ROOT.parent / "shared" / "data")
    if not (folder / "procedures_2026.jsonl").exists():
        pytest.skip(f"no national files in {folder}; set TTHC_DATA to their folder")
    return folder


@pytest.fixture
def make_record() -> Callable[..., ProcedureRecord]:
    """A maker of records from the few facts that a test is about."""

    def make(**facts: Any) -> ProcedureRecord:
        base: dict[str, Any] = {
            "code": "9.000001",
            "name": "Thủ tục thử nghiệm",
            "short_name": "Thử nghiệm",
            "field": "Thử",
            "agency": {"name": "Ủy ban nhân dân cấp xã", "level": "commune"},
            "levels": ["commune"],
            "modes": [{"mode": "in_person", "times": [{"amount": 3, "unit": "working_day"}]}, {"mode": "online"}],
            "fees": [{"kind": "amount", "amount": 20000, "legal_source": "1/2026", "valid_from": "2026-01-01"}],
            "papers": [{"name": "Tờ khai", "originals": 1}],
            "source": {"name": "Cổng", "checked_on": "2026-07-17"},
            "status": "partial",
        }
        return ProcedureRecord.parse_obj({**base, **facts})

    return make


@pytest.fixture
def system() -> Iterator[DossierSystem]:
    """A system in the national format that holds one dossier."""
    fake = DossierSystem(dossier(CODE))
    yield fake
    fake.close()


@pytest.fixture
def sessions(database_url: str) -> Iterator[sessionmaker]:
    """A factory of sessions on the same database."""
    engine = database.create_engine(database_url)
    yield database.session_factory(engine)
    engine.dispose()


@pytest.fixture
def other(system: DossierSystem, sessions: sessionmaker, monkeypatch: pytest.MonkeyPatch) -> NationalSystem:
    """The connector to that system; it waits little, so that no test waits long for a dead one."""
    monkeypatch.setattr(national, "_PAUSES", (0.01, 0.01))
    monkeypatch.setattr(national, "_LEAST", 0.0)
    return connectors(system, sessions)[1]
