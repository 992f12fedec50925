"""A scene on an empty database."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import sessionmaker

from tests.bot.notices.scene import Scene


@pytest.fixture
def scene(sessions: sessionmaker) -> Scene:
    return Scene(sessions)


@pytest.fixture
def either_scene(either_sessions: sessionmaker) -> Scene:
    """A scene on each kind of database."""
    return Scene(either_sessions)
