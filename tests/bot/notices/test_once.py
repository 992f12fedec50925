"""Neither lost nor doubled: processes that die in the middle, and processes that look at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError

from bot.notices import telling
from bot.notices.looking import News
from bot.notices.telling import Held, Teller
from knowledge.models import Message, Notice, OutboxItem, Subscription
from tests.bot.fake_channel import FakeChannel
from tests.bot.notices.looking import Look
from tests.bot.notices.scene import MORNING, PROFILE, Scene

ROUNDS = 20
TELLER = Teller({"telegram": FakeChannel("telegram")}, PROFILE)


def changed(scene: Scene) -> tuple[str, News]:
    """Have a citizen's dossier change, and return what somebody who looks reads of it."""
    name = scene.arrive()
    scene.file()
    scene.follow(name)
    scene.file(status=9)
    with scene.sessions() as session:
        _, found = Look(scene).notices._page(session, 0)
    return name, next(news for news in found if news.watch.conversation_id == name)


def tell(scene: Scene, news: News, start: Barrier) -> str:
    start.wait()
    try:
        with scene.sessions.begin() as session:
            return "told" if TELLER.tell(session, news.watch, news.facts, "", MORNING) else "late"
    except (IntegrityError, OperationalError, Held):
        return "late"


def test_of_two_that_look_at_once_one_tells(either_scene: Scene) -> None:
    start = Barrier(2, timeout=60)
    with ThreadPoolExecutor(2) as both:
        for _ in range(ROUNDS):
            name, news = changed(either_scene)
            results = sorted(both.map(lambda _, news=news: tell(either_scene, news, start), range(2)))
            assert results == ["late", "told"]
            assert len(either_scene.told(name)) == 1
    assert len(either_scene.notices()) == len(either_scene.rows(sa.select(OutboxItem.id))) == ROUNDS


def test_the_key_alone_lets_nobody_tell_twice(either_scene: Scene) -> None:
    """Even one who overlooked that the citizen knows already."""
    name, news = changed(either_scene)
    assert tell(either_scene, news, Barrier(1)) == "told"
    with either_scene.sessions.begin() as session:
        session.execute(sa.update(Subscription).values(version=0, status=4))
    with pytest.raises(IntegrityError), either_scene.sessions.begin() as session:
        TELLER.tell(session, news.watch, news.facts, "", MORNING)
    assert len(either_scene.told(name)) == 1


def test_who_has_read_it_earlier_does_not_say_what_is_old_by_now(scene: Scene) -> None:
    name, news = changed(scene)
    older = replace(news, facts=replace(news.facts, status=5))
    assert [tell(scene, one, Barrier(1)) for one in (news, older)] == ["told", "late"]
    assert len(scene.told(name)) == 1


@pytest.mark.parametrize("dies_at", ["take_seqs", "put", "Notice", "the end"])
async def test_who_dies_in_the_middle_leaves_nothing_and_the_next_tells(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, dies_at: str
) -> None:
    name, news = changed(scene)
    with monkeypatch.context() as dying:
        if dies_at != "the end":

            def die(*_: Any, **__: Any) -> None:
                raise KeyboardInterrupt

            dying.setattr(telling, dies_at, die)
        session = scene.sessions()
        try:
            TELLER.tell(session, news.watch, news.facts, "", MORNING)
        except KeyboardInterrupt:
            assert dies_at != "the end"
        session.close()  # without a commit, as the database sees a killed process
    assert scene.rows(sa.select(Notice.id)) == scene.rows(sa.select(OutboxItem.id)) == []
    assert scene.rows(sa.select(Message.author)) == ["citizen"]
    assert scene.rows(sa.select(Subscription.version)) == [0]
    look = Look(scene)
    assert [await look(), await look()] == [1, 0]
    assert len(scene.told(name)) == 1


def test_who_takes_the_conversation_at_that_moment_is_not_interrupted(scene: Scene) -> None:
    name, news = changed(scene)
    scene.set(name, owner="staff:1", version=1)
    assert tell(scene, news, Barrier(1)) == "late"
    assert scene.notices() == [] and scene.rows(sa.select(Subscription.version)) == [0]
