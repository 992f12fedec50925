"""When many ask at once: who waits hears so once, and those for whom people are wanted come first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import anyio
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import sessionmaker

from bot.delivery import crowd as crowds
from bot.delivery import inbox
from bot.delivery.crowd import Crowd, key_at, minutes, pace_of
from bot.texts import Texts
from knowledge.database import create_engine, session_factory
from knowledge.models import Conversation, Handoff, InboxItem, Message, OutboxItem
from tests.fakes.loopback import PATIENCE

NOW = dt.datetime(2026, 11, 29, 8, 0, tzinfo=dt.timezone.utc)


def at(seconds: float) -> dt.datetime:
    return NOW + dt.timedelta(seconds=seconds)


@pytest.fixture
def sessions(database_url: str) -> Iterator[sessionmaker]:
    engine = create_engine(database_url)
    yield session_factory(engine)
    engine.dispose()


def ask(
    sessions: sessionmaker, name: str, seconds: float, owner: str = "bot", channel: str = "zalo", **more: object
) -> None:
    with sessions.begin() as session:
        if session.get(Conversation, name) is None:
            session.add(Conversation(id=name, channel=channel, external_id=name, owner=owner))
            session.flush()
        count = session.scalar(sa.select(sa.func.count(InboxItem.id)))
        item = {"channel": channel, "external_id": f"{name}:{count}", "conversation_id": name}
        times = {"created_at": at(seconds), "available_at": at(seconds)}
        session.add(InboxItem(**item, **{"body": {"message": "x"}, **times, **more}))


def answered(sessions: sessionmaker, count: int, every: float) -> None:
    """Let so many questions have been answered, one in so many seconds, the last one just now."""
    for number in range(count):
        ask(sessions, "served", -600, state="done", finished_at=at((number - count) * every + 1))


def crowd(sessions: sessionmaker, now: dt.datetime, told: list[str]) -> Crowd:
    return Crowd(sessions, Texts.load(), lambda key, channel: told.append(key), lambda: now)


def said(sessions: sessionmaker, name: str) -> list[str]:
    with sessions() as session:
        return list(session.scalars(sa.select(Message.text).where(Message.conversation_id == name)))


async def test_who_waits_is_told_the_place_and_the_time_once(sessions: sessionmaker) -> None:
    answered(sessions, 9, 33)
    for number in range(4):
        ask(sessions, f"c{number}", -20 + number)
    ask(sessions, "with people", -20, owner="staff:1")
    ask(sessions, "a tool", -20, channel="rest")
    ask(sessions, "who left", -20, body={"message": ""})  # nothing is asked of Rasa
    ask(sessions, "just now", -1)
    ask(sessions, "c0", -3)
    told: list[str] = []
    looking = crowd(sessions, NOW, told)
    assert await looking.look() == 4 and looking.is_there
    assert told == ["c0", "c1", "c2", "c3"]
    assert said(sessions, "c2") == [Texts.load().reply("crowded_until", place=3, minutes=2).plain()]
    assert await looking.look() == 0
    assert await crowd(sessions, at(20), told).look() == 1  # who had come just before
    assert told[4:] == ["just now"]


async def test_who_is_answered_soon_anyway_is_left_in_peace(sessions: sessionmaker) -> None:
    answered(sessions, 50, 1)
    for number in range(32):
        ask(sessions, f"c{number}", -20 + number / 100)
    told: list[str] = []
    assert await crowd(sessions, NOW, told).look() == 2
    assert told == ["c30", "c31"]


async def test_all_who_wait_are_told_in_one_look_with_their_places(sessions: sessionmaker) -> None:
    answered(sessions, 9, 33)
    for number in range(120):
        ask(sessions, f"c{number}", -20 + number / 100)
        ask(sessions, f"c{number}", -20 + number / 100)
    told: list[str] = []
    looking = crowd(sessions, NOW, told)
    assert await looking.look() == 120 and len(set(told)) == 120
    assert said(sessions, "c119") == [Texts.load().reply("crowded_until", place=239, minutes=132).plain()]
    assert await looking.look() == 0


def on_the_way(sessions: sessionmaker, channel: str, count: int) -> None:
    """Let so much be about to be delivered in a channel."""
    name = f"busy {channel}"
    with sessions.begin() as session:
        session.add(Conversation(id=name, channel=channel, external_id=name))
        session.flush()
        for seq in range(1, count + 1):
            message = Message(conversation_id=name, seq=seq, author="assistant", text="x", client_id=str(seq))
            session.add(message)
            session.flush()
            item = {"conversation_id": name, "channel": channel, "seq": seq, "message_id": message.id}
            session.add(OutboxItem(**item, owner_version=0, available_at=at(-1)))


async def test_a_notice_is_not_written_before_it_can_leave(
    sessions: sessionmaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowds, "_PATIENCE", PATIENCE)
    for number in range(3):
        ask(sessions, f"c{number}", -20)
    on_the_way(sessions, "zalo", crowds._MOST_ON_THE_WAY)
    told: list[str] = []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(crowd(sessions, NOW, told).look)
        with anyio.move_on_after(3 * crowds._PAUSE):
            await anyio.sleep_forever()
        assert told == []
        with sessions.begin() as session:
            session.execute(sa.update(OutboxItem).where(OutboxItem.seq == 1).values(state="sent"))
    assert told == ["c0", "c1", "c2"]


async def test_who_writes_where_nothing_leaves_is_told_all_the_same(
    sessions: sessionmaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowds, "_PATIENCE", 0.0)
    for number in range(12):
        ask(sessions, f"c{number}", -20)
    on_the_way(sessions, "zalo", crowds._MOST_ON_THE_WAY)
    told: list[str] = []
    assert await crowd(sessions, NOW, told).look() == 12


class Passing:
    """Time that goes on by itself: with each pause of two seconds one message of a busy channel leaves."""

    def __init__(self, sessions: sessionmaker, told: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.left: list[int] = []  # how many were told before each
        self.seconds = 0.0
        self._sessions = sessions
        self._told = told
        monkeypatch.setattr(crowds.anyio, "sleep", self._sleep)
        monkeypatch.setattr(crowds.anyio, "current_time", lambda: self.seconds)

    async def _sleep(self, _seconds: float) -> None:
        self.seconds += 2.0
        self.left.append(len(self._told))
        with self._sessions.begin() as session:
            session.execute(sa.update(OutboxItem).where(OutboxItem.seq == len(self.left)).values(state="sent"))


async def test_a_slow_channel_is_not_taken_for_one_in_which_nothing_leaves(
    sessions: sessionmaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        ask(sessions, f"c{number}", -20)
    ask(sessions, "elsewhere", -19, channel="web")
    on_the_way(sessions, "zalo", crowds._MOST_ON_THE_WAY + 9)
    told: list[str] = []
    passing = Passing(sessions, told, monkeypatch)
    assert await crowd(sessions, NOW, told).look() == 4
    assert passing.left == [1] * 10  # who has room has not waited, and the others did
    assert told == ["elsewhere", "c0", "c1", "c2"]


async def test_nobody_is_let_wait_for_ever_behind_a_slow_channel(
    sessions: sessionmaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(sessions, "c0", -20)
    on_the_way(sessions, "zalo", crowds._MOST_ON_THE_WAY + 99)
    told: list[str] = []
    passing = Passing(sessions, told, monkeypatch)
    assert await crowd(sessions, NOW, told).look() == 1
    assert passing.seconds == crowds._LONGEST_WAIT + 2


async def test_who_comes_beside_the_line_is_not_passed_over(sessions: sessionmaker) -> None:
    ask(sessions, "early", -30)
    ask(sessions, "at the door", -1, channel="web")
    ask(sessions, "out of the spool", -20)
    told: list[str] = []
    now = [NOW]
    looking = Crowd(sessions, Texts.load(), lambda key, channel: told.append(key), lambda: now[0])
    assert await looking.look() == 1
    now[0] = at(20)
    assert await looking.look() == 2
    assert told == ["early", "at the door", "out of the spool"]


async def test_a_busy_channel_holds_up_no_other(sessions: sessionmaker) -> None:
    ask(sessions, "c0", -20, channel="telegram")
    on_the_way(sessions, "zalo", crowds._MOST_ON_THE_WAY)
    told: list[str] = []
    assert await crowd(sessions, NOW, told).look() == 1


async def test_two_processes_tell_nobody_twice(sessions: sessionmaker) -> None:
    for number in range(3):
        ask(sessions, f"c{number}", -20)
    told: list[str] = []
    first, second = crowd(sessions, NOW, told), crowd(sessions, NOW, told)
    with sessions.begin() as session:  # what the second has found before the first told them
        found = crowds._find(session, NOW, 0).waiting
    assert await first.look() == 3
    assert await second._tell_some(found, None, NOW) == 0
    assert [len(said(sessions, f"c{number}")) for number in range(3)] == [1, 1, 1]


async def test_who_waits_a_moment_is_not_disturbed(sessions: sessionmaker) -> None:
    ask(sessions, "c0", -14)
    ask(sessions, "tried again", -600, attempts=1)
    looking = crowd(sessions, NOW, [])
    assert await looking.look() == 0 and not looking.is_there


async def test_without_a_pace_no_time_is_promised(sessions: sessionmaker) -> None:
    for number in range(3):  # the last ones of a quiet night tell nothing
        ask(sessions, "served", -9000, state="done", finished_at=at(number - 8000))
    ask(sessions, "c0", -20)
    await crowd(sessions, NOW, []).look()
    assert said(sessions, "c0") == [Texts.load().reply("crowded", place=1).plain()]


def test_those_who_want_people_come_first_while_it_is_crowded(sessions: sessionmaker) -> None:
    for name in ("c0", "c1", "c2"):
        ask(sessions, name, -20)
    with sessions.begin() as session:
        session.add(Handoff(conversation_id="c2", state="queued", reason="asked"))
    with sessions.begin() as session:
        order = [inbox.claim(session, NOW, people_first=True) for _ in range(4)]
        assert [found and found.conversation_id for found in order] == ["c2", "c0", "c1", None]


@pytest.mark.parametrize(("place", "pace", "expected"), [(1, 1.0, 1), (60, 1.0, 1), (61, 1.0, 2), (600, 2.0, 5)])
def test_minutes(place: int, pace: float, expected: int) -> None:
    assert minutes(place, pace) == expected


def test_the_pace_counts_from_the_oldest_of_the_last_answers() -> None:
    assert pace_of([at(-10), at(-1)], NOW) == pytest.approx(0.2)
    assert pace_of([at(-1)], NOW) is None


def test_the_key_holds_for_half_an_hour() -> None:
    assert key_at(at(0)) == key_at(at(1799)) != key_at(at(1800))
