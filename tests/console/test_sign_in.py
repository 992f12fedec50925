"""Signing in and out: who gets in, what the cookie is, when a session ends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pyotp
import pytest
import sqlalchemy as sa

from bot.console import passwords, sessions
from bot.console.addresses import inside
from bot.console.second import SecondFactor
from knowledge.models import AuditEntry, Staff, StaffSession, utc_now
from tests.bot.running import KEY
from tests.console.desk import PASSWORD, Browser, Office

Open = Callable[[], Browser]


def test_name_and_password_open_the_console(office: Office, browser: Open) -> None:
    office.add("lan.nguyen", name="Nguyễn Thị Lan")
    lan = browser()
    assert lan.get("/waiting").headers["location"] == "/console/sign-in?next=/console/waiting"
    answer = lan.sign_in("Lan.Nguyen ", next="/console/waiting")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/waiting")
    page = lan.get("/waiting")
    assert page.status_code == 200
    assert "Nguyễn Thị Lan" in page.text


def test_the_secret_is_another_one_after_the_sign_in(office: Office, browser: Open) -> None:
    office.add("lan")
    lan = browser()
    lan.get("/sign-in")
    fixed = lan.secret
    lan.sign_in("lan")
    assert lan.secret != fixed
    with Browser(office.server.url, fixed) as thief:
        assert thief.get("/waiting").status_code == 303
    with office.server.sessions() as session:
        assert session.scalars(sa.select(StaffSession.id)).all() == [sessions.session_id(lan.secret)]


def test_the_cookie_is_kept_from_scripts_and_other_sites(office: Office, browser: Open) -> None:
    cookie = browser().get("/sign-in").headers["set-cookie"]
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert "expires" not in cookie.lower() and "max-age" not in cookie.lower()


def test_with_tls_the_cookie_is_tied_to_this_host(office: Office, browser: Open) -> None:
    cookie = browser().get("/sign-in", **{"X-Forwarded-Proto": "https"}).headers["set-cookie"]
    assert cookie.startswith("__Host-console=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert "domain" not in cookie.lower()


@pytest.mark.parametrize("is_active", [True, False])
@pytest.mark.parametrize("password", ["", "sai", PASSWORD + "x", PASSWORD])
@pytest.mark.parametrize("username", ["lan", "khong.co", "' OR 1=1 --", "x" * 500])
def test_whoever_is_refused_hears_the_same(
    office: Office, browser: Open, username: str, password: str, is_active: bool
) -> None:
    office.add("lan", is_active=is_active)
    answer = browser().sign_in(username, password)
    if (username, password, is_active) == ("lan", PASSWORD, True):
        assert answer.status_code == 303
        return
    assert answer.status_code == 401
    assert "Tên đăng nhập hoặc mật khẩu không đúng." in answer.text


def test_signing_out_ends_the_session_on_the_server(office: Office) -> None:
    lan = office.enter("lan")
    assert lan.get("/waiting").status_code == 200
    kept = lan.secret
    lan.post("/sign-out")
    assert lan.secret == ""
    with Browser(office.server.url, kept) as again:
        assert again.get("/waiting").status_code == 303


def test_signing_out_everywhere_ends_all(office: Office) -> None:
    staff_id = office.add("lan")
    one, two, other = office.let_in(staff_id), office.let_in(staff_id), office.enter("ha")
    one.get("/account")
    one.post("/sign-out", everywhere="1")
    assert [who.get("/waiting").status_code for who in (one, two, other)] == [303, 303, 200]


@pytest.mark.parametrize(
    ("seen", "created", "status"),
    [
        (dt.timedelta(minutes=29), dt.timedelta(hours=1), 200),
        (dt.timedelta(minutes=31), dt.timedelta(hours=1), 303),
        (dt.timedelta(0), dt.timedelta(hours=11, minutes=59), 200),
        (dt.timedelta(0), dt.timedelta(hours=12), 303),
    ],
)
def test_a_session_ends_when_it_is_idle_or_old(
    office: Office, seen: dt.timedelta, created: dt.timedelta, status: int
) -> None:
    lan, now = office.enter("lan"), utc_now()
    aged = {"seen_at": now - seen, "created_at": now - created, "expires_at": now - created + sessions.LONGEST}
    with office.server.sessions.begin() as session:
        session.execute(sa.update(StaffSession).values(**aged))
    assert lan.get("/waiting").status_code == status


def test_a_disabled_account_is_out_at_once(office: Office) -> None:
    lan = office.enter("lan")
    with office.server.sessions.begin() as session:
        session.execute(sa.update(Staff).values(is_active=False))
    assert lan.get("/waiting").status_code == 303


def test_the_second_factor_is_asked_and_its_code_opens_once(office: Office, browser: Open) -> None:
    secret = pyotp.random_base32()
    office.add("lan", totp=SecondFactor(KEY).seal(secret))
    lan = browser()
    answer = lan.sign_in("lan", next="/console/waiting")
    ticket = answer.text.split('name="ticket" value="')[1].split('"')[0]
    assert lan.get("/waiting").status_code == 303, "the password alone opens nothing"
    assert lan.post("/sign-in/code", ticket=ticket, code="000000").status_code == 401
    code = pyotp.TOTP(secret).now()
    with Browser(office.server.url) as thief:
        thief.get("/sign-in")
        assert thief.post("/sign-in/code", ticket=ticket, code=code).headers["location"] == "/console/sign-in"
    assert lan.post("/sign-in/code", ticket=ticket, code=code, next="/console/waiting").status_code == 303
    assert lan.get("/waiting").status_code == 200
    again = browser()
    ticket = again.sign_in("lan").text.split('name="ticket" value="')[1].split('"')[0]
    assert again.post("/sign-in/code", ticket=ticket, code=code).status_code == 401


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/", "//evil.example/", "/\\evil.example", "/console/../api", "/api/web",
        "javascript:alert(1)",
        "/console//evil.example\n", "console/waiting", "/console/sign-out", "", "/consolex", "https:/console/waiting",
        "//[",
    ],
)  # fmt: skip
def test_the_way_after_the_sign_in_leads_nowhere_else(target: str) -> None:
    assert inside(target) == "/console/"


@pytest.mark.parametrize("target", ["/console/waiting", "/console/staff?role=clerk", "/console/"])
def test_the_way_after_the_sign_in_leads_back(target: str) -> None:
    assert inside(target) == target


def test_the_first_password_must_be_changed(office: Office, browser: Open) -> None:
    office.add("lan", must_change=True)
    lan = browser()
    lan.sign_in("lan")
    assert lan.get("/waiting").headers["location"] == "/console/password"
    assert lan.get("/password").status_code == 200
    for new, again, status in (("ngắn", "ngắn", 422), (PASSWORD, PASSWORD, 422), ("mưa rơi trên lá", "khác", 422)):
        assert lan.post("/password", old=PASSWORD, new=new, again=again).status_code == status
    kept, fresh = lan.secret, "mưa rơi trên lá"
    assert lan.post("/password", old="sai", new=fresh, again=fresh).status_code == 422
    assert lan.post("/password", old=PASSWORD, new=fresh, again=fresh).status_code == 303
    assert lan.get("/waiting").status_code == 200
    with Browser(office.server.url, kept) as old:
        assert old.get("/waiting").status_code == 303
    assert browser().sign_in("lan").status_code == 401
    assert browser().sign_in("lan", fresh).status_code == 303


def test_a_hash_of_yesterday_is_made_anew(office: Office, browser: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_HASHER", passwords.PasswordHasher(time_cost=1, memory_cost=1024))
    office.add("lan")
    monkeypatch.undo()
    browser().sign_in("lan")
    with office.server.sessions() as session:
        assert not passwords.is_outdated(session.scalar(sa.select(Staff.password_hash)))
    assert browser().sign_in("lan").status_code == 303


def test_who_came_and_who_failed_is_in_the_audit(office: Office, browser: Open) -> None:
    staff_id = office.add("lan")
    browser().sign_in("lan", "sai")
    browser().sign_in("khong.co", "sai")
    browser().sign_in("lan")
    with office.server.sessions() as session:
        rows = [(row.staff_id, row.action) for row in session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id))]
    assert rows == [(staff_id, "sign_in_failed"), (None, "sign_in_failed"), (staff_id, "sign_in")]
