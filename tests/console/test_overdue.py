"""The page of late dossiers: land first, own unit alone, pages without gap, an index behind every query."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.console.overdue import reading
from knowledge.dossiers.standings import refresh
from knowledge.models import AuditEntry, Dossier, DossierStanding, utc_now
from knowledge.profile import load_profile
from tests.console.desk import Browser, Office
from tests.console.hostile import TEXTS, assert_harmless
from tests.console.scene import LA_GI, PHAN_THIET, RESIDENCE, learn

PROFILE = load_profile("lam-dong")
NOW = dt.datetime(2026, 11, 23, 3, 0, tzinfo=dt.timezone.utc)
DAY = dt.timedelta(days=1)
LAND = "1.013831"
CODE = re.compile(r'<th scope="row" class="figure nowrap">([^<]+)</th>')


def put(session: Session, number: int, unit: str, days: float, now: dt.datetime, procedure: str = LAND) -> None:
    """Write a row as a night does; ``days`` late (negative = left)."""
    code, is_land = f"H36-{number:03d}", procedure == LAND
    session.add(Dossier(id=number, code=code, procedure_name="x", status=4, source="own", note="Anh Ba 0912345678"))
    session.flush()
    names = {"field": "Đất đai" if is_land else "Cư trú", "procedure_name": "Sang tên" if is_land else "Thường trú"}
    code_of = {"Phường La Gi": LA_GI, "Phường Phan Thiết": PHAN_THIET}
    session.add(
        DossierStanding(
            dossier_id=number, code=code, rank=0 if is_land else 50, procedure_code=procedure, unit=unit, **names,
            unit_code=code_of.get(unit, ""), due_at=now - days * DAY, computed_at=now,
        )
    )  # fmt: skip


ROWS = [
    ("Phường La Gi", 3, RESIDENCE),
    ("Phường La Gi", 9, RESIDENCE),
    ("Phường Phan Thiết", 4, LAND),
    ("Văn phòng Đăng ký đất đai", 6, LAND),
    ("Phường La Gi", -1, LAND),
    ("Phường La Gi", 4, LAND),
]


@pytest.fixture
def filed(office: Office) -> Office:
    with office.server.sessions.begin() as session:
        for number, (unit, days, procedure) in enumerate(ROWS, 1):
            put(session, number, unit, days, utc_now(), procedure)
    return office


def shown(browser: Browser, query: str = "") -> list[int]:
    return [int(code[-3:]) for code in CODE.findall(browser.get(f"/overdue?{query}").text)]


SEEN = [
    # the person's unit, the query, the numbers of the dossiers in their order
    ("", "", [4, 3, 6, 2, 1]),  # land first, then the oldest promise
    ("", "kind=soon", [5]),
    ("", "kind=other", [4, 3, 6, 2, 1]),
    ("", "unit=V%C4%83n+ph%C3%B2ng+%C4%90%C4%83ng+k%C3%BD+%C4%91%E1%BA%A5t+%C4%91ai", [4]),
    ("", "field=C%C6%B0+tr%C3%BA", [2, 1]),
    ("", f"procedure={LAND}", [4, 3, 6]),
    ("", "field=none", []),
    ("", "after=3", [6, 2, 1]),
    ("", "after=99999999999", [4, 3, 6, 2, 1]),
    (LA_GI, "", [6, 2, 1]),
    (LA_GI, "unit=Ph%C6%B0%E1%BB%9Dng+Phan+Thi%E1%BA%BFt", []),
    (PHAN_THIET, "kind=soon", []),
]


def test_who_sees_what(filed: Office) -> None:
    heads = {unit: filed.enter(f"ha.{unit}", "head", unit_code=unit) for unit in ("", LA_GI, PHAN_THIET)}
    assert [(unit, query, shown(heads[unit], query)) for unit, query, _ in SEEN] == SEEN


def test_counts_are_of_the_scope_and_every_view_is_in_the_audit(filed: Office) -> None:
    ha = filed.enter("ha", "head", unit_code=LA_GI)
    page = ha.get(f"/overdue?procedure={RESIDENCE}").text
    assert re.findall(r"<b>(\d+)</b>(?:</a>| quá hạn| sắp)", page) == ["3", "1", "1", "1", "2", "0"]
    assert "Phan Thiết" not in page and "0912345678" not in page and "Anh Ba" not in page
    with filed.server.sessions() as session:
        (entry,) = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "overdue_viewed"))
    assert entry.detail == {"kind": "late", "procedure": RESIDENCE}


def test_pages_follow_without_gap_or_repeat(filed: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.console.overdue.page._ON_A_PAGE", 2)
    boss, seen, query = filed.enter("boss", "admin"), [], ""
    for _ in range(4):
        page = boss.get(f"/overdue?{query}").text
        seen += [int(code[-3:]) for code in CODE.findall(page)]
        more = re.search(r'href="\?([^"#]*after=\d+)#list"', page)
        query = more[1].replace("&amp;", "&") if more else "kind=soon"
    assert seen == [4, 3, 6, 2, 1, 5]


def test_before_the_first_night_the_page_says_so(office: Office) -> None:
    assert "Chưa có danh sách" in office.enter("boss", "admin").get("/overdue").text


def test_nothing_comes_alive(filed: Office) -> None:
    boss, names = filed.enter("boss", "admin"), ("kind", "unit", "field", "procedure", "after")
    for text in TEXTS:
        with filed.server.sessions.begin() as session:
            values = dict.fromkeys(("code", "unit", "field", "procedure_name"), text)
            session.execute(sa.update(DossierStanding).values(**values))
        assert_harmless(boss.get("/overdue").text)
        assert_harmless(boss.client.get("/console/overdue", params=dict.fromkeys(names, text)).text)


def test_a_page_is_read_in_the_order_of_an_index(office: Office) -> None:
    scopes = {
        reading.Scope(""): "ix_dossier_standings_order",
        reading.Scope(LA_GI): "ix_dossier_standings_unit_code",
        reading.Scope("", "Phường La Gi"): "ix_dossier_standings_unit",
    }
    query, plans = {"kind": reading.LATE, "field": "", "procedure": "", "after": "1"}, []
    with office.server.sessions() as session:
        put(session, 1, "Phường La Gi", 1, NOW)

        def explain(_conn: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
            if "FROM dossier_standings" in statement and "LIMIT" in statement:
                raw = session.connection().connection.cursor()
                plans.append(" ".join(row[-1] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)))

        sa.event.listen(session.get_bind(), "before_cursor_execute", explain)
        for scope in scopes:
            reading.lines(session, scope, query, NOW, PROFILE, 50)
        sa.event.remove(session.get_bind(), "before_cursor_execute", explain)
    assert [index in plan for plan, index in zip(plans, scopes.values())] == [True, True, True], plans
    assert not [plan for plan in plans if "TEMP B-TREE" in plan]


def test_what_an_import_brings_is_on_the_page(office: Office) -> None:
    learn(office.server)
    with office.server.sessions() as session:
        names = {"procedure_code": RESIDENCE, "procedure_name": "x", "unit": "Phường La Gi", "source": "own"}
        session.add(Dossier(code="H36-007", status=2, due_at=utc_now() - 30 * DAY, **names))
        session.commit()
        refresh(session, utc_now(), PROFILE)
    page = office.enter("boss", "admin").get("/overdue").text
    assert "Đăng ký, quản lý cư trú" in page and CODE.findall(page) == ["H36-007"]
