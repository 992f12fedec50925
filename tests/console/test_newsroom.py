"""What open consoles are told: the same scope as the database's, each event rings once and for whom it calls."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from bot.console.newsroom import Newsroom, look_up
from bot.console.person import Person
from bot.console.scope import concerns, visible
from bot.delivery.hub import Hub
from knowledge.models import Conversation, Handoff, utc_now
from tests.console.desk import Browser
from tests.console.hall import LA_GI, PHAN_THIET, Hall, reply, talk
from tests.console.test_events import listening


def person(key: int, role: str = "clerk", unit: str = "") -> Person:
    return Person(key, "ai", "Ai", role, unit, "ready", False)


@pytest.mark.parametrize("role", ["admin", "clerk", "viewer", "editor"])
@pytest.mark.parametrize("unit", ["", LA_GI])
def test_the_scope_in_memory_is_that_of_the_database(hall: Hall, role: str, unit: str) -> None:
    hall.enter("lan")
    one = person(hall.ids["lan"], role, unit)
    columns = [
        {"unit_code": code, "target_unit": target, "staff_id": holder, "target_staff_id": offered}
        for code in ("", LA_GI, PHAN_THIET)
        for target in (None, LA_GI, PHAN_THIET)
        for holder in (None, one.id)
        for offered in (None, one.id)
    ]
    with hall.sessions() as session:
        for number, values in enumerate(columns):
            session.add(Conversation(id=f"c{number}", channel="web", external_id=f"c{number}"))
            session.flush()
            session.add(Handoff(conversation_id=f"c{number}", state="queued", reason="asked", **values))
        session.add(Conversation(id="alone", channel="web", external_id="alone"))
        session.flush()
        keys = [*(f"c{number}" for number in range(len(columns))), "alone"]
        seen = set(visible(session, one, keys))
        assert {report.conversation_id for report in look_up(session, keys) if concerns(one, report.handoff)} == seen


def bells(hall: Hall, key: str, later: float = 0) -> list[tuple[str, frozenset[int]]]:
    with hall.sessions() as session:
        found = look_up(session, [key], utc_now() + dt.timedelta(seconds=later))
    return [(bell.what, bell.staff_ids) for report in found for bell in report.bells]


def test_what_calls_and_whom(hall: Hall) -> None:
    lan, hoa = hall.enter("lan"), hall.enter("hoa")
    key = hall.wait(ago=0)
    assert bells(hall, key) == [("waiting", frozenset())]
    lan.post(talk(key, "claim"))
    hall.people.write(key)
    mine = ("mine", frozenset({hall.ids["lan"]}))
    assert mine in bells(hall, key)
    lan.post(talk(key, "note"), text="@Chị hoa ơi")
    assert ("mention", frozenset({hall.ids["hoa"]})) in bells(hall, key)
    lan.post(talk(key, "transfer"), to=f"staff:{hall.ids['hoa']}", note="")
    assert ("offered", frozenset({hall.ids["hoa"]})) in bells(hall, key)
    assert bells(hall, key, later=60) == []
    assert hoa.get("/mine").status_code == 200


def test_a_viewer_hears_no_bell(hall: Hall) -> None:
    hall.enter("lan")
    key = hall.wait(ago=0)
    with hall.sessions() as session:
        report = look_up(session, [key])[0]
    assert report.bells_for(person(1)) == ["waiting"]
    assert report.bells_for(person(1, "viewer")) == []


def test_an_event_rings_once(hall: Hall) -> None:
    hall.enter("lan")
    key, room = hall.wait(ago=0), Newsroom(hall.sessions, Hub())
    with hall.sessions() as session:
        report = look_up(session, [key])[0]
    assert [bell.what for bell in room._without_rung(report).bells] == ["waiting"]
    assert room._without_rung(report).bells == ()


def until(lines: Iterator[str], event: str) -> str:
    """Return the data of the next event of a kind."""
    for line in lines:
        if line == f"event: {event}":
            return next(lines)
    raise AssertionError(event)


def test_the_stream_carries_news_and_bells(hall: Hall) -> None:
    lan: Browser = hall.enter("lan")
    key = hall.wait(ago=0)
    lan.post(talk(key, "claim"))
    with listening(lan) as lines:
        assert until(lines, "news") == "data: []"
        hall.people.write(key, "alo")
        reply(lan, key)  # by the door, which tells everybody
        assert until(lines, "news") == f'data: ["{key}"]'
        assert until(lines, "bell").startswith('data: {"what": "')
