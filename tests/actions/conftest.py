"""A database with everything bundled, built once for the tests of the dialogue."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker

from knowledge.database import create_engine, migrate, session_factory
from knowledge.loading import load_bundled
from knowledge.profile import Profile, load_profile


@pytest.fixture(scope="session")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> sessionmaker:
    """Return a factory of sessions on a freshly loaded database."""
    url = f"sqlite:///{tmp_path_factory.mktemp('bundled') / 'tthc.db'}"
    migrate(url)
    factory = session_factory(create_engine(url))
    with factory() as session:
        load_bundled(session)
        session.commit()
    return factory


@pytest.fixture
def session(bundled: sessionmaker) -> Iterator[Session]:
    """Return a session whose changes are rolled back."""
    with bundled() as opened:
        yield opened
        opened.rollback()


@pytest.fixture(scope="session")
def profile() -> Profile:
    """Return the province served."""
    return load_profile()


@pytest.fixture(scope="session")
def records_folder() -> Path:
    """Return the folder of the bundled records."""
    return Path(__file__).parents[2] / "knowledge" / "data" / "procedures"
