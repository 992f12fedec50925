"""What whoever runs the installation sees: settings, metrics, readiness, the self-check."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import anyio
import httpx
import pytest

from bot.assembly import assemble
from bot.channels import registry
from bot.channels.running import keep_running
from bot.channels.settings import ChannelSettings
from bot.errors import SettingsError
from bot.settings import Settings
from bot.texts import Texts
from knowledge.database import create_engine
from tests.bot.citizen import Talk
from tests.bot.fake_channel import FakeChannel
from tests.bot.phone import Phone
from tests.bot.running import KEY, ROOT, Running
from tests.fakes.loopback import PATIENCE

SECRETS = {
    "DATABASE_URL": "sqlite:///secret1.db",
    "BOT_REST_TOKEN": "secret2",
    "ZALO_APP_SECRET": "secret3",
    "ZALO_OA_SECRET": "secret4, secret5",
    "ZALO_REFRESH_TOKEN": "secret6",
    "ZALO_ACCESS_TOKEN": "secret7",
    "ZALO_BOT_TOKEN": "secret8",
    "ZALO_BOT_SECRET": "secret9-long-enough",
    "TELEGRAM_BOT_TOKEN": "secret10",
    "TELEGRAM_SECRET_TOKEN": "secret11",
}


def test_no_secret_is_printed() -> None:
    settings = Settings.from_env({**SECRETS, "ZALO_APP_ID": "360", "TELEGRAM_MODE": "webhook"})
    assert settings.channels.zalo_oa_secrets == ("secret4", "secret5")
    assert (settings.channels.telegram_bot_token, settings.channels.telegram_mode) == ("secret10", "webhook")
    assert "360" in repr(settings) and "secret" not in repr(settings)


def test_addresses_of_providers_can_be_set() -> None:
    environment = {"ZALO_API_BASE": "http://127.0.0.1:1/", "TELEGRAM_API_BASE": "http://127.0.0.1:2"}
    settings = ChannelSettings.from_env(environment)
    assert (settings.zalo_api_base, settings.telegram_api_base) == ("http://127.0.0.1:1", "http://127.0.0.1:2")
    assert settings.zalo_oauth_base == "https://oauth.zaloapp.com"


@pytest.mark.parametrize(
    "environment",
    [
        {"TELEGRAM_MODE": "push"},
        {"TELEGRAM_SECRET_TOKEN": "xin chào"},
        {"TELEGRAM_SECRET_TOKEN": "x" * 257},
        {"TELEGRAM_MODE": "webhook", "TELEGRAM_BOT_TOKEN": "secret"},
        {"ZALO_BOT_SECRET": "secret"},
        {"ZALO_BOT_SECRET": "secret with blanks"},
    ],
)
def test_a_value_that_cannot_work_is_named_without_the_secret(environment: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="TELEGRAM_|ZALO_BOT_") as caught:
        ChannelSettings.from_env(environment)
    assert "secret" not in str(caught.value) and "x" * 9 not in str(caught.value)


async def test_metrics_count_by_channel_and_are_for_tools_alone(
    serve: Callable[..., Running], phone_on: Callable[..., Phone]
) -> None:
    phone = phone_on("zalo")
    await phone.text("một")
    await phone.answers(1)
    talk = await Talk(phone.server.url).open()
    await talk.ask("hai")
    text = await _once('tthc_channel_lag_seconds{channel="web"} 0.0', talk)
    for line in (
        'tthc_channel_received_total{channel="zalo"} 1.0',
        'tthc_channel_received_total{channel="web"} 1.0',
        'tthc_channel_waiting{channel="zalo"} 0.0',
    ):
        assert line in text
    await talk.close()
    guarded = serve(rest_token="a token")
    async with httpx.AsyncClient(verify=False, base_url=guarded.url, timeout=PATIENCE, trust_env=False) as client:
        assert (await client.get("/metrics")).status_code == 403
        assert (await client.get("/metrics", headers={"Authorization": "Bearer a token"})).status_code == 200


async def _once(line: str, talk: Talk) -> str:
    """Return the metrics as soon as they hold the line: an answer is marked as read just after it is sent."""
    with anyio.fail_after(PATIENCE):
        while line not in (text := (await talk.get("/metrics")).text):
            await anyio.sleep(0.02)
    return text


async def test_readiness_names_channels_parked_messages_and_alerts(phone_on: Callable[..., Phone]) -> None:
    phone = phone_on("zalo")
    async with httpx.AsyncClient(verify=False, base_url=phone.server.url, timeout=PATIENCE, trust_env=False) as client:
        ready = (await client.get("/readyz")).json()
    assert (ready["channels"], ready["parked"], ready["alerts"]) == (["rest", "web", "zalo"], 0, 0)


async def test_a_channel_that_falls_over_is_started_again(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.running._FIRST_PAUSE", 0.001)
    channel, runs = FakeChannel("telegram"), []

    async def run(services: object) -> None:
        runs.append(services)
        if len(runs) < 4:
            raise httpx.ConnectError("unreachable")

    monkeypatch.setattr(channel, "run", run)
    engine = create_engine(settings.database_url)
    await asyncio.wait_for(keep_running(channel, assemble(settings, engine, KEY)), PATIENCE)
    assert len(runs) == 4
    engine.dispose()


async def test_a_check_that_fails_is_a_finding_and_stops_no_other() -> None:
    findings = await registry.check_channels({"telegram": FakeChannel("telegram"), "zalo": FakeChannel("zalo")})
    assert [(finding.channel, finding.ok) for finding in findings] == [("telegram", False), ("zalo", False)]
    assert "RuntimeError" in Texts.load().finding(findings[0].key, **findings[0].values)


def test_the_check_is_a_command(database: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{database}", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "bot", "channels", "check"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["✓ web", "✓ rest", "✓ channels"]
    wrong = subprocess.run(command[:-1], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    places = "channels check | erase CONVERSATION | retain | backup FOLDER | restore FOLDER | staff"
    usage = f"usage: python -m bot [{places}]\n"
    assert (wrong.returncode, wrong.stderr) == (2, usage)
