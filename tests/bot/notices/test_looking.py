"""Looking through the own table: each notice once, held when it is not its time, and never by reading every dossier."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from bot import erasure
from bot.handoff.switches import turn_off, turn_on
from bot.retention import Retention
from bot.tracker import Tracker
from knowledge.dossiers.changes import new_date
from knowledge.models import Conversation, Dossier, Message, Notice, OutboxItem, Subscription, utc_now
from tests.bot.notices.looking import Look
from tests.bot.notices.scene import MORNING, OTHER, Scene, at


@pytest.fixture
def citizen(scene: Scene) -> str:
    name = scene.arrive()
    scene.file()
    scene.follow(name)
    return name


async def test_each_change_is_told_once(either_scene: Scene) -> None:
    scene, look = either_scene, Look(either_scene)
    citizen = scene.arrive()
    scene.file(due_at=MORNING + dt.timedelta(days=30))
    scene.follow(citizen)
    assert await look() == 0
    scene.file(status=5)
    assert [await look() for _ in range(3)] == [1, 0, 0]
    scene.file(status=4)
    assert await look(hours=1) == 1
    scene.file(status=5)  # asked for once more: news again
    assert await look(hours=1) == 1
    scene.file(status=9)
    assert await look(hours=1) == 1
    assert scene.notices() == [("supplement", "say"), ("status", "say"), ("supplement", "say"), ("result", "say")]
    assert "đã có kết quả" in scene.told(citizen)[-1]
    assert look.woken == [citizen] * 4
    assert look.counted("_total") == ['tthc_notices_total{channel="telegram",way="say"} 4.0']


async def test_only_who_asked_is_told_and_of_that_dossier(scene: Scene, citizen: str) -> None:
    scene.file(OTHER)
    other = scene.arrive("web")
    scene.follow(other, OTHER)
    scene.file(status=9)
    assert await Look(scene)() == 1
    assert (len(scene.told(citizen)), scene.told(other)) == (1, [])


async def test_a_new_date_with_its_apology_then_a_reminder_the_working_day_before(scene: Scene, citizen: str) -> None:
    scene.file(due_at=at("2026-11-20T17:00"))
    with scene.sessions.begin() as session:
        row = session.scalar(sa.select(Dossier))
        new_date(session, row, at("2026-11-25T17:00"), "chờ thông báo thuế", MORNING)
    look = Look(scene)
    assert await look() == 1
    (said,) = scene.told(citizen)
    assert "hẹn lại ngày trả: thứ Tư 25/11/2026" in said and "Rất xin lỗi" in said
    assert await look(days=1) == 0
    assert await look(days=2) == 1  # Monday: Tuesday is a holiday
    assert scene.notices() == [("new_date", "say"), ("due", "say")]
    assert "chờ thông báo thuế" not in scene.told(citizen)[1]


async def test_at_night_nothing_is_said_and_in_the_morning_what_is_true_then(scene: Scene, citizen: str) -> None:
    look = Look(scene, now=at("2026-11-20T22:00"))
    for status in (5, 2, 9):
        scene.file(status=status)
        assert await look(minutes=10) == 0
    assert await look(hours=9) == 1  # Saturday morning is no obstacle
    assert scene.notices() == [("result", "say")]


@pytest.mark.parametrize("owner", ["staff:1", "people"])
async def test_a_notice_does_not_cut_in_on_people(scene: Scene, citizen: str, owner: str) -> None:
    look = Look(scene)
    scene.set(citizen, owner=owner, version=1)
    scene.file(status=5)
    assert await look() == 0 and look.counted("_held") == ["tthc_notices_held 1.0"]
    scene.file(status=9)
    assert await look(hours=1) == 0
    assert scene.notices() == [] and scene.rows(sa.select(Subscription.version)) == [0]
    scene.set(citizen, owner="bot", version=2)
    assert await look(hours=1) == 1 and look.counted("_held") == ["tthc_notices_held 0.0"]
    assert scene.notices() == [("result", "say")]


async def test_people_at_the_providers_console_who_are_gone_hold_nothing(scene: Scene, citizen: str) -> None:
    look = Look(scene)
    scene.set(citizen, owner="console:telegram", version=1)
    scene.file(status=9)
    assert [await look(), await look()] == [0, 1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"status": 5}, "cần bổ sung"),
        ({"due_at": at("2026-11-23T17:00")}, "sắp đến hẹn"),
        ({"new_due_at": at("2026-12-04T17:00")}, "được hẹn lại"),
    ],
)
async def test_who_claims_it_on_its_way_holds_it_too(
    scene: Scene, citizen: str, change: dict[str, Any], said: str
) -> None:
    look = Look(scene)
    scene.file(**change)
    assert await look() == 1
    with scene.sessions.begin() as session:  # as the outbox does once somebody owns the conversation
        session.execute(sa.update(OutboxItem).values(state="dropped"))
    scene.set(citizen, owner="staff:1", version=1)
    assert await look() == 0
    scene.set(citizen, owner="bot", version=2)
    assert [await look(), await look()] == [1, 0]
    assert len(scene.told(citizen)) == 1 and said in scene.told(citizen)[0]


async def test_a_page_that_has_shown_it_already_is_not_told_again(scene: Scene) -> None:
    name, look = scene.arrive("web"), Look(scene)
    scene.file()
    scene.follow(name)
    scene.file(status=9)
    assert await look() == 1
    with scene.sessions.begin() as session:
        session.execute(sa.update(OutboxItem).values(state="dropped"))
    assert await look() == 0


@pytest.mark.parametrize("switch", ["bot", "channel:telegram"])
async def test_what_is_turned_off_holds_notices(scene: Scene, citizen: str, switch: str) -> None:
    look = Look(scene)
    scene.file(status=9)
    with scene.sessions.begin() as session:
        turn_off(session, switch, "bảo trì", None)
    assert await look() == 0
    with scene.sessions.begin() as session:
        turn_on(session, switch)
    assert await look() == 1


async def test_the_end_of_a_dossier_ends_the_wish(scene: Scene, citizen: str) -> None:
    look = Look(scene)
    scene.file(status=10)
    assert await look() == 1
    assert "Đây là tin cuối" in scene.told(citizen)[0]
    assert await look(days=1, hours=1) == 0
    assert scene.rows(sa.select(Subscription.why)) == ["finished"]
    scene.file(status=4)
    assert await look() == 0


async def test_dung_and_an_erasure_end_it_and_nothing_is_left(scene: Scene, citizen: str) -> None:
    look, other = Look(scene), scene.arrive()
    scene.follow(other)
    scene.file(status=5)
    assert await look() == 2
    assert scene.write(other, "dừng")
    with scene.sessions.begin() as session:
        erasure.mark(session, citizen, "x" * 64)
    assert set(scene.rows(sa.select(Subscription.why))) == {"stopped", "erased"}
    scene.file(status=9)
    assert await look() == 0
    with scene.sessions.begin() as session:
        erasure.erase_rows(session, citizen)
    assert scene.rows(sa.select(Subscription.conversation_id)) == [other]
    assert len(scene.rows(sa.select(Notice.id))) == 1


def test_in_time_what_has_ended_is_forgotten(scene: Scene, citizen: str, tmp_path: Any) -> None:
    old, other = utc_now() - dt.timedelta(days=40), scene.arrive()
    scene.follow(other)
    with scene.sessions.begin() as session:
        session.execute(sa.update(Message).values(text=""))
        mine = Subscription.conversation_id == citizen
        session.execute(sa.update(Subscription).where(mine).values(ended_at=old, why="stopped"))
    Retention(scene.sessions, None, Tracker(tmp_path / "rasa.db"), 30).retain()  # type: ignore[arg-type]
    assert scene.rows(sa.select(Subscription.conversation_id)) == [other]


async def test_dossiers_are_found_by_their_key_and_never_all_read(scene: Scene, citizen: str) -> None:
    asked: list[tuple[str, Any]] = []
    engine = scene.sessions.kw["bind"]

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    sa.event.listen(engine, "before_cursor_execute", note)
    await Look(scene)()
    sa.event.remove(engine, "before_cursor_execute", note)
    (joined,) = [one for one in asked if "JOIN dossiers" in one[0]]
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {joined[0]}", joined[1])
        plan = [row[3] for row in rows]
    (found,) = [line for line in plan if " dossiers" in f" {line}" and "dossier_events" not in line]
    assert found.startswith("SEARCH") and "key=?" in found, plan


async def test_many_pages_are_read_to_their_end(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.notices.looking._PAGE", 2)
    names = [scene.arrive() for _ in range(5)]
    scene.file()
    for name in names:
        scene.follow(name)
    scene.file(status=9)
    assert await Look(scene)() == 5
    assert all(len(scene.told(name)) == 1 for name in names)
    assert scene.rows(sa.select(sa.func.count()).select_from(Conversation)) == [5]
