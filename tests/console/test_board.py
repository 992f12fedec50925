"""The team's board: figures that lead to what is behind them, for the own scope alone."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.console.person import Person
from bot.console.watching.board import Share, read, share
from knowledge.models import AdminUnit, Handoff, Staff, utc_now
from tests.console.desk import Office
from tests.console.hostile import TEXTS, assert_harmless
from tests.console.scene import LA_GI, PHAN_THIET
from tests.console.talks import Talks

BOSS = Person(1, "boss", "Sếp", "admin", "", "ready", False)
HA = Person(2, "ha", "Hà", "head", LA_GI, "ready", False)
_MINUTE = dt.timedelta(minutes=1)
NOON = dt.datetime(2026, 11, 20, 5, 0, tzinfo=dt.timezone.utc)  # in Vietnam


def handed(answered: float | None = None, closed: float | None = None) -> Handoff:
    """A wish of noon, answered and closed so many minutes later."""
    moments = [NOON + value * _MINUTE if value is not None else None for value in (answered, closed)]
    return Handoff(created_at=NOON, answered_at=moments[0], closed_at=moments[1])


@pytest.mark.parametrize(
    ("found", "after", "kept", "count"),
    [
        ([], 60, 0, 0),
        ([handed(2)], 60, 1, 1),
        ([handed(3)], 60, 1, 1),
        ([handed(3.1)], 60, 0, 1),
        ([handed()], 2, 0, 0),  # still may be answered in time
        ([handed()], 4, 0, 1),
        ([handed(closed=1)], 60, 0, 0),  # the citizen gave up before the time was over
        ([handed(closed=9)], 60, 0, 1),
        ([handed(1), handed(5), handed()], 1, 1, 2),
    ],
)
def test_a_share_counts_whom_it_can_judge(found: list[Handoff], after: float, kept: int, count: int) -> None:
    assert share(found, 3, NOON + after * _MINUTE) == Share(kept, count)


def test_percent() -> None:
    assert (Share(0, 0).percent, Share(1, 3).percent, Share(3, 3).percent) == (None, 33, 100)


@pytest.fixture
def talks(office: Office) -> Talks:
    with office.server.sessions.begin() as session:
        session.add_all([AdminUnit(code=LA_GI, kind="Phường", name="La Gi")])
    return Talks(office.server.sessions)


def test_the_figures(office: Office, talks: Talks) -> None:
    lan = office.add("lan", name="Lan", unit_code=LA_GI, presence="ready", seen_at=NOON)
    office.add("xa", name="Xa", unit_code=PHAN_THIET, presence="ready", seen_at=NOON)
    office.add("đi vắng", name="Vắng", presence="ready", seen_at=NOON - 3 * _MINUTE)
    waiting = talks.begin("x")
    talks.hand_over(waiting, LA_GI, created_at=NOON - 12 * _MINUTE)
    talks.hand_over(talks.begin("x"), PHAN_THIET, created_at=NOON - 2 * _MINUTE)
    held = talks.begin("x")
    begun = NOON - 30 * _MINUTE
    talks.hand_over(held, LA_GI, state="active", staff_id=lan, created_at=begun, answered_at=begun + 2 * _MINUTE)
    talks.hand_over(talks.begin("x"), LA_GI, state="callback", created_at=NOON)
    with office.server.sessions() as session:
        all_, own = read(session, BOSS, NOON), read(session, HA, NOON)
    assert (all_.waiting, all_.active, all_.calls, all_.waited) == (2, 1, 1, 12)
    assert all_.longest and all_.longest.conversation_id == waiting
    assert [(unit.code, unit.waiting) for unit in all_.units] == [(PHAN_THIET, 1), (LA_GI, 1)]
    assert [(one.staff.name, one.talks) for one in all_.on_duty] == [("Lan", (held,)), ("Xa", ())]
    assert (own.waiting, [unit.code for unit in own.units]) == (1, [LA_GI])
    assert own.units[0].shares == (Share(1, 2), Share(1, 2))
    assert [one.staff.name for one in own.on_duty] == ["Lan"]


def test_the_median_is_over_todays_claims(office: Office, talks: Talks) -> None:
    desk = talks.desk
    lan = desk.hire("lan")
    for wait in (1, 3, 20):
        key = desk.arrive()
        desk.ask(key, now=NOON)
        desk.act(lan, key, "claim", now=NOON + wait * _MINUTE)
    with office.server.sessions() as session:
        assert read(session, BOSS, NOON + 60 * _MINUTE).median == 3
        later = read(session, BOSS, NOON + dt.timedelta(days=1))
    assert (later.median, later.claims) == (None, 0)


def test_figures_lead_to_what_is_behind(office: Office, talks: Talks) -> None:
    waiting, held = talks.begin("x"), talks.begin("x")
    talks.hand_over(waiting, LA_GI)
    lan = office.add("lan", unit_code=LA_GI, presence="busy", seen_at=utc_now())
    talks.hand_over(held, LA_GI, state="active", staff_id=lan)
    page = office.enter("boss", "admin").get("/board").text
    for path in ("/console/waiting", f"/console/conversations/{waiting}", f"/console/conversations/{held}"):
        assert f'href="{path}"' in page
    assert f"unit={LA_GI}" in page


@pytest.mark.parametrize("text", TEXTS)
def test_nothing_comes_alive(office: Office, talks: Talks, text: str) -> None:
    talks.hand_over(talks.begin("x"), text[:10])
    boss = office.enter("boss", "admin")
    with office.server.sessions.begin() as session:
        session.get(Staff, 1).name = text
    assert_harmless(boss.get("/board").text)
