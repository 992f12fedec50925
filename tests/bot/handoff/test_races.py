"""Two at once: one wins, the other is told who, and nothing is half done."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa

from bot.handoff import staff as desk
from bot.handoff.citizen import heard, keep_phone
from bot.handoff.moves import NotPossible, find_open
from knowledge.models import Conversation, Handoff, HandoffEvent, Message, Staff
from tests.bot.handoff.people import Office

CLAIMS = int(os.environ.get("HANDOFF_CLAIMS") or 200)  # 1,000 by `make bench-console`


def _claim(office: Office, staff_id: int, conversation_id: str, start: Barrier) -> str:
    """Claim as a click does: read, meet the other, write. Returns "won", or who was faster."""
    with office.sessions() as session:
        person = session.get(Staff, staff_id)
        handoff = find_open(session, conversation_id)
        session.rollback()
        start.wait()
        try:
            desk.claim(session, person, handoff)
            session.commit()
            return "won"
        except NotPossible as refused:
            session.rollback()
            return refused.holder


def test_every_chat_that_two_claim_goes_to_one(either_office: Office) -> None:
    office = either_office
    clerks = [office.hire("ha"), office.hire("lan")]
    names = {clerk: f"Chị {name}" for clerk, name in zip(clerks, ("ha", "lan"))}
    start = Barrier(2, timeout=60)
    wins = dict.fromkeys(clerks, 0)
    with ThreadPoolExecutor(2) as both:
        for _ in range(CLAIMS):
            office.ask(one := office.arrive())
            results = list(both.map(lambda clerk, one=one: _claim(office, clerk, one, start), clerks))
            assert sorted(results).count("won") == 1, results
            winner = clerks[results.index("won")]
            assert results[1 - results.index("won")] == names[winner]
            assert office.state(one) == ("active", f"staff:{winner}")
            wins[winner] += 1
    with office.db() as session:
        claims = sa.select(sa.func.count()).select_from(HandoffEvent).where(HandoffEvent.event == "claim")
        told = sa.select(sa.func.count()).select_from(Message).where(Message.text.like("%đang trả lời anh/chị.%"))
        assert session.scalar(claims) == session.scalar(told) == CLAIMS
    assert sum(wins.values()) == CLAIMS and min(wins.values()) > 0


def test_a_stale_page_changes_nothing(office: Office) -> None:
    clerk, other, one = office.hire("ha"), office.hire("lan"), office.arrive()
    office.ask(one)
    with office.sessions() as session:
        seen = find_open(session, one)
        session.expunge(seen)
    office.act(clerk, one, "claim")
    office.say(clerk, one)
    with office.sessions() as session, pytest.raises(NotPossible) as refused:
        desk.claim(session, session.get(Staff, other), session.merge(seen, load=False))
    assert refused.value.holder == "Chị ha"
    assert office.state(one) == ("awaiting", f"staff:{clerk}")


def test_a_word_that_meets_a_claim_is_not_lost(office: Office) -> None:
    clerk, one = office.hire("ha"), office.arrive()
    office.ask(one)
    office.act(clerk, one, "claim")
    office.say(clerk, one)
    with office.sessions.begin() as session:
        heard(session, one)
        heard(session, one)
    assert office.state(one)[0] == "active"


def test_a_number_is_kept_only_while_somebody_is_waited_for(office: Office) -> None:
    one = office.arrive()
    with office.sessions.begin() as session:
        conversation = session.get(Conversation, one)
        assert not keep_phone(session, conversation, "0912345678")
    office.ask(one)
    with office.sessions.begin() as session:
        conversation = session.get(Conversation, one)
        assert not keep_phone(session, conversation, "để mai em nhắn")
        assert keep_phone(session, conversation, "gọi +84 912 345 678 nhé")
        assert session.scalar(sa.select(Handoff.contact)) == "0912345678"
