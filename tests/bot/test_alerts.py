"""Alerts: one line for one trouble, however often it happens, until it is over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import sessionmaker

from bot.alerts import clear_alerts, open_alerts, raise_alert, see
from bot.texts import Texts
from knowledge.database import create_engine, session_factory
from knowledge.models import Alert

NOON = dt.datetime(2026, 11, 26, 12, 0, tzinfo=dt.timezone.utc)


@pytest.fixture
def sessions(database_url: str) -> Iterator[sessionmaker]:
    engine = create_engine(database_url)
    yield session_factory(engine)
    engine.dispose()


def _raise(sessions: sessionmaker, channel: str = "zalo", text_key: str = "token_refused", minute: int = 0) -> None:
    with sessions.begin() as session:
        at = NOON + dt.timedelta(minutes=minute)
        raise_alert(session, "operator", channel, text_key, {"try": minute}, now=at)


def test_repeats_are_counted_and_the_newest_details_kept(sessions: sessionmaker) -> None:
    for minute in range(3):
        _raise(sessions, minute=minute)
    with sessions() as session:
        (alert,) = open_alerts(session)
    assert (alert.count, alert.details) == (3, {"try": 2})
    assert (alert.first_at, alert.last_at) == (NOON, NOON + dt.timedelta(minutes=2))


def test_other_channels_and_troubles_are_lines_of_their_own(sessions: sessionmaker) -> None:
    _raise(sessions)
    _raise(sessions, channel="telegram")
    _raise(sessions, text_key="parked")
    with sessions() as session:
        assert len(open_alerts(session)) == 3


def test_an_event_ends_when_it_is_seen_and_nothing_else_does(sessions: sessionmaker) -> None:
    with sessions.begin() as session:
        raise_alert(session, "parked", "zalo", "parked", {"reason": "blocked"}, now=NOON)
        raise_alert(session, "operator", "zalo", "token_refused", now=NOON)
    with sessions.begin() as session:
        keys = {alert.kind: alert.id for alert in open_alerts(session)}
        assert not see(session, keys["parked"], 2)  # it has happened once
        assert see(session, keys["parked"], 1) and not see(session, keys["parked"], 1)
        assert not see(session, keys["operator"], 1) and not see(session, 99, 1)
    with sessions() as session:
        assert [alert.kind for alert in open_alerts(session)] == ["operator"]


def test_what_works_again_is_cleared_and_opens_anew(sessions: sessionmaker) -> None:
    _raise(sessions)
    with sessions.begin() as session:
        assert clear_alerts(session, "operator", "zalo")
        assert not clear_alerts(session, "operator", "zalo")
        assert open_alerts(session) == []
    _raise(sessions)
    with sessions() as session:
        assert len(open_alerts(session)) == 1
        assert session.scalar(sa.select(sa.func.count()).select_from(Alert)) == 2


@pytest.mark.parametrize("key", ["uncertain", "parked", "window_closed", "withdraw", "token_refused"])
def test_every_alert_has_its_sentence(key: str) -> None:
    assert Texts.load().alert(key, reason="blocked").endswith((".", "blocked"))
