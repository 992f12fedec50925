"""Accounts from the command line of the server."""

from __future__ import annotations

import io
from collections.abc import Callable

import pyotp
import pytest
import sqlalchemy as sa

from bot.__main__ import main
from bot.console import commands
from bot.console.second import SecondFactor
from knowledge.models import AuditEntry, Staff
from tests.bot.running import KEY, Running
from tests.console.desk import PASSWORD, Browser, Office

Command = Callable[..., int]


@pytest.fixture
def staff(server: Running, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command; ``password`` is what comes in on the standard input."""

    def run(*arguments: str, password: str = PASSWORD) -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        return commands.run(arguments, server.sessions, KEY)

    return run


def test_the_first_account_is_an_administrators(staff: Command, office: Office, capsys: pytest.CaptureFixture) -> None:
    assert staff("list", "--hint") == 0
    assert 'make staff ARGS="add' in capsys.readouterr().out
    assert staff("add", "Lan.Nguyen", "--password-stdin") == 0
    assert staff("add", "ha", "--password-stdin", "--final", "--name", "Trần Hà", password="mưa rơi trên lá") == 1
    assert staff("add", "ha.tran", "--password-stdin", "--final", "--name", "Trần Hà", password="mưa rơi trên lá") == 0
    capsys.readouterr()
    assert staff("list", "--hint") == 0
    assert capsys.readouterr().out == ""
    assert staff("list") == 0
    assert capsys.readouterr().out.splitlines() == [
        "ha.tran                  Cán bộ trực          -        Trần Hà",
        "lan.nguyen               Quản trị             -        lan.nguyen",
    ]
    with Browser(office.server.url) as ha:
        ha.sign_in("ha.tran", "mưa rơi trên lá")
        assert ha.get("/waiting").status_code == 200
    with Browser(office.server.url) as lan:
        lan.sign_in("lan.nguyen")
        assert lan.get("/waiting").headers["location"] == "/console/password"


@pytest.mark.parametrize(
    ("arguments", "password"),
    [
        (("add", "lan", "--password-stdin"), PASSWORD),
        (("add", "Nguyễn Lan", "--password-stdin"), PASSWORD),
        (("add", "ha.tran", "--password-stdin"), "ngắn"),
        (("add", "ha.tran", "--password-stdin"), ""),
        (("add", "ha.tran", "--password-stdin", "--unit", "nowhere"), PASSWORD),
        (("disable", "khong.co"), ""),
        (("disable", "lan"), ""),
    ],
)
def test_what_will_not_do_is_said_and_changes_nothing(
    staff: Command, office: Office, arguments: tuple[str, ...], password: str, capsys: pytest.CaptureFixture
) -> None:
    office.add("lan", "admin")
    assert staff(*arguments, password=password) == 1
    assert capsys.readouterr().err.startswith("✗ ")
    with office.server.sessions() as session:
        assert session.scalar(sa.select(sa.func.count(AuditEntry.id))) == 0


def test_an_account_is_disabled_with_its_sessions_and_let_in_again(staff: Command, office: Office) -> None:
    office.add("boss", "admin")
    lan = office.enter("lan.nguyen")
    assert staff("disable", "lan.nguyen") == 0
    assert lan.get("/waiting").status_code == 303
    assert staff("enable", "lan.nguyen") == 0
    assert staff("password", "lan.nguyen", "--password-stdin", "--final", password="mưa rơi trên lá") == 0
    with Browser(office.server.url) as again:
        assert again.sign_in("lan.nguyen", "mưa rơi trên lá").status_code == 303


def test_the_second_factor_is_given_and_taken(staff: Command, office: Office, capsys: pytest.CaptureFixture) -> None:
    key = office.add("lan.nguyen")
    assert staff("totp", "lan.nguyen") == 0
    secret = capsys.readouterr().out.split("secret=")[1].split("&")[0]
    with office.server.sessions.begin() as session:
        assert secret not in session.scalar(sa.select(Staff.totp))
        assert SecondFactor(KEY).use(session, key, pyotp.TOTP(secret).now())
    assert staff("totp", "lan.nguyen", "--off") == 0
    with office.server.sessions() as session:
        assert session.scalar(sa.select(Staff.totp)) == ""


def test_the_program_knows_the_command(
    server: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr("bot.__main__.configure_logging", lambda level: None)  # it would keep this test's stderr
    monkeypatch.setenv("DATABASE_URL", server.settings.database_url)
    monkeypatch.setenv("TTHC_SECRET", KEY.decode())
    assert main(["staff", "list"]) == 0
    assert "chưa có tài khoản cán bộ nào" in capsys.readouterr().out
