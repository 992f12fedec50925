"""Finished hand-offs: filters, pages, a spreadsheet without formulas or words of citizens."""

from __future__ import annotations

import datetime as dt
import re
from io import BytesIO

import openpyxl
import pytest
import sqlalchemy as sa

from bot.console import sheets
from knowledge.models import AuditEntry, Handoff, Staff, utc_now
from tests.console.desk import Browser, Office
from tests.console.hostile import TEXTS, assert_harmless
from tests.console.scene import LA_GI, PHAN_THIET, RESIDENCE
from tests.console.talks import Talks

ROW = 'data-label="Vì sao"'
DAY = dt.timedelta(days=1)


@pytest.fixture
def boss(office: Office) -> Browser:
    return office.enter("boss", "admin", name="Sếp")


@pytest.fixture
def past(office: Office, boss: Browser) -> list[str]:
    """Four hand-offs, one a day; the newest first."""
    kept, keys = Talks(office.server.sessions), []
    for number, (unit, channel, reason, rating, code) in enumerate(
        [
            (LA_GI, "web", "asked", "yes", RESIDENCE),
            (PHAN_THIET, "zalo", "complaint", "no", ""),
            ("province", "telegram", "dossier", "", RESIDENCE),
            (LA_GI, "web", "asked", "partly", ""),
        ]
    ):
        at = utc_now() - number * DAY
        key = kept.begin("bí mật của tôi", channel=channel, at=at)
        values = {"state": "closed", "created_at": at, "claimed_at": at + DAY / 288, "closed_at": at + DAY / 144}
        kept.hand_over(key, unit, reason, rating=rating, procedure_code=code, staff_id=1, **values)
        keys.append(key)
    kept.hand_over(kept.begin("còn mở"), LA_GI)
    return keys


def shown(browser: Browser, query: str = "") -> list[str]:
    return re.findall(r'href="/console/conversations/([0-9a-f-]{36})"', browser.get(f"/history?{query}").text)


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("", [0, 1, 2, 3]),
        (f"unit={LA_GI}", [0, 3]),
        ("unit=province", [2]),
        ("channel=zalo", [1]),
        ("reason=asked", [0, 3]),
        ("rating=no", [1]),
        ("rating=none", [2]),
        (f"procedure={RESIDENCE}", [0, 2]),
        ("who=1", [0, 1, 2, 3]),
        ("who=2", []),
        ("who=x", []),
        ("since=abc", []),
        ("since=0001-01-01", []),
        ("until=9999-12-31", []),
        ("before=nothing", []),
        ("before=2026-01-01~1", []),
        (f"unit={LA_GI}&rating=partly", [3]),
    ],
)
def test_filters(boss: Browser, past: list[str], query: str, places: list[int]) -> None:
    assert shown(boss, query) == [past[place] for place in places]


def test_days_are_those_of_vietnam(boss: Browser, past: list[str]) -> None:
    day = (utc_now() - DAY).astimezone(dt.timezone(dt.timedelta(hours=7))).date().isoformat()
    assert past[1] in shown(boss, f"since={day}&until={day}")
    assert past[3] not in shown(boss, f"since={day}")


def test_pages_follow_without_gap_or_repeat(office: Office, boss: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.console.watching.history._ON_A_PAGE", 3)
    kept, at = Talks(office.server.sessions), utc_now()
    keys = [kept.begin("x") for _ in range(8)]
    for key in keys:  # all in one moment: the number decides
        kept.hand_over(key, state="closed", created_at=at, closed_at=at)
    seen, query = [], ""
    for _ in range(3):
        page = boss.get(f"/history?{query}").text
        seen += re.findall(r'href="/console/conversations/([0-9a-f-]{36})"', page)
        more = re.search(r'href="\?([^"]*before=[^"]+)"', page)
        query = more[1].replace("&amp;", "&") if more else ""
    assert seen == keys[::-1] and query == ""


def test_the_scope_holds(office: Office, past: list[str]) -> None:
    lan = office.enter("lan", "viewer", unit_code=LA_GI)
    assert shown(lan) == [past[0], past[3]]
    assert shown(lan, f"unit={PHAN_THIET}") == []
    rows = list(openpyxl.load_workbook(BytesIO(lan.get("/history.xlsx").content)).active.iter_rows(values_only=True))
    assert [row[-1] for row in rows[1:]] == [past[0], past[3]]


def test_the_spreadsheet_holds_no_formula_and_no_words(office: Office, boss: Browser, past: list[str]) -> None:
    with office.server.sessions.begin() as session:
        session.get(Staff, 1).name = "=cmd|' /C calc'!A0"
        session.execute(sa.update(Handoff).values(comment="bí mật 0912345678", contact="0912345678"))
        session.execute(sa.update(Handoff).values(reason="+1+1", unit_code="@SUM(1)", procedure_code="-1"))
    answer = boss.get("/history.xlsx")
    assert answer.headers["content-type"] == sheets.XLSX
    cells = [cell for row in openpyxl.load_workbook(BytesIO(answer.content)).active.iter_rows() for cell in row]
    assert "f" not in {cell.data_type for cell in cells}
    values = [str(cell.value) for cell in cells]
    assert {"'=cmd|' /C calc'!A0", "'+1+1", "'@SUM(1)", "'-1"} <= set(values)
    assert not [value for value in values if "0912345678" in value or "bí mật" in value]
    with office.server.sessions() as session:
        (entry,) = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "history_exported"))
    assert entry.detail == {"rows": 4}


@pytest.mark.parametrize("text", TEXTS)
def test_nothing_comes_alive(office: Office, boss: Browser, text: str) -> None:
    kept = Talks(office.server.sessions)
    at = utc_now()
    values = {"reason": text[:20], "procedure_code": text[:20], "close_reason": text[:20], "rating": text[:8]}
    kept.hand_over(kept.begin(text), text[:10], state="closed", closed_at=at, comment=text, staff_id=1, **values)
    with office.server.sessions.begin() as session:
        session.get(Staff, 1).name = text
    assert ROW in boss.get("/history").text
    assert_harmless(boss.get("/history").text)
    names = ("since", "until", "unit", "who", "channel", "reason", "rating", "procedure", "before")
    assert_harmless(boss.client.get("/console/history", params=dict.fromkeys(names, text)).text)
