"""What the pages of administration do, and that nothing typed into them comes alive."""

from __future__ import annotations

import re
from io import BytesIO

import openpyxl
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from bot.alerts import open_alerts, raise_alert
from bot.console import sheets
from bot.console.audit import record
from bot.console.canned import search
from bot.console.person import Person
from bot.handoff import switches
from knowledge.models import AdminUnit, AuditEntry, CannedReply, Staff
from tests.console.desk import Browser, Office
from tests.console.hostile import TEXTS, assert_harmless

ROW = 'data-label="Lúc"'


@pytest.fixture
def boss(office: Office) -> Browser:
    with office.server.sessions.begin() as session:
        session.add_all(
            [AdminUnit(code="24787", kind="Phường", name="La Gi"), AdminUnit(code="2", kind="Xã", name="K")]
        )
    return office.enter("boss", "admin", name="Sếp")


def actions(office: Office) -> list[str]:
    with office.server.sessions() as session:
        return list(session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id)))


def one(office: Office, username: str) -> Staff:
    with office.server.sessions() as session:
        return session.scalar(sa.select(Staff).where(Staff.username == username))


def test_a_new_colleague_gets_a_password_to_be_changed(office: Office, boss: Browser) -> None:
    page = boss.post("/staff/new", username=" Lan.Nguyen ", name="Nguyễn Thị Lan", role="clerk", unit="24787", email="")
    password = re.search(r'class="password">([a-z0-9-]{14})<', page.text)
    assert password
    with Browser(office.server.url) as lan:
        assert lan.sign_in("lan.nguyen", password[1]).status_code == 303
        assert lan.get("/waiting").headers["location"] == "/console/password"
    assert password[1] not in str([row.detail for row in office_rows(office)])
    assert actions(office)[:1] == ["staff_added"]


def office_rows(office: Office) -> list[AuditEntry]:
    with office.server.sessions() as session:
        return list(session.scalars(sa.select(AuditEntry)))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"username": "x"}, "Tên đăng nhập gồm"),
        ({"username": "Lan Nguyễn"}, "Tên đăng nhập gồm"),
        ({"username": "boss"}, "Đã có tài khoản"),
        ({"name": "  "}, "Họ tên cần"),
        ({"name": "x" * 121}, "Họ tên cần"),
        ({"role": "root"}, "Vai trò không đúng"),
        ({"unit": "99999"}, "Không có xã"),
        ({"email": "khong phai"}, "thư điện tử không đúng"),
    ],
)
def test_a_wrong_account_is_not_made(office: Office, boss: Browser, changed: dict[str, str], said: str) -> None:
    given = {"username": "lan", "name": "Lan", "role": "clerk", "unit": "", "email": "", **changed}
    answer = boss.post("/staff/new", **given)
    assert (answer.status_code, said in answer.text) == (422, True)
    assert actions(office) == []


def test_the_last_administrator_stays(office: Office, boss: Browser) -> None:
    key = one(office, "boss").id
    assert boss.post(f"/staff/{key}/disable").status_code == 422
    assert boss.post(f"/staff/{key}", name="Sếp", role="clerk", unit="", email="").status_code == 422
    office.add("pho", "admin")
    assert boss.post(f"/staff/{key}", name="Sếp", role="clerk", unit="", email="").status_code == 303


def test_what_an_administrator_does_ends_the_others_sessions(office: Office, boss: Browser) -> None:
    for action, done in (("disable", 303), ("enable", 303), ("password", 200), ("second-off", 303)):
        lan = office.enter(f"lan.{action}", totp="x")
        assert lan.get("/waiting").status_code == 200
        assert boss.post(f"/staff/{one(office, f'lan.{action}').id}/{action}").status_code == done
        assert lan.get("/waiting").status_code == (200 if action == "enable" else 303)
    assert actions(office) == ["staff_disabled", "staff_enabled", "password_given", "second_factor_off"]


