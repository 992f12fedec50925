"""Guessing passwords: it becomes slow, then is refused, and teaches nothing about who has an account."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Callable, Iterator

import pyotp
import pytest
import sqlalchemy as sa
from httpx import Response
from sqlalchemy.orm import Session

from bot.console import passwords
from bot.console.second import SecondFactor
from bot.console.tries import BY_ADDRESS, BY_NAME, Limit, TooManyTries, Tries
from knowledge.models import SignInTry, Staff, utc_now
from tests.bot.running import KEY, Running
from tests.console.desk import PASSWORD, Browser, Office

Open = Callable[[], Browser]
LAN = Tries("lan", "here")


@pytest.fixture
def session(server: Running) -> Iterator[Session]:
    with server.sessions() as opened:
        yield opened


def wait_at(session: Session, tries: Tries, at: dt.datetime) -> float:
    """Try once; return 0 when it was let in, else how long to wait. A refused try is rolled back, as the page does."""
    try:
        tries.note(session, at)
        session.commit()
        return 0.0
    except TooManyTries as early:
        session.rollback()
        return early.seconds


@pytest.mark.parametrize(
    ("failures", "pause"), [(0, 0), (3, 0), (4, 2), (5, 4), (6, 8), (7, 16), (8, 32), (9, 60), (11, 60)]
)
def test_the_pause_grows(failures: int, pause: float) -> None:
    assert Limit(free=4, most=12).pause(failures) == pause


def test_a_name_is_slowed_down_and_then_refused(session: Session) -> None:
    now = utc_now()
    waits = []
    for _ in range(BY_NAME.most):
        waits.append(wait_at(session, LAN, now))
        now += dt.timedelta(seconds=waits[-1])
        if waits[-1]:
            assert wait_at(session, LAN, now) == 0
    assert waits[: BY_NAME.free] == [0.0] * BY_NAME.free
    assert waits[BY_NAME.free :][:3] == [2.0, 4.0, 8.0]
    later = wait_at(session, LAN, now + dt.timedelta(seconds=61))
    assert later > 20 * 60, "refused until the first failures are half an hour old"
    assert wait_at(session, LAN, now + dt.timedelta(minutes=40)) == 0


def test_a_try_that_came_too_early_does_not_count(session: Session) -> None:
    now = utc_now()
    for _ in range(BY_NAME.free):
        assert wait_at(session, LAN, now) == 0
    assert [wait_at(session, LAN, now) for _ in range(5)] == [2.0] * 5
    assert session.scalar(sa.select(sa.func.count(SignInTry.id))) == 2 * BY_NAME.free


def test_an_address_may_fail_more_often_than_a_name(session: Session) -> None:
    now = utc_now()
    for number in range(BY_ADDRESS.free):
        assert wait_at(session, Tries(f"name {number}", "here"), now) == 0
    assert wait_at(session, Tries("another", "here"), now) > 0
    assert wait_at(session, Tries("another", "elsewhere"), now) == 0


def test_the_table_names_nobody(office: Office, browser: Open) -> None:
    browser().sign_in("lan.nguyen", "sai mật khẩu")
    with office.server.sessions() as session:
        keys = session.scalars(sa.select(SignInTry.key)).all()
    assert len(keys) == 2
    assert all(len(key) == 64 for key in keys)


@pytest.mark.parametrize("exists", [True, False])
def test_guesses_are_refused_the_same_whether_the_name_exists(
    office: Office, browser: Open, monkeypatch: pytest.MonkeyPatch, exists: bool
) -> None:
    now = utc_now()  # stands still: on a slow machine the pause would be over before the next guess
    monkeypatch.setattr("bot.console.tries.utc_now", lambda: now)
    if exists:
        office.add("lan")
    guessing = browser()
    statuses = [guessing.sign_in("lan", f"đoán thử {number}").status_code for number in range(BY_NAME.free + 2)]
    assert statuses == [401] * BY_NAME.free + [429] * 2
    answer = guessing.sign_in("lan", PASSWORD)
    assert answer.status_code == 429, "the right password must not be let in, or guessing would pay"
    assert int(answer.headers["retry-after"]) == 2
    assert "Đã thử sai nhiều lần" in answer.text


def test_the_right_password_forgives_the_wrong_ones(office: Office, browser: Open) -> None:
    office.add("lan")
    for _ in range(3):
        assert browser().sign_in("lan", "sai").status_code == 401
        assert browser().sign_in("lan").status_code == 303


def test_a_second_factor_leaves_only_its_wrong_codes_with_the_address(
    office: Office, browser: Open, session: Session
) -> None:
    secret, counted = pyotp.random_base32(), sa.select(sa.func.count(SignInTry.id))
    office.add("lan", totp=SecondFactor(KEY).seal(secret))
    lan = browser()

    def enter(ticket_on: str, code: str) -> Response:
        return lan.post("/sign-in/code", ticket=ticket_on.split('name="ticket" value="')[1].split('"')[0], code=code)

    asked = enter(lan.sign_in("lan").text, "000000")
    assert (asked.status_code, session.scalar(counted)) == (401, 2 * 2), "the right password and the wrong code count"
    session.rollback()
    assert enter(asked.text, pyotp.TOTP(secret).now()).status_code == 303
    assert session.scalar(counted) == 1


@pytest.mark.parametrize(
    ("username", "more"),
    [("lan", {}), ("nobody", {}), ("lan", {"is_active": False}), ("oidc", {})],
    ids=["wrong password", "unknown", "disabled", "no password"],
)
def test_every_refusal_costs_one_hash(
    office: Office, browser: Open, monkeypatch: pytest.MonkeyPatch, username: str, more: dict[str, bool]
) -> None:
    office.add("lan", **more)
    office.add("oidc")
    with office.server.sessions.begin() as session:
        session.execute(sa.update(Staff).where(Staff.username == "oidc").values(password_hash=""))
    checked: list[str] = []

    def check(kept: str, password: str) -> bool:
        checked.append(kept)
        return passwords.check_password(kept, password)

    monkeypatch.setattr("bot.console.sign_in.check_password", check)
    assert browser().sign_in(username, "sai").status_code == 401
    assert len(checked) == 1


@pytest.mark.parametrize(
    ("password", "wrong"),
    [
        ("ngắn quá", "password_length"),
        ("x" * 201, "password_length"),
        ("1234567890abc", "password_easy"),
        ("matkhau2026!", "password_easy"),
        ("aaaaaaaaaaaaa", "password_easy"),
        ("Lan.Nguyen.2026", "password_easy"),
        ("mưa rơi trên lá", ""),
    ],
)
def test_a_new_password_must_be_hard_to_guess(password: str, wrong: str) -> None:
    assert passwords.fault(password, "lan.nguyen") == wrong


def test_one_password_typed_on_two_keyboards_is_one() -> None:
    composed = "mưa rơi trên lá"
    decomposed = unicodedata.normalize("NFD", composed)
    assert composed != decomposed
    assert passwords.check_password(passwords.hash_password(composed), decomposed)
