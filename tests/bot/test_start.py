"""Starting: settings, the port, the database; one clear line when something is missing."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bot import server
from bot.errors import SettingsError
from bot.settings import Settings
from bot.texts import Texts
from knowledge.database import create_engine
from tests.bot.running import KEY, ROOT


def _start(folder: Path, **environment: str) -> tuple[int, list[str]]:
    full = {**os.environ, "PYTHONPATH": str(ROOT), "TTHC_SECRET": "long enough to be one", **environment}
    done = subprocess.run(
        [sys.executable, "-m", "bot"], cwd=folder, env=full, capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stderr.splitlines()


def test_a_database_without_tables_is_one_line(tmp_path: Path) -> None:
    code, said = _start(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path / 'new.db'}")
    assert (code, len(said)) == (2, 1)
    assert "python -m knowledge migrate" in said[0]


def test_a_port_in_use_is_one_line(tmp_path: Path, database: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, said = _start(tmp_path, DATABASE_URL=f"sqlite:///{database}", BOT_PORT=port)
    assert (code, len(said)) == (2, 1)
    assert f"127.0.0.1:{port}" in said[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [("BOT_PORT", "http"), ("BOT_PORT", "70000"), ("BOT_WORKERS", "0"), ("BOT_WORKERS", "-1"), ("BOT_PORT", "8.5")],
)
def test_a_bad_number_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_env({name: value})


def test_the_environment_sets_what_it_names() -> None:
    environment = {
        "BOT_HOST": "0.0.0.0",
        "BOT_PORT": "9000",
        "DATABASE_URL": "sqlite:///x.db",
        "RASA_URL": "http://rasa:5005/",
        "BOT_ALLOWED_ORIGINS": "https://A.gov.vn/, https://b.gov.vn",
    }
    settings = Settings.from_env(environment)
    assert (settings.host, settings.port, settings.database_url) == ("0.0.0.0", 9000, "sqlite:///x.db")
    assert settings.rasa_url == "http://rasa:5005"
    assert settings.allowed_origins == ("https://a.gov.vn", "https://b.gov.vn")
    assert Settings.from_env({"BOT_PORT": ""}) == Settings()


def test_every_text_is_there_and_polite() -> None:
    texts = Texts.load()
    assert texts.error("too_long", limit=2000).count("2000") == 1
    for name in ("unavailable", "empty", "handoff"):
        assert texts.reply(name).plain()


def test_no_proxy_keeps_a_connection_that_is_closed_here(database_url: str) -> None:
    engine = create_engine(database_url)
    ours = server.create_server(Settings(database_url=database_url), engine, KEY)
    engine.dispose()
    (proxies,) = re.findall(r"timeout server (\d+)s", (ROOT / "deploy/haproxy.cfg").read_text(encoding="utf-8"))
    assert ours.config.timeout_keep_alive > int(proxies)
