"""What staff and citizens leave with a hand-off goes when the citizen withdraws."""

from __future__ import annotations

import sqlalchemy as sa

from bot import erasure
from knowledge.models import Draft, Handoff, HandoffEvent, Note, ReviewItem
from tests.bot.handoff.people import NIGHT, Office


def test_a_withdrawal_takes_notes_drafts_reviews_and_the_number(office: Office) -> None:
    clerk, one = office.hire("ha"), office.arrive()
    office.leave(clerk)
    office.ask(one, NIGHT)
    office.act(clerk, one, "claim")
    with office.sessions.begin() as session:
        session.add(Note(conversation_id=one, staff_id=clerk, text="nhà ở hẻm 12"))
        session.add(Draft(conversation_id=one, staff_id=clerk, kind="reply", text="Chào chị Hoa"))
        session.add(ReviewItem(conversation_id=one, seq=1, cause="flagged", question="sổ của chị Hoa"))
        session.scalar(sa.select(Handoff)).contact = "0912345678"
        session.scalars(sa.select(HandoffEvent)).first().detail = {"note": "chị Hoa"}
    with office.sessions.begin() as session:
        erasure.mark(session, one, "r" * 64)
        erasure.erase_rows(session, one)
    with office.db() as session:
        handoff = session.scalar(sa.select(Handoff))
        assert (handoff.contact, handoff.state, handoff.close_reason, handoff.summary) == ("", "closed", "erased", {})
        assert session.scalars(sa.select(Note.id)).all() == session.scalars(sa.select(Draft.text)).all() == []
        assert session.scalars(sa.select(ReviewItem.question)).all() == [""]
        assert set(map(str, session.scalars(sa.select(HandoffEvent.detail)))) == {"{}"}
