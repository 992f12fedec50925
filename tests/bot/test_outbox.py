"""The outbox against a channel that fails in every way: each part at most once, in order, nothing blocked for ever."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import sessionmaker

from bot.channels.base import Part
from bot.delivery import ledger
from bot.delivery.receipts import confirm, echo
from bot.delivery.settling import growing_pause
from bot.errors import NeedsOperator, Permanent, RefreshAndRetry, Retry, Uncertain
from knowledge.database import create_engine, session_factory
from knowledge.models import Alert, Conversation, DeliveryPart, Handoff, Message, OutboxItem, utc_now
from tests.bot.desk import Desk
from tests.bot.fake_channel import FakeChannel

LONG = dt.timedelta(days=8)


@pytest.fixture
def sessions(database_url: str) -> Iterator[sessionmaker]:
    engine = create_engine(database_url)
    yield session_factory(engine)
    engine.dispose()


@pytest.fixture
def channel() -> FakeChannel:
    return FakeChannel()


@pytest.fixture
def desk(sessions: sessionmaker, channel: FakeChannel) -> Desk:
    return Desk(sessions, channel)


async def test_messages_leave_in_order_and_their_ids_are_kept(desk: Desk) -> None:
    desk.say("một", "hai")
    desk.say("ba", to="8")
    assert await desk.work() == 3
    assert desk.channel.sent == [("7", "một"), ("7", "hai"), ("8", "ba")]
    assert (set(desk.items), set(desk.parts)) == ({"sent"}, {"sent"})
    assert desk.column(DeliveryPart.external_message_id) == ["telegram-1", "telegram-2", "telegram-3"]
    assert desk.column(DeliveryPart.body) == [{}, {}, {}]
    assert await desk.work() == 0


async def test_who_talks_with_people_comes_first_in_a_crowd(desk: Desk) -> None:
    desk.say("một")
    desk.say("hai", to="8")
    desk.say("ba", "bốn", to="9")
    with desk.sessions.begin() as session:
        who = session.scalars(sa.select(Conversation.id).where(Conversation.external_id == "9")).one()
        session.add(Handoff(conversation_id=who, state="queued", reason="asked"))
    with desk.sessions.begin() as session:
        found = ledger.claim_some(session, desk.sender.settling.lane, 2, people_first=True)
    assert [(one.delivery.external_id, one.delivery.seq) for one in found] == [("9", 2), ("7", 2)]


async def test_a_failed_try_waits_and_is_not_overtaken(desk: Desk) -> None:
    desk.channel.troubles = [Retry("no connection")]
    desk.say("một", "hai")
    assert await desk.work() == 1
    assert (desk.channel.sent, desk.items) == ([], ["pending", "pending"])
    assert await desk.work(later=31) == 2
    assert desk.channel.texts == ["một", "hai"]


async def test_a_cut_between_two_parts_repeats_neither(sessions: sessionmaker) -> None:
    desk = Desk(sessions, FakeChannel(longest_text=8))
    desk.channel.troubles = [None, Retry("no connection")]
    desk.say("một hai ba bốn")
    await desk.work()
    assert (desk.channel.texts, desk.parts) == (["một hai"], ["sent", "pending"])
    desk.channel.capabilities = FakeChannel(longest_text=4).capabilities  # an update in between cuts otherwise
    await desk.work(later=31)
    assert (desk.channel.texts, desk.parts) == (["một hai", "ba bốn"], ["sent", "sent"])


async def test_what_can_never_be_sent_is_parked_with_its_rest_and_blocks_nothing(sessions: sessionmaker) -> None:
    desk = Desk(sessions, FakeChannel(longest_text=8))
    desk.channel.troubles = [Permanent("blocked")]
    desk.say("một hai ba bốn", "sau")
    await desk.work()
    assert desk.channel.texts == ["sau"]
    assert (desk.items, desk.parts) == (["parked", "sent"], ["parked", "parked", "sent"])
    assert desk.alerts == ["parked"]


async def test_after_too_many_tries_it_is_parked(desk: Desk) -> None:
    desk.channel.troubles = [Retry("down") for _ in range(99)]
    desk.say("một")
    tries = 0
    while await desk.work(later=31):
        tries += 1
        assert tries < 99
    assert (desk.items, desk.alerts) == (["parked"], ["parked"])
    assert 5 < desk.channel.calls < 20


async def test_pauses_that_the_provider_names_are_no_failed_tries(desk: Desk) -> None:
    desk.channel.troubles = [Retry("too many", after=1.0) for _ in range(40)]
    desk.say("một")
    for _ in range(41):
        await desk.work(later=2)
    assert desk.channel.texts == ["một"]


async def test_an_answer_too_old_to_help_is_parked(desk: Desk) -> None:
    desk.say("một")
    with desk.sessions.begin() as session:
        session.execute(sa.update(OutboxItem).values(created_at=utc_now() - dt.timedelta(days=2)))
    desk.channel.troubles = [Retry("down")]
    await desk.work()
    assert desk.items == ["parked"]


async def test_an_old_token_is_renewed_once(desk: Desk) -> None:
    desk.channel.troubles = [RefreshAndRetry("old")]
    desk.say("một")
    await desk.work()
    assert (desk.channel.texts, desk.channel.refreshed, desk.alerts) == (["một"], 1, [])


async def test_a_dead_token_waits_for_a_person_and_the_alert_ends_when_it_works(desk: Desk) -> None:
    desk.channel.troubles = [RefreshAndRetry("old"), RefreshAndRetry("old"), NeedsOperator("token_refused")]
    desk.say("một", "hai")
    await desk.work()
    assert (desk.channel.texts, desk.alerts, desk.column(Alert.cleared_at)) == ([], ["token_refused"], [None])
    await desk.work(later=61)
    assert (desk.channel.texts, desk.column(Alert.count)) == (["một", "hai"], [2])
    assert desk.column(Alert.cleared_at) != [None]


UNCERTAIN = [Uncertain("cut off"), RuntimeError("a bug after the call")]


@pytest.mark.parametrize("arrives", [True, False])
@pytest.mark.parametrize("trouble", UNCERTAIN, ids=["uncertain", "a bug"])
async def test_what_may_have_arrived_is_never_sent_again(desk: Desk, trouble: Exception, arrives: bool) -> None:
    desk.channel.troubles, desk.channel.arrives = [trouble], arrives
    desk.say("một", "hai")
    await desk.work()
    await desk.work(later=3600)
    assert desk.channel.texts == (["một", "hai"] if arrives else ["hai"])
    assert (desk.items, desk.parts, desk.alerts) == (["unsure", "sent"], ["uncertain", "sent"], ["uncertain"])


async def test_a_crash_while_sending_is_told_to_staff_and_not_repeated(sessions: sessionmaker) -> None:
    desk = Desk(sessions, FakeChannel(longest_text=8))
    desk.say("một hai ba bốn", "sau")
    desk.die_while_sending()
    assert await desk.work() == 0
    desk.restart()
    await desk.work()
    assert desk.channel.texts == ["ba bốn", "sau"]
    assert (desk.items, desk.alerts) == (["unsure", "sent"], ["uncertain"])


async def test_an_echo_settles_what_a_crash_left_open(desk: Desk) -> None:
    desk.channel.confirms = True
    desk.say("một", "hai")
    desk.die_while_sending()
    desk.restart()
    assert await desk.work() == 0  # it waits for word of the first one
    with desk.sessions.begin() as session:
        assert echo(session, "telegram", "7", "một", "abc")
        assert echo(session, "telegram", "7", "một", "abc")
        assert not echo(session, "telegram", "7", "không phải của em", "xyz")
        assert not echo(session, "telegram", "8", "một", "xyz")
    await desk.work()
    assert (desk.channel.texts, desk.items, desk.alerts) == (["hai"], ["sent", "sent"], [])
    assert desk.column(DeliveryPart.external_message_id)[0] == "abc"


async def test_without_an_echo_in_time_it_is_sent_again_in_order(desk: Desk) -> None:
    desk.channel.confirms = True
    desk.say("một", "hai")
    desk.die_while_sending()
    desk.restart()
    await desk.work(later=61)
    assert (desk.channel.texts, desk.items, desk.alerts) == (["một", "hai"], ["sent", "sent"], [])


async def test_an_echo_that_comes_before_the_answer_to_the_call(desk: Desk) -> None:
    def before(delivery: Any, part: Part) -> None:
        with desk.sessions.begin() as session:
            assert echo(session, "telegram", delivery.external_id, part.text, "telegram-1")

    desk.channel.on_call = before
    desk.say("một")
    await desk.work()
    assert (desk.parts, desk.column(DeliveryPart.external_message_id)) == (["sent"], ["telegram-1"])


async def test_an_echo_that_comes_before_a_call_is_cut_off_lets_the_next_message_go(desk: Desk) -> None:
    def before(delivery: Any, part: Part) -> None:
        with desk.sessions.begin() as session:
            assert echo(session, "telegram", delivery.external_id, part.text, f"telegram-{part.text}")

    desk.channel.confirms, desk.channel.arrives, desk.channel.on_call = True, True, before
    desk.channel.troubles = [Uncertain("cut off")]
    desk.say("một", "hai")
    await desk.work()
    assert (desk.channel.texts, desk.items, desk.alerts) == (["một", "hai"], ["sent", "sent"], [])


async def test_receipts_are_kept_once(desk: Desk) -> None:
    desk.say("một")
    await desk.work()
    first = utc_now()
    with desk.sessions.begin() as session:
        assert confirm(session, "telegram", "telegram-1", "delivered", first)
        assert confirm(session, "telegram", "telegram-1", "delivered", first + LONG)
        assert confirm(session, "telegram", "telegram-1", "seen", first)
        assert not confirm(session, "telegram", "telegram-9", "seen", first)
        assert not confirm(session, "zalo", "telegram-1", "seen", first)
    assert desk.column(DeliveryPart.delivered_at) == [first]
    assert desk.column(DeliveryPart.seen_at) == [first]


async def test_who_lost_the_lease_sends_nothing_and_what_it_learns_still_counts(desk: Desk) -> None:
    desk.say("một")
    slow = desk.claim()
    assert slow
    with desk.sessions.begin() as session:
        assert ledger.begin(session, slow, slow.steps[0])
    desk.restart()
    with desk.sessions.begin() as session:
        assert not ledger.begin(session, slow, slow.steps[0])
        ledger.sent(session, slow.steps[0], "late")
    await desk.work()
    assert (desk.channel.texts, desk.items) == ([], ["sent"])


async def test_a_closed_window_is_known_before_the_call(sessions: sessionmaker) -> None:
    desk = Desk(sessions, FakeChannel("zalo"))
    desk.say("một")
    with desk.sessions.begin() as session:
        session.execute(sa.update(Message).values(created_at=utc_now() - LONG))
    await desk.work()
    assert (desk.channel.calls, desk.items, desk.alerts) == (0, ["parked"], ["window_closed"])


async def test_an_answer_of_the_assistant_is_dropped_when_people_took_over_but_not_one_of_theirs(desk: Desk) -> None:
    desk.say("một", "hai")
    with desk.sessions.begin() as session:
        session.execute(sa.update(Message).where(Message.text == "hai").values(author="staff"))
        session.execute(sa.update(Conversation).values(version=1))
    await desk.work()
    assert (desk.channel.texts, desk.items) == (["hai"], ["dropped", "sent"])


async def test_a_message_that_is_no_reply_is_sent_as_its_text(desk: Desk) -> None:
    desk.say("một")
    with desk.sessions.begin() as session:
        session.execute(sa.update(Message).where(Message.text == "một").values(body={"x": 1}))
    await desk.work()
    assert desk.channel.texts == ["một"]


def test_pauses_grow_and_differ() -> None:
    pauses = [growing_pause(attempt) for attempt in range(30)]
    assert all(0.5 * min(600, 2**attempt) <= pause <= min(600, 2**attempt) for attempt, pause in enumerate(pauses))
    assert len(set(pauses[10:])) == 20


async def test_what_happens_is_counted(desk: Desk) -> None:
    desk.channel.troubles = [Permanent("blocked")]
    desk.say("một", "hai")
    await desk.work()
    text = desk.metrics.text().decode()
    for line in (
        'tthc_channel_delivered_total{channel="telegram"} 1.0',
        'tthc_channel_failed_total{channel="telegram",reason="Permanent"} 1.0',
        'tthc_channel_parked_total{channel="telegram"} 1.0',
    ):
        assert line in text
