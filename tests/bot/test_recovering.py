"""What other programs have left in the outbox is found again, and frees those who wait behind it."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import sessionmaker

from bot.channels.zalo.channel import ZaloChannel
from bot.delivery import recovering
from bot.errors import Retry, Uncertain
from bot.texts import Texts
from knowledge.models import Alert, Conversation, DeliveryPart, Message, OutboxItem, utc_now
from tests.bot.desk import Desk
from tests.bot.fake_channel import FakeChannel


@pytest.fixture
def desk(either_sessions: sessionmaker) -> Desk:
    return Desk(either_sessions, FakeChannel())


def recover(desk: Desk) -> None:
    with desk.sessions.begin() as session:
        desk.sender.settling.recover(session, everything=False)


async def test_a_persons_words_do_not_wait_for_a_stale_answer_that_was_put_off(desk: Desk) -> None:
    desk.channel.troubles = [Retry("away", after=3600.0)]
    desk.say("máy nói", "người nói")
    await desk.work()
    with desk.sessions.begin() as session:
        session.execute(sa.update(Message).where(Message.text == "người nói").values(author="staff"))
        session.execute(sa.update(Conversation).values(version=1))
    assert await desk.work() == 0
    recover(desk)
    await desk.work()
    assert (desk.channel.texts, desk.items) == (["người nói"], ["dropped", "sent"])


async def test_what_the_release_before_wrote_without_its_channel_is_sent_too(desk: Desk) -> None:
    desk.say("một")
    with desk.sessions.begin() as session:
        session.execute(sa.update(OutboxItem).values(channel=""))
    assert await desk.work() == 0
    recover(desk)
    await desk.work()
    assert desk.channel.texts == ["một"]
    assert desk.column(OutboxItem.channel) == [desk.channel.name]


async def test_what_waited_for_a_whole_day_is_not_sent_any_more_and_holds_up_nothing(desk: Desk) -> None:
    desk.say("một", "hai")
    desk.say("khác", to="8")
    with desk.sessions.begin() as session:
        old = (
            sa.update(OutboxItem)
            .where(OutboxItem.id < 3)
            .values(created_at=utc_now() - dt.timedelta(days=40), attempts=1)
        )
        session.execute(old)
        session.add(DeliveryPart(outbox_id=1, part=0, state="pending", attempts=1, body={}))  # as retention leaves it
    desk.restart()
    await desk.work()
    assert (desk.items, desk.channel.texts, desk.alerts) == (["parked", "parked", "sent"], ["khác"], ["too_old"])
    with desk.sessions() as session:
        alert = session.scalar(sa.select(Alert))
        assert Texts.load().alert(alert.text_key, **alert.details)


async def test_who_was_waited_for_in_vain_is_told_of_when_echoes_end(desk: Desk) -> None:
    desk.channel.confirms = True
    desk.channel.troubles = [Uncertain("cut off")]
    desk.say("một")
    await desk.work()
    assert (desk.items, desk.alerts) == (["pending"], [])
    desk.channel.confirms = False
    await desk.work(later=61)
    assert (desk.items, desk.alerts) == (["unsure"], ["uncertain"])


@pytest.mark.parametrize(("away", "until"), [(0, 0), (29, 29), (31, 340), (329, 340), (400, 1240), (1300, 1300)])
def test_after_a_long_absence_the_repeated_echo_is_waited_for(away: float, until: float) -> None:
    begun = utc_now()
    found = recovering.told_again(begun, begun + dt.timedelta(seconds=away), ZaloChannel.repeats)
    assert (found - begun).total_seconds() == pytest.approx(until)
