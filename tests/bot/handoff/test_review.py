"""Which answers are looked at again: each question once, however often one looks."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.handoff import review
from knowledge.models import ReviewItem, utc_now
from tests.bot.handoff.people import Office
from tests.console.talks import Talks

_MINUTE = dt.timedelta(minutes=1)
NOW = utc_now()
EARLY = NOW - 50 * _MINUTE


@pytest.fixture
def talks(office: Office) -> Talks:
    return Talks(office.sessions)


def look(session: Session, now: dt.datetime = NOW) -> int:
    return review.put(session, review.doubts(session, now))


def gathered(talks: Talks, now: dt.datetime = NOW) -> list[tuple[str, str, str]]:
    """Look, and return question, cause and why of everything in the queue."""
    with talks.sessions.begin() as session:
        look(session, now)
    with talks.sessions() as session:
        items = session.scalars(sa.select(ReviewItem).order_by(ReviewItem.id))
        return [(item.question, item.cause, item.understood["why"]) for item in items]


def test_two_misses_in_a_row_and_not_one(talks: Talks) -> None:
    key = talks.begin("một", at=EARLY)
    talks.answer(key, "?", "not_found", at=EARLY)
    assert gathered(talks) == []
    talks.say(key, "hai", at=EARLY)
    talks.answer(key, "?", "not_found", at=EARLY, candidates=("1.000001",), aspects=("fee",))
    assert gathered(talks) == [("hai", "unsure", "not_found_twice")]
    with talks.sessions() as session:
        understood = session.scalar(sa.select(ReviewItem.understood))
    assert understood["candidates"] == ["1.000001"] and understood["aspects"] == ["fee"]
    assert (understood["outcome"], understood["procedures"]) == ("not_found", [])


def test_a_miss_after_an_answer_is_the_first_again(talks: Talks) -> None:
    key = talks.begin("một", at=EARLY)
    for outcome in ("not_found", "answered", "not_found"):
        talks.answer(key, "?", outcome, at=EARLY)
    assert gathered(talks) == []


@pytest.mark.parametrize(
    ("minutes", "spoke", "found"), [(29, False, False), (31, False, True), (31, True, False), (600, False, True)]
)
def test_what_was_asked_back_and_left(talks: Talks, minutes: int, spoke: bool, found: bool) -> None:
    at = NOW - minutes * _MINUTE
    key = talks.begin("đăng ký", at=at)
    talks.answer(key, "Việc nào?", "clarify", at=at)
    if spoke:
        talks.say(key, "tạm trú", at=NOW)
    assert gathered(talks) == ([("đăng ký", "unsure", "clarify_abandoned")] if found else [])


def test_no_answer_at_all(talks: Talks) -> None:
    talks.answer(talks.begin("hỏi", at=EARLY), "Xin lỗi", "unavailable", at=EARLY)
    assert gathered(talks) == [("hỏi", "unsure", "unavailable")]


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"rating": "no"}, "rated_no"),
        ({"rating": "partly"}, "rated_partly"),
        ({"bot_could": "yes"}, "bot_could"),
        ({"rating": "yes", "bot_could": "no"}, ""),
        ({}, ""),
    ],
)
def test_hand_offs_that_helped_little(talks: Talks, values: dict[str, str], why: str) -> None:
    key = talks.begin("câu hỏi")
    talks.answer(key, "Dạ")
    talks.hand_over(key, state="closed", closed_at=NOW, **values)
    talks.say(key, "cảm ơn")
    assert gathered(talks) == ([("câu hỏi", "rated", why)] if why else [])


def test_looking_again_finds_nothing_new(talks: Talks) -> None:
    talks.answer(talks.begin("hỏi", at=EARLY), "Xin lỗi", "unavailable", at=EARLY)
    with talks.sessions.begin() as session:
        assert [look(session), look(session)] == [1, 0]
        session.execute(sa.update(ReviewItem).values(state="decided"))
        assert look(session) == 0


def test_tools_and_what_is_long_past_are_left_out(talks: Talks) -> None:
    talks.answer(talks.begin("máy hỏi", channel="rest", at=EARLY), "?", "unavailable", at=EARLY)
    past = NOW - dt.timedelta(days=4)
    talks.answer(talks.begin("đã lâu", at=past), "?", "unavailable", at=past)
    assert gathered(talks) == []


def test_what_was_erased_is_no_question(talks: Talks) -> None:
    key = talks.begin("bí mật", at=EARLY)
    talks.answer(key, "?", "unavailable", at=EARLY)
    with talks.sessions.begin() as session:
        session.execute(sa.text("UPDATE messages SET text = ''"))
    assert gathered(talks) == []


def test_what_a_person_points_at(talks: Talks) -> None:
    key = talks.begin("hỏi")
    seq = talks.answer(key, "Dạ sai")
    with talks.sessions.begin() as session:
        assert review.flag(session, key, seq)
        session.execute(sa.update(ReviewItem).values(state="decided"))
        assert review.flag(session, key, seq), "what is pointed at again is open again"
        assert not review.flag(session, key, 0)
        assert not review.flag(session, "nobody", seq)
    assert gathered(talks) == [("hỏi", "flagged", "flagged")]
    with talks.sessions() as session:
        assert session.scalar(sa.select(ReviewItem.state)) == "open"
