"""A database that is away for a while, as the programs see it."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from tests.bot.fake_rasa import PATIENCE


class Outage:
    """While it lasts, or for so many of them, commits fail; with ``happens`` they succeed and nobody hears of it."""

    def __init__(self, engine: Engine) -> None:
        self.happens = False
        self.failed = 0
        self._left = 0
        self._error: Any = engine.dialect.dbapi.OperationalError
        self._commit = engine.dialect.do_commit
        self._news = threading.Condition()
        engine.dialect.do_commit = self._do

    def begin(self, commits: int = 1_000_000) -> None:
        self._left = commits

    def end(self) -> None:
        self._left = 0

    def wait_for(self, failed: int) -> None:
        """Return once so many commits have failed."""
        with self._news:
            assert self._news.wait_for(lambda: self.failed >= failed, PATIENCE)

    def _do(self, connection: Any) -> None:
        with self._news:
            fails = self._left > 0
            self._left -= fails
            self.failed += fails
            self._news.notify_all()
        if not fails or self.happens:
            self._commit(connection)
        if fails:
            raise self._error("the database is away")


def be_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what must be stored be tried again after short pauses."""
    monkeypatch.setattr("bot.gathering._FIRST_PAUSE", 0.001)
    monkeypatch.setattr("bot.gathering._LONGEST_PAUSE", 0.02)
