"""The way that a channel leaves open: said, as a template, or by staff; and citizens who want no more of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
import sqlalchemy as sa

from bot.channels.capabilities import CAPABILITIES
from bot.errors import Blocked, Permanent
from bot.inbound import Inbound
from bot.notices.telling import Way, way_to
from knowledge.dossiers.subscriptions import Reach, reach
from knowledge.models import Alert, Handoff, Message, OutboxItem, Subscription, utc_now
from nlu.dossier_codes import match_key
from tests.bot.desk import Desk
from tests.bot.fake_channel import FakeChannel
from tests.bot.notices.looking import Look
from tests.bot.notices.scene import CODE, MORNING, Scene

DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
LONG_AGO = MORNING - 8 * DAY


@pytest.mark.parametrize(
    ("channel", "silent_for", "has_template", "way"),
    [
        ("zalo", HOUR, False, Way.SAY),
        ("zalo", 3 * DAY, False, Way.SAY),  # billed, and allowed
        ("zalo", 7 * DAY - 2 * HOUR, True, Way.SAY),
        ("zalo", 7 * DAY - HOUR / 2, True, Way.TEMPLATE),  # it may close before the message leaves
        ("zalo", 8 * DAY, True, Way.TEMPLATE),
        ("zalo", 8 * DAY, False, Way.TASK),
        ("zalo", None, False, Way.TASK),
        ("telegram", 300 * DAY, False, Way.SAY),
        ("web", 300 * DAY, False, Way.SAY),
    ],
)
def test_the_way_is_known_before_sending(
    channel: str, silent_for: dt.timedelta | None, has_template: bool, way: Way
) -> None:
    heard_at = None if silent_for is None else MORNING - silent_for
    assert way_to(CAPABILITIES[channel].window, heard_at, has_template, MORNING) is way


def silent(scene: Scene) -> str:
    """Have a citizen follow a dossier, fall silent for a week, and the result be ready."""
    name = scene.arrive("zalo", LONG_AGO)
    scene.file(unit="UBND phường Phan Thiết")
    scene.follow(name)
    scene.file(status=9)
    return name


async def test_who_cannot_be_reached_becomes_a_call_for_the_unit(scene: Scene) -> None:
    name, look = silent(scene), Look(scene)
    assert [await look(), await look()] == [1, 0]
    assert scene.notices() == [("result", "task")]
    (handoff,) = scene.rows(sa.select(Handoff))
    assert (handoff.state, handoff.reason, handoff.unit_code) == ("callback", "notice", "22945")
    assert scene.rows(sa.select(OutboxItem.id)) == []  # the citizen gets nothing that the provider would refuse
    (line,) = scene.rows(sa.select(Message).where(Message.author == "system"))
    assert CODE in line.text and "đã có kết quả" in line.text and line.conversation_id == name


async def test_where_staff_have_business_already_the_thread_tells(scene: Scene) -> None:
    name = silent(scene)
    look = Look(scene)
    assert await look() == 1
    scene.file(status=10)
    assert await look() == 1
    assert len(scene.rows(sa.select(Handoff))) == 1
    said = scene.rows(sa.select(Message.text).where(Message.author == "system", Message.conversation_id == name))
    assert len(said) == len(scene.notices()) == 2


async def test_those_whom_staff_must_call_are_not_told_yet(scene: Scene) -> None:
    silent(scene)
    scene.follow(scene.arrive(), facts=replace(scene.facts(CODE), status=4))
    scene.follow(scene.arrive())  # knows already that the result is there
    assert await Look(scene)() == 2
    with scene.sessions() as session:
        assert reach(session, match_key(CODE), "result") == Reach(following=3, told=1, to_call=1)


@pytest.mark.parametrize(("trouble", "why"), [(Blocked("blocked"), ["blocked"]), (Permanent("refused"), [""])])
async def test_who_blocks_us_wants_no_more(scene: Scene, trouble: Exception, why: list[str]) -> None:
    name, channel = scene.arrive(), FakeChannel("telegram")
    scene.file()
    scene.follow(name)
    scene.file(status=5)
    assert await Look(scene, channel)() == 1
    channel.troubles = [trouble]
    await Desk(scene.sessions, channel).work()
    assert scene.rows(sa.select(Subscription.why)) == why
    assert scene.rows(sa.select(Alert.text_key)) == ["parked"]


def test_who_leaves_wants_no_more(scene: Scene) -> None:
    name = scene.arrive()
    scene.file()
    scene.follow(name)
    scene.come(name, Inbound("m:1", kind="unfollow", at=utc_now()))
    assert scene.rows(sa.select(Subscription.why)) == ["left"]
