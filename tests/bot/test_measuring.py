"""What stands in the database, as figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.orm import Session

from bot.measuring import Backlog, Standing, connections, has_room, standing
from bot.metrics import PARTS, Metrics
from knowledge.database import _alembic_config, create_engine, is_behind, session_factory
from knowledge.models import Alert, Conversation, Handoff, InboxItem, Message, OutboxItem, Spooled

NOW = dt.datetime(2026, 11, 29, 8, 0, tzinfo=dt.timezone.utc)


@pytest.fixture
def session(database_url: str) -> Iterator[Session]:
    engine = create_engine(database_url)
    with session_factory(engine).begin() as found:
        yield found
    engine.dispose()


def ago(seconds: float) -> dt.datetime:
    return NOW - dt.timedelta(seconds=seconds)


def test_backlogs_waits_and_alerts_are_counted_with_the_age_of_the_oldest(session: Session) -> None:
    session.add(Conversation(id="c1", channel="zalo", external_id="1"))
    session.flush()
    session.add(Message(id=1, conversation_id="c1", seq=1, author="assistant"))
    session.flush()
    for number, (state, seconds) in enumerate((("new", 5), ("working", 90), ("done", 500), ("parked", 600))):
        item = {"channel": "zalo", "external_id": f"{number}", "conversation_id": "c1", "body": {}}
        session.add(InboxItem(**item, state=state, created_at=ago(seconds)))
        seq = {"conversation_id": "c1", "seq": number, "message_id": 1, "owner_version": 0}
        sent = {"new": "pending", "working": "sending"}.get(state, state)
        session.add(OutboxItem(**seq, state=sent, created_at=ago(seconds)))
    session.add(Handoff(conversation_id="c1", state="queued", reason="asked", waiting_since=ago(1200)))
    session.add(Spooled(channel="zalo", sealed=b"?", created_at=ago(3)))
    session.add(Alert(kind="operator", channel="zalo", text_key="parked"))
    session.flush()
    assert standing(session, NOW) == Standing(
        spool=Backlog(1, 3.0),
        inbox=Backlog(2, 90.0),
        outbox={"zalo": Backlog(2, 90.0)},
        people=Backlog(1, 1200.0),
        parked={"inbox": 1, "outbox": 1},
        alerts={"operator": 1},
    )


def test_an_empty_database_waits_for_nobody(session: Session) -> None:
    nothing = standing(session, NOW)
    assert (nothing.inbox, nothing.outbox, nothing.people) == (Backlog(), {}, Backlog())


def test_figures_are_told_in_prometheus_words() -> None:
    metrics = Metrics()
    metrics.set_parts({**dict.fromkeys(PARTS, True), "rasa": False})
    metrics.answered(["answered"], 0.2)
    found = Standing(Backlog(9, 2.0), Backlog(3, 7.0), {}, Backlog(2, 60.0), {"inbox": 1, "outbox": 0}, {"operator": 1})
    metrics.set_standing(found, ["zalo"])
    text = metrics.text().decode()
    for line in (
        'tthc_part_up{part="rasa"} 0.0',
        "tthc_spool_waiting 9.0",
        "tthc_inbox_age_seconds 7.0",
        "tthc_citizens_waiting 2.0",
        'tthc_answers_total{outcome="answered"} 1.0',
        'tthc_channel_lag_seconds{channel="zalo"} 0.0',
    ):
        assert line in text.splitlines()


def test_an_older_schema_is_behind_and_a_newer_one_is_not(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    engine = create_engine(url)
    command.upgrade(_alembic_config(url), "0007")
    assert is_behind(engine)
    command.upgrade(_alembic_config(url), "head")
    assert not is_behind(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    assert not is_behind(engine)
    engine.dispose()


def test_a_disk_that_is_nearly_full_is_told(tmp_path: Path) -> None:
    assert has_room(tmp_path / "not" / "there")
    assert not has_room(tmp_path, free=1024)


def test_connections_are_counted(database_url: str) -> None:
    engine = create_engine(database_url)
    with engine.connect():
        used, most = connections(engine)
    assert used == 1 <= most
    engine.dispose()
