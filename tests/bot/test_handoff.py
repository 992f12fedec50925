"""First floor of the hand-off: the wish is kept once, truthfully, and the assistant stays."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from bot.handoff.hours import office_hours
from knowledge.models import Conversation, Handoff
from tests.bot.citizen import Talk
from tests.bot.fake_rasa import FakeRasa, reply
from tests.bot.running import Running

VIETNAM = dt.timezone(dt.timedelta(hours=7))

MOMENTS = [
    (dt.datetime(2026, 11, 20, 9, 0, tzinfo=VIETNAM), True),
    (dt.datetime(2026, 11, 20, 2, 0, tzinfo=dt.timezone.utc), True),
    (dt.datetime(2026, 11, 20, 12, 0, tzinfo=VIETNAM), False),
    (dt.datetime(2026, 11, 20, 20, 0, tzinfo=VIETNAM), False),
    (dt.datetime(2026, 11, 22, 9, 0, tzinfo=VIETNAM), False),
    (dt.datetime(2026, 11, 24, 9, 0, tzinfo=VIETNAM), False),  # a public holiday
]


@pytest.mark.parametrize(("moment", "is_open"), MOMENTS)
def test_office_hours(moment: dt.datetime, is_open: bool) -> None:
    assert office_hours()(moment) is is_open


async def test_a_wish_for_a_person_is_kept_once(talk: Talk, rasa: FakeRasa, server: Running) -> None:
    wish = reply("Em đã ghi lại", outcome="handoff", handoff="asked", procedures=["1.004222"])
    rasa.script("gặp cán bộ", wish)
    await talk.ask("gặp cán bộ")
    await talk.ask("gặp cán bộ")
    with server.sessions() as session:
        (kept,) = session.scalars(sa.select(Handoff)).all()
        owner = session.get(Conversation, talk.conversation_id).owner
    assert (kept.reason, kept.procedure_code, kept.closed_at) == ("asked", "1.004222", None)
    assert kept.state == ("queued" if office_hours()(kept.created_at) else "callback")
    assert owner == "bot"
    assert (await talk.ask("còn phí?"))["text"] == "echo còn phí?"


async def test_other_answers_open_no_hand_off(talk: Talk, server: Running) -> None:
    await talk.ask("chào")
    with server.sessions() as session:
        assert session.scalars(sa.select(Handoff)).all() == []