@pytest.mark.parametrize("path", ["/staff/999", "/staff/99999999999999999999", "/canned/7", "/staff/x", "/nothing"])
def test_what_is_not_there_is_said_in_words(boss: Browser, path: str) -> None:
    answer = boss.get(path)
    assert answer.status_code == 404
    assert "Không tìm thấy trang này" in answer.text


def test_a_canned_reply_is_found_without_marks_and_by_its_unit(office: Office, boss: Browser) -> None:
    for shortcut, title, unit in (
        ("gio-lam", "Giờ làm việc", ""),
        ("lagi", "Địa chỉ La Gi", "24787"),
        ("k", "Xã K", "2"),
    ):
        assert boss.post("/canned/new", shortcut=shortcut, title=title, text="Dạ", unit=unit).status_code == 303
    assert boss.post("/canned/new", shortcut="K", title="Hai", text="Dạ", unit="2").status_code == 422
    assert "Giờ làm việc" in boss.get("/canned?q=GIO lam").text
    with office.server.sessions() as session:
        lan = Person(1, "lan", "Lan", "clerk", "24787", "ready", False)
        assert [reply.shortcut for reply in search(session, lan, "")] == ["gio-lam", "lagi"]
        assert [reply.shortcut for reply in search(session, lan, "dia chi")] == ["lagi"]
        assert [reply.shortcut for reply in search(session, lan, "xa k")] == []


def test_a_head_changes_the_replies_of_the_own_unit_alone(office: Office, boss: Browser) -> None:
    for shortcut, unit in (("chung", ""), ("lagi", "24787"), ("k", "2")):
        boss.post("/canned/new", shortcut=shortcut, title="Tiêu đề", text="Dạ", unit=unit)
    with office.server.sessions() as session:
        keys = dict(session.execute(sa.select(CannedReply.shortcut, CannedReply.id)).all())
    head = office.enter("ha", "head", unit_code="24787")
    same = {"shortcut": "moi", "title": "Mới", "text": "Dạ"}
    assert head.post(f"/canned/{keys['lagi']}", unit="24787", **same).status_code == 303
    assert head.post(f"/canned/{keys['lagi']}", unit="", **same).status_code == 422
    for foreign in ("chung", "k"):
        assert head.get(f"/canned/{keys[foreign]}").status_code == 404
        assert head.post(f"/canned/{keys[foreign]}", unit="24787", **same).status_code == 404
        assert head.post(f"/canned/{keys[foreign]}/off").status_code == 404


def test_a_switch_turns_and_tells_who_turned_it(office: Office, boss: Browser) -> None:
    assert boss.post("/switches/off", name="bot", notice="Trợ lý nghỉ ạ.").status_code == 303
    page = boss.get("/switches").text
    assert "Đang tắt" in page and "Sếp tắt từ" in page and "Trợ lý nghỉ ạ." in page
    with office.server.sessions() as session:
        off = switches.find(session, switches.BOT)
        assert off and off.notice == "Trợ lý nghỉ ạ."
        assert not switches.is_off(session, switches.of_channel("web"))
    assert boss.post("/switches/on", name="bot").status_code == 303
    with office.server.sessions() as session:
        assert not switches.is_off(session, switches.BOT)
    assert boss.post("/switches/off", name="channel:fax", notice="x").status_code == 422
    assert actions(office) == ["switched_off", "switched_on"]


