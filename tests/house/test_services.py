"""What the programs run with, and where they listen."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from setup import start
from setup.console import Steps
from setup.services import address, environment, from_procfile
from setup.start import wants_demo
from tests.house.repository import ROOT


def test_the_shell_wins_over_the_file_and_the_file_over_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text('BOT_PORT=9000\nRASA_PORT=6000\n# a remark\nTTHC_SECRET="with blanks in it"\n', encoding="utf-8")
    env = environment({"RASA_PORT": "7000"}, file)
    chosen = [env[name] for name in ("BOT_PORT", "RASA_PORT", "ACTIONS_PORT", "TTHC_SECRET")]
    assert chosen == ["9000", "7000", "5055", "with blanks in it"]


def test_everything_listens_on_this_machine_alone_and_reports_to_nobody(tmp_path: Path) -> None:
    env = environment({}, tmp_path / "none")
    assert (env["BOT_HOST"], env["SANIC_HOST"]) == ("127.0.0.1", "127.0.0.1")
    assert env["RASA_TELEMETRY_ENABLED"] == "false"
    rasa = next(service for service in from_procfile(env, ROOT / "Procfile") if service.name == "rasa")
    assert "--interface 127.0.0.1" in rasa.command


def test_addresses_follow_the_ports(tmp_path: Path) -> None:
    env = environment({"RASA_PORT": "7000", "ACTIONS_PORT": "7001", "BOT_PORT": "7002"}, tmp_path / "none")
    assert (env["RASA_URL"], env["ACTIONS_URL"]) == ("http://127.0.0.1:7000", "http://127.0.0.1:7001")
    ready = {service.name: service.ready_url for service in from_procfile(env, ROOT / "Procfile")}
    assert ready == {
        "actions": "http://127.0.0.1:7001/health",
        "rasa": "http://127.0.0.1:7000/",
        "bot": "http://127.0.0.1:7002/healthz",
    }


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),
        ("::", "http://[::1]:80"),
        ("::1", "http://[::1]:80"),
        ("192.0.2.7", "http://192.0.2.7:80"),
    ],
)
def test_the_printed_address_can_be_opened(host: str, shown: str) -> None:
    assert address({"BOT_HOST": host, "BOT_PORT": "80"}) == shown


@pytest.mark.parametrize(
    ("env", "wanted"),
    [
        ({}, True),
        ({"DATABASE_URL": ""}, True),
        ({"TTHC_DEMO": "0"}, False),
        ({"DATABASE_URL": "postgresql://host/office"}, False),
        ({"DATABASE_URL": "postgresql://host/office", "TTHC_DEMO": "1"}, True),
        ({"BOT_PUBLIC_URL": "https://tthc.example"}, False),
        ({"BOT_PUBLIC_URL": "https://tthc.example", "TTHC_DEMO": "1"}, True),
    ],
)
def test_invented_dossiers_stay_away_from_real_citizens(env: dict[str, str], wanted: bool) -> None:
    assert wants_demo(env) is wanted


@pytest.mark.parametrize(("before", "mode"), [(0o022, 0o600), (0o277, 0o400)])
def test_no_other_account_reads_the_database_that_loading_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: int, mode: int
) -> None:
    database = tmp_path / "knowledge.db"
    monkeypatch.setattr(start, "call", lambda *_: database.touch() or "")
    own = os.umask(before)
    try:
        start.load(Steps(), [str(tmp_path)])
    finally:
        os.umask(own)
    assert database.stat().st_mode & 0o777 == mode
