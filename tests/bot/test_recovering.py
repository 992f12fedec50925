"""What other programs have left in the outbox is found again, and frees those who wait behind it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import sessionmaker

from bot.errors import Retry
from knowledge.models import Conversation, Message, OutboxItem
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