def test_what_has_happened_stands_until_an_administrator_has_seen_it(office: Office, boss: Browser) -> None:
    with office.server.sessions.begin() as session:
        talk = {"conversation": "6f0c9b1e-0000-4000-8000-000000000001", "seq": 3, "reason": "blocked"}
        raise_alert(session, "parked", "zalo", "parked", talk)
        raise_alert(session, "operator", "zalo", "token_refused")
    with office.server.sessions() as session:
        keys = {alert.kind: alert.id for alert in open_alerts(session)}
    page = boss.get("/reports").text
    assert f"/console/conversations/{talk['conversation']}" in page
    assert f"/reports/seen/{keys['parked']}" in page and f"/reports/seen/{keys['operator']}" not in page
    for key, count in ((keys["parked"], "2"), (keys["parked"], "x"), (keys["operator"], "1"), (77, "1")):
        assert boss.post(f"/reports/seen/{key}", count=count).headers["location"] == "/console/reports"
    assert boss.post(f"/reports/seen/{keys['parked']}", count="1").headers["location"].endswith("done=alert_seen")
    assert office.enter("ha", "head").post(f"/reports/seen/{keys['operator']}").status_code == 403
    with office.server.sessions() as session:
        assert [alert.kind for alert in open_alerts(session)] == ["operator"]
    assert actions(office) == ["alert_seen"]


def test_the_audit_is_filtered_and_only_grows(office: Office, boss: Browser) -> None:
    with office.server.sessions.begin() as session:
        for number in range(120):
            record(session, 1 if number % 2 else None, "staff_changed", f"staff:{number}", name=["A", "B"])
    assert boss.get("/audit").text.count(ROW) == 100
    assert boss.get("/audit?who=1").text.count(ROW) == 60
    assert boss.get("/audit?subject=staff:7").text.count(ROW) == 1
    for nonsense in ("since=hôm+nay", "who=abc", "before=-1", "until=2026-13-01", "action=x%00", "who=99999999999"):
        assert "Không có dòng nào" in boss.get(f"/audit?{nonsense}").text
    with office.server.sessions() as session, pytest.raises(DatabaseError):
        session.execute(sa.update(AuditEntry).values(action="nothing"))
    with office.server.sessions() as session, pytest.raises(DatabaseError):
        session.execute(sa.delete(AuditEntry))


def test_the_audit_as_a_spreadsheet_holds_no_formula(office: Office, boss: Browser) -> None:
    with office.server.sessions.begin() as session:
        session.get(Staff, 1).name = "=cmd|' /C calc'!A0"
        record(session, 1, "@SUM(1)", "+1+1")
    answer = boss.get("/audit.xlsx")
    assert answer.headers["content-type"] == sheets.XLSX
    rows = list(openpyxl.load_workbook(BytesIO(answer.content)).active.iter_rows())
    assert [cell.value for cell in rows[1]][1:4] == ["'=cmd|' /C calc'!A0", "'@SUM(1)", "'+1+1"]
    assert "f" not in {cell.data_type for row in rows for cell in row}
    assert actions(office)[-1] == "audit_exported"


@pytest.mark.parametrize(
    ("text", "kept"),
    [("=1+1", "'=1+1"), ("-1", "'-1"), ("\t=1", "'\t=1"), ("Lan", "Lan"), ("1.004222", "1.004222"), ("a\x00b", "a b")],
)
def test_a_cell_is_no_formula(text: str, kept: str) -> None:
    assert sheets.harmless(text) == kept


@pytest.mark.parametrize("text", TEXTS)
def test_nothing_typed_comes_alive(office: Office, boss: Browser, text: str) -> None:
    key = office.add("doc.ac", name=text, email="a@b.vn")
    boss.post("/canned/new", shortcut="x", title=text, text=text, unit="")
    boss.post("/switches/off", name="bot", notice=text)
    with office.server.sessions.begin() as session:
        record(session, key, text, text, **{text: text})
    pages = ("/staff", f"/staff/{key}", "/canned", "/canned/1", "/audit", "/switches", "/reports")
    for path in pages:
        assert_harmless(boss.get(path).text)
    for path in ("/staff", "/canned", "/audit"):
        assert_harmless(boss.client.get(f"/console{path}", params={"q": text, "subject": text, "done": text}).text)
    assert_harmless(office.let_in(key).get("/account").text)
    with Browser(office.server.url) as nobody:
        assert_harmless(nobody.client.get("/console/sign-in", params={"next": text, "done": text}).text)
        assert_harmless(nobody.sign_in(text, "x", next=text).text)
