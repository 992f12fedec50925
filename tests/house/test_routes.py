"""Every page and webhook of the front server gets through ingress and proxy, and what is for operators does not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.channels.settings import ChannelSettings
from bot.server import create_app
from bot.settings import Settings
from knowledge.database import create_engine
from tests.bot.running import KEY
from tests.house.repository import ROOT

FOR_OPERATORS = {"/healthz", "/readyz", "/metrics"}
EVERY_CHANNEL = {
    "TELEGRAM_BOT_TOKEN": "1:a",
    "TELEGRAM_MODE": "webhook",
    "TELEGRAM_SECRET_TOKEN": "secret",
    "BOT_PUBLIC_URL": "https://troly.example",
    "ZALO_APP_ID": "1",
    "ZALO_OA_SECRET": "secret",
    "ZALO_BOT_TOKEN": "1:a",
    "ZALO_BOT_SECRET": "a-secret-of-some-length",
}


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The paths that the front server answers with every channel on."""
    url = f"sqlite:///{tmp_path_factory.mktemp('routes') / 'bot.db'}"
    settings = Settings(database_url=url, channels=ChannelSettings.from_env(EVERY_CHANNEL))
    app = create_app(settings, create_engine(url), KEY)
    return {str(getattr(route, "path", "")) or "/" for route in app.routes}


def ingress() -> list[dict[str, Any]]:
    found = yaml.safe_load((ROOT / "deploy/kubernetes/ingress.yaml").read_text(encoding="utf-8"))
    (rule,) = found["spec"]["rules"]
    return list(rule["http"]["paths"])


def passes(path: str) -> bool:
    """Tell whether the ingress lets a path through, as Kubernetes reads its rules: by whole parts of the path."""
    return any(
        path == rule["path"] if rule["pathType"] == "Exact" else f"{path}/".startswith(f"{rule['path']}/")
        for rule in ingress()
    )


def test_the_front_server_has_what_is_looked_for(paths: set[str]) -> None:
    assert len([path for path in paths if path.startswith("/webhooks/")]) == 3
    assert {"/", "/console", "/widget", "/static", "/checklist/{code}", "/api/web/events"} | FOR_OPERATORS <= paths


def test_the_ingress_lets_in_what_is_public_and_nothing_else(paths: set[str]) -> None:
    assert {path for path in paths if not passes(path)} == FOR_OPERATORS
    unused = [rule["path"] for rule in ingress() if not any(path.startswith(rule["path"]) for path in paths)]
    assert unused == []


def test_the_proxy_keeps_back_what_is_for_operators() -> None:
    text = Path(ROOT / "deploy/haproxy.cfg").read_text(encoding="utf-8")
    (denied,) = re.findall(r"http-request deny deny_status 404 if \{ path,url_dec (.+) \}", text)
    # whether one lives may be asked by anybody: what stands before this proxy asks it too
    assert set(denied.split()) == FOR_OPERATORS - {"/healthz"}
