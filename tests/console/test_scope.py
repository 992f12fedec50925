"""Whose conversations a person may see; the judge for every page that shows one."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from bot.console.desk.cards import find
from bot.console.person import Person
from bot.console.scope import may_see, visible
from knowledge.models import Conversation, Handoff, Message, utc_now
from tests.console.desk import Office

LA_GI, K = "24787", "2"


def person(role: str, unit: str, key: int = 1) -> Person:
    return Person(key, "lan", "Lan", role, unit, "ready", False)


def talk(session: Session, name: str, **handoff: object) -> str:
    """Add a conversation, with a hand-off when something is said of one."""
    session.add(Conversation(id=name, channel="web", external_id=name))
    session.flush()
    if handoff:
        session.add(Handoff(conversation_id=name, state="queued", reason="asked", **handoff))
    return name


@pytest.mark.parametrize(
    ("handoff", "seen_in_la_gi"),
    [
        ({}, True),
        ({"unit_code": ""}, True),
        ({"unit_code": LA_GI}, True),
        ({"unit_code": K}, False),
        ({"unit_code": K, "target_unit": LA_GI}, True),
        ({"unit_code": K, "staff_id": 1}, True),
        ({"unit_code": K, "target_staff_id": 1}, True),
        ({"unit_code": K, "staff_id": 2}, False),
    ],
)
def test_a_unit_sees_its_own_and_what_is_nobodys(
    office: Office, handoff: dict[str, object], seen_in_la_gi: bool
) -> None:
    assert [office.add("lan"), office.add("ha")] == [1, 2]
    with office.server.sessions() as session:
        talk(session, "c1", **handoff)
        for role in ("head", "clerk", "viewer"):
            assert may_see(session, person(role, LA_GI), "c1") is seen_in_la_gi
            assert may_see(session, person(role, ""), "c1")
        assert may_see(session, person("admin", ""), "c1")
        assert not may_see(session, person("editor", ""), "c1"), "an editor has no conversations"


def test_the_newest_hand_off_decides(office: Office) -> None:
    with office.server.sessions() as session:
        talk(session, "c1", unit_code=LA_GI, closed_at=None)
        session.query(Handoff).update({"closed_at": Handoff.created_at})
        session.add(Handoff(conversation_id="c1", state="queued", reason="asked", unit_code=K))
        assert not may_see(session, person("clerk", LA_GI), "c1")
        assert may_see(session, person("clerk", K), "c1")


def test_what_is_not_there_is_seen_by_nobody(office: Office) -> None:
    with office.server.sessions() as session:
        talk(session, "c1")
        assert not may_see(session, person("admin", ""), "c2")
        assert visible(session, person("admin", ""), ["c1", "c2"]) == ["c1"]
        assert visible(session, person("admin", ""), []) == []


def test_lists_and_numbers_stay_within_the_unit(office: Office) -> None:
    lan, ha = office.enter("lan", unit_code=LA_GI), office.enter("ha", unit_code=K)
    with office.server.sessions.begin() as session:
        talk(session, "c1", unit_code=LA_GI, procedure_code="1.004222")
    for browser, count in ((lan, 1), (ha, 0)):
        assert browser.get("/waiting").text.count("1.004222") == count
        assert ('<b class="count">1' in browser.get("/rail").text) is bool(count)


@pytest.mark.parametrize(("unit", "shown"), [(LA_GI, [""]), (K, ["số nhà 5"]), ("", ["số nhà 5"] * 2)])
def test_a_finished_talk_that_went_on_elsewhere_shows_no_words_of_there(
    office: Office, unit: str, shown: list[str]
) -> None:
    closed = {"state": "closed", "reason": "asked", "procedure_code": "1.004222", "closed_at": utc_now()}
    with office.server.sessions() as session:
        talk(session, "c1")
        for code in (LA_GI, K):
            session.add(Handoff(conversation_id="c1", unit_code=code, **closed))
            session.flush()
        session.add(Message(conversation_id="c1", seq=1, author="citizen", text="số nhà 5"))
        assert [card.last for card in find(session, person("clerk", unit), "finished")] == shown
