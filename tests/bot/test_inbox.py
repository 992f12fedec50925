"""The inbox by itself: order, leases, and that an item is answered at most once."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import sessionmaker

from bot.conversation import lines_after, open_web
from bot.delivery import inbox
from bot.delivery.inbox import Claimed
from bot.delivery.intake import Intake
from bot.messages import Inbound
from bot.texts import Texts
from knowledge.database import create_engine, session_factory
from knowledge.models import InboxItem, utc_now
from knowledge.reply import Block, Reply

KEY = b"a key"
TEXTS = Texts.load()
ANSWER = Reply("answered", ((Block("text", text="Dạ"),),))


@pytest.fixture
def sessions(database_url: str) -> Iterator[sessionmaker]:
    engine = create_engine(database_url)
    yield session_factory(engine)
    engine.dispose()


def _open(sessions: sessionmaker) -> str:
    with sessions.begin() as session:
        return open_web(session)


def _send(sessions: sessionmaker, conversation_id: str, text: str) -> int:
    with sessions.begin() as session:
        return Intake(KEY, TEXTS).accept(session, conversation_id, Inbound(str(uuid.uuid4()), text)).item_id


def _claim(sessions: sessionmaker, now: dt.datetime | None = None) -> Claimed | None:
    with sessions.begin() as session:
        return inbox.claim(session, now)


def _finish(sessions: sessionmaker, claimed: Claimed) -> bool:
    with sessions.begin() as session:
        return inbox.finish(session, claimed, [ANSWER, ANSWER])


def test_one_message_of_a_conversation_at_a_time(sessions: sessionmaker) -> None:
    one, other = _open(sessions), _open(sessions)
    for conversation_id, text in ((one, "a1"), (one, "a2"), (other, "b1")):
        _send(sessions, conversation_id, text)
    first, second = _claim(sessions), _claim(sessions)
    assert first and second
    assert (first.message, second.message, _claim(sessions)) == ("a1", "b1", None)
    assert _finish(sessions, first)
    third = _claim(sessions)
    assert third and third.message == "a2"


def test_an_item_put_off_is_not_overtaken(sessions: sessionmaker) -> None:
    conversation_id = _open(sessions)
    for text in ("một", "hai"):
        _send(sessions, conversation_id, text)
    claimed = _claim(sessions)
    assert claimed
    with sessions.begin() as session:
        assert inbox.retry(session, claimed, 30, "Rasa is away")
    assert _claim(sessions) is None
    again = _claim(sessions, utc_now() + dt.timedelta(seconds=31))
    assert again and (again.message, again.attempt) == ("một", 2)


def test_who_lost_the_lease_cannot_answer(sessions: sessionmaker) -> None:
    conversation_id = _open(sessions)
    _send(sessions, conversation_id, "một")
    slow = _claim(sessions)
    with sessions.begin() as session:
        session.execute(sa.update(InboxItem).values(available_at=utc_now() - dt.timedelta(seconds=1)))
        assert inbox.recover(session, everything=False) == 1
    quick = _claim(sessions)
    assert slow and quick
    assert _finish(sessions, quick)
    assert not _finish(sessions, slow)
    assert not _finish(sessions, quick)
    with sessions() as session:
        assert [line.author for line in lines_after(session, conversation_id, 0, 9)] == [
            "citizen",
            "assistant",
            "assistant",
        ]


def test_a_running_lease_is_respected_unless_this_process_is_alone(sessions: sessionmaker) -> None:
    _send(sessions, _open(sessions), "một")
    assert _claim(sessions)
    with sessions.begin() as session:
        assert inbox.recover(session, everything=False) == 0
        assert inbox.recover(session, everything=True) == 1


def test_a_closed_item_keeps_nothing_of_the_message(sessions: sessionmaker) -> None:
    _send(sessions, _open(sessions), "một")
    claimed = _claim(sessions)
    assert claimed and _finish(sessions, claimed)
    with sessions() as session:
        assert session.scalars(sa.select(InboxItem.body)).all() == [{}]
