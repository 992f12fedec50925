"""What whoever runs an account sees: the self-check, alerts, what is logged, what happens after a crash."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.assembly import assemble
from bot.channels.base import Finding
from bot.channels.settings import ChannelSettings
from bot.channels.zalo.channel import ZaloChannel
from bot.channels.zalo.echoes import Echoes
from bot.channels.zalo.errors import OPERATOR
from bot.settings import Settings
from bot.texts import Texts
from knowledge.database import create_engine, session_factory
from knowledge.models import Alert, ChannelToken, DeliveryPart, utc_now
from tests.bot.desk import Desk
from tests.bot.fake_channel import FakeChannel
from tests.bot.running import KEY, Running
from tests.bot.zalo.conftest import channel_of
from tests.bot.zalo.test_conversations import rows, settled, until
from tests.fakes.zalo import FakeZalo

Office = Callable[..., Running]
Check = Callable[..., Any]


@pytest.fixture
async def check(settings: Settings, credentials: ChannelSettings) -> AsyncIterator[Check]:
    """Run ``channels check`` with changed credentials; return what is wrong and what is said."""
    engine = create_engine(settings.database_url)

    async def run(**changes: Any) -> tuple[list[str], str]:
        given = replace(credentials, **{"public_url": "https://troly.example.gov.vn", **changes})
        parts = assemble(Settings(channels=given), engine, KEY)
        async with parts.client, parts.abroad:
            findings: list[Finding] = list(await parts.channels["zalo"].check())
        texts = Texts.load()
        said = [texts.finding(finding.key, **finding.values) for finding in findings]
        return [finding.key for finding in findings if not finding.ok], "\n".join(said)

    yield run
    engine.dispose()


async def test_all_is_well(check: Check) -> None:
    wrong, said = await check()
    assert wrong == []
    for part in (
        "UBND phường Mẫu",
        "Nâng cao",
        "https://troly.example.gov.vn/webhooks/zalo",
        "có 2 khóa",
        "oa_send_text",
    ):
        assert part in said


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"zalo_app_secret": ""}, ["zalo_no_app_secret"]),
        ({"zalo_oa_id": ""}, ["zalo_no_oa_id"]),
        ({"zalo_oa_id": "999"}, ["zalo_other_account"]),
        ({"zalo_refresh_token": ""}, ["zalo_no_refresh_token"]),
        ({"zalo_refresh_token": "", "zalo_access_token": ""}, ["zalo_reauthorise", "zalo_no_refresh_token"]),
        ({"zalo_access_token": "x", "zalo_refresh_token": "y"}, ["zalo_reauthorise", "zalo_reauthorise"]),
        ({"zalo_access_token": "x", "zalo_app_secret": "y"}, ["zalo_oauth", "zalo_oauth"]),
        ({"public_url": ""}, ["zalo_no_address"]),
        ({"public_url": "http://troly.example.gov.vn"}, ["zalo_bad_address"]),
        ({"public_url": "https://troly.example.gov.vn:8443"}, ["zalo_bad_address"]),
        ({"public_url": "https://10.0.0.1"}, ["zalo_bad_address"]),
        ({"zalo_api_base": "http://127.0.0.1:1"}, ["zalo_no_answer"]),
    ],
)
async def test_what_is_wrong_is_named(check: Check, changes: dict[str, str], wrong: list[str]) -> None:
    found, said = await check(**changes)
    assert found == wrong
    for secret in ("access-1", "refresh-1", "app-secret", "oa-secret"):
        assert secret not in said


async def test_an_account_that_may_not_send(check: Check, zalo: FakeZalo) -> None:
    zalo.is_verified, zalo.package = False, ""
    assert (await check())[0] == ["zalo_not_verified", "zalo_no_package"]
    zalo.errors = [-221]
    assert (await check())[0] == ["zalo_package"]


def test_every_alert_has_a_sentence() -> None:
    for key in (*OPERATOR.values(), "zalo_app_secret", "zalo_oauth", "zalo_reauthorise", "token_refused"):
        assert Texts.load().alert(key) and Texts.load().finding(key)


def test_a_token_is_renewed_while_nobody_writes(office: Office, zalo: FakeZalo, credentials: ChannelSettings) -> None:
    office(channels=replace(credentials, zalo_access_token=""))
    until(lambda: zalo.refreshes == ["refresh-1"])


def test_a_dead_token_is_told_before_anybody_writes(
    office: Office, zalo: FakeZalo, credentials: ChannelSettings
) -> None:
    zalo.new_pair()
    running = office(channels=replace(credentials, zalo_access_token=""))
    until(lambda: rows(running, sa.select(Alert.text_key)) == ["zalo_reauthorise"])
    access, refresh = zalo.new_pair()
    again = office(channels=replace(credentials, zalo_access_token=access, zalo_refresh_token=refresh))
    until(lambda: rows(again, sa.select(Alert.cleared_at))[0] is not None)


def test_no_secret_and_no_word_of_a_citizen_is_logged(
    office: Office, zalo: FakeZalo, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.INFO, "httpx")  # another channel may have silenced it
    zalo.access_token = "access-lost"
    running = office()
    zalo.hooks.say("u1", "chuyện riêng")
    zalo.hooks.send(b'{"chuy\xe1\xbb\x87n"', {"X-ZEvent-Signature": "mac=0"})
    zalo.wait_for(1)
    settled(running)
    printed = capsys.readouterr()
    logged = caplog.text + printed.out + printed.err
    assert "v4/oa/access_token" in logged  # httpx tells addresses
    for secret in ("access-1", "access-2", "refresh-1", "refresh-2", "app-secret", "oa-secret", "chuyện", "riêng"):
        assert secret not in logged


def die_between_call_and_note(database: Path, zalo: FakeZalo) -> None:
    """Leave behind what a process leaves that is killed after a call, before the note that it was made."""
    engine = create_engine(f"sqlite:///{database}")
    sessions = session_factory(engine)
    with sessions.begin() as session:
        session.add(ChannelToken(channel="zalo", seeds=[], echoed_at=utc_now()))
    desk = Desk(sessions, FakeChannel("zalo"))
    desk.say("đã gửi", to="u1")
    desk.die_while_sending()
    zalo.heard["u1"] = zalo.now()
    engine.dispose()


def test_after_a_crash_an_echo_settles_what_was_sent(office: Office, zalo: FakeZalo, database: Path) -> None:
    die_between_call_and_note(database, zalo)
    running = office(confirm_within=600.0)
    zalo.hooks.echo("u1", {"text": "đã gửi"}, "zalo-77")
    settled(running)
    assert rows(running, sa.select(DeliveryPart.state)) == ["sent"]
    assert rows(running, sa.select(DeliveryPart.external_message_id)) == ["zalo-77"]
    assert (zalo.sent, rows(running, sa.select(Alert.text_key))) == ([], [])


def test_after_a_crash_silence_means_that_it_was_not_sent(office: Office, zalo: FakeZalo, database: Path) -> None:
    die_between_call_and_note(database, zalo)
    running = office(confirm_within=0.2)
    assert zalo.wait_for(1) == ["đã gửi"]
    settled(running)
    assert rows(running, sa.select(DeliveryPart.state)) == ["sent"]


@pytest.fixture
def echoes(database: Path) -> Callable[[], Echoes]:
    sessions = session_factory(create_engine(f"sqlite:///{database}"))
    with sessions.begin() as session:
        session.add(ChannelToken(channel="zalo", seeds=[]))
    return lambda: Echoes("zalo", sessions)


async def test_echoes_are_expected_once_one_came_and_until_they_stay_away(echoes: Callable[[], Echoes]) -> None:
    one = echoes()
    assert not one.are_on
    await one.heard()
    other = echoes()  # after a restart, or in another process
    assert one.are_on and other.are_on
    for _ in range(125):
        await one.sent()
    assert not one.are_on
    await one.heard()
    assert one.are_on


async def test_echoes_that_another_process_hears_count(echoes: Callable[[], Echoes]) -> None:
    hears, sends = echoes(), echoes()
    await hears.heard()
    assert sends.are_on
    for _ in range(3):
        for _ in range(75):
            await sends.sent()
        hears._last = utc_now() - dt.timedelta(minutes=2)  # it notes one a minute
        await hears.heard()
    assert sends.are_on


def test_the_channel_is_on_by_app_and_secret_alone(office: Office, credentials: ChannelSettings) -> None:
    running = office(channels=ChannelSettings(zalo_app_id="1", zalo_oa_secrets=("s",)))
    assert isinstance(channel_of(running), ZaloChannel)
    without = office(channels=replace(credentials, zalo_oa_secrets=()))
    assert "zalo" not in without.parts.channels
