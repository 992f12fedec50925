"""A real front server, and people of the staff in front of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.bot.conftest import (  # noqa: F401 - the front server as in tests/bot
    database,
    empty_database,
    rasa,
    serve,
    server,
    settings,
)
from tests.bot.running import Running
from tests.console.desk import Browser, Office
from tests.console.hall import Hall


@pytest.fixture
def office(server: Running) -> Office:  # noqa: F811
    """The accounts of the server."""
    return Office(server)


@pytest.fixture
def hall(office: Office) -> Hall:
    """Citizens and clerks on the server."""
    return Hall(office)


@pytest.fixture
def browser(server: Running) -> Iterator[Callable[[], Browser]]:  # noqa: F811
    """Open any number of browsers, each with a jar of its own."""
    opened: list[Browser] = []

    def start() -> Browser:
        opened.append(Browser(server.url))
        return opened[-1]

    yield start
    for one in opened:
        one.close()
