"""An office on an empty database."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import sessionmaker

from tests.bot.handoff.people import Office


@pytest.fixture
def office(sessions: sessionmaker) -> Office:
    return Office(sessions)


@pytest.fixture
def either_office(either_sessions: sessionmaker) -> Office:
    """An office on each kind of database."""
    return Office(either_sessions)
