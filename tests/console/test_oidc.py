"""Sign-in with the office's own accounts, at a provider that keeps to the protocol and at one that lies."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from bot.console.settings import ConsoleSettings
from bot.errors import SettingsError
from knowledge.models import AuditEntry
from tests.bot.running import Running
from tests.console.desk import Browser, Office
from tests.fakes import oidc
from tests.fakes.oidc import CLIENT, SECRET, FakeProvider

EMAIL = "lan@lamdong.gov.vn"


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    fake = FakeProvider()
    yield fake
    fake.close()


@pytest.fixture
def office(serve: Callable[..., Running], provider: FakeProvider) -> Office:
    return Office(serve(console=ConsoleSettings(provider.url, CLIENT, SECRET)))


def come_back(browser: Browser, provider: FakeProvider, **changes: str) -> httpx.Response:
    """Go to the provider and come back."""
    left = browser.get("/oidc?next=/console/mine")
    assert left.status_code == 303
    back = {**provider.consent(left.headers["location"]), **changes}
    return browser.client.get(
        "/console/oidc/back", params=back, headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    )


def test_staff_come_in_by_their_verified_address_and_then_by_their_subject(
    office: Office, provider: FakeProvider
) -> None:
    office.add("lan", email=EMAIL, must_change=True)
    with Browser(office.server.url) as lan:
        assert "Đăng nhập bằng tài khoản cơ quan" in lan.get("/sign-in").text
        before = lan.secret
        assert come_back(lan, provider).headers["location"] == "/console/mine"
        assert lan.secret != before
        assert lan.get("/mine").status_code == 200, "no first password is asked for"
    provider.person = {"sub": "s-1", "email": "doi.ten@lamdong.gov.vn", "email_verified": True}
    with Browser(office.server.url) as again:
        assert come_back(again, provider).status_code == 303
        assert again.get("/mine").status_code == 200


@pytest.mark.parametrize(
    ("account", "person"),
    [
        ({"email": "khac@lamdong.gov.vn"}, {}),
        ({"email": ""}, {"email": ""}),
        ({"email": EMAIL}, {"email_verified": False}),
        ({"email": EMAIL}, {"email_verified": "true"}),
        ({"email": EMAIL, "is_active": False}, {}),
        ({"email": EMAIL, "oidc_subject": "s-other"}, {}),
        ({"email": "x@y.vn", "oidc_subject": "s-1", "is_active": False}, {}),
    ],
)
def test_nobody_else_comes_in(
    office: Office, provider: FakeProvider, account: dict[str, Any], person: dict[str, Any]
) -> None:
    office.add("lan", **account)
    provider.person |= person
    with Browser(office.server.url) as lan:
        answer = come_back(lan, provider)
        assert (answer.status_code, "chưa được mở ở đây" in answer.text) == (403, True)
        assert lan.get("/mine").status_code == 303
    with office.server.sessions() as session:
        assert session.scalars(sa.select(AuditEntry.action)).all() == ["sign_in_failed"]


@pytest.mark.parametrize(
    "lie",
    [
        {"sign": oidc.unsigned},
        {"sign": oidc.signed_with_the_clients_secret},
        {"sign": oidc.signed_by_another},
        {"sign": oidc.no_token},
        {"changes": {"aud": "another client"}},
        {"changes": {"iss": "https://evil.example"}},
        {"changes": {"nonce": "another"}},
        {"changes": {"exp": int(time.time()) - 3600}},
        {"changes": {"sub": ""}},
        {"described": {"issuer": "https://evil.example"}},
        {"described": {"token_endpoint": "http://evil.example/token"}},
        {"described": {"jwks_uri": None}},
    ],
    ids=lambda lie: " ".join(getattr(value, "__name__", "") or ",".join(value) for value in lie.values()),
)
def test_a_provider_that_lies_is_not_believed(office: Office, provider: FakeProvider, lie: dict[str, Any]) -> None:
    office.add("lan", email=EMAIL)
    with Browser(office.server.url) as lan:
        left = lan.get("/oidc")
        for name, value in lie.items():
            setattr(provider, name, value)
        back = provider.consent(left.headers["location"])
        assert lan.client.get("/console/oidc/back", params=back).status_code == 502
        assert lan.get("/mine").status_code == 303


def test_only_the_browser_that_left_comes_back(office: Office, provider: FakeProvider) -> None:
    office.add("lan", email=EMAIL)
    with Browser(office.server.url) as thief, Browser(office.server.url) as lan:
        lan.get("/sign-in")
        back = provider.consent(thief.get("/oidc").headers["location"])
        answer = lan.client.get("/console/oidc/back", params=back)
        assert answer.status_code == 400, "or somebody could sign others in as oneself"
        assert come_back(lan, provider, state="made up").status_code == 400
        assert come_back(lan, provider, code="made up").status_code == 502
        back = provider.consent(lan.get("/oidc").headers["location"])
        assert lan.client.get("/console/oidc/back", params=back).status_code == 303


def test_a_provider_that_is_away_is_told_in_words(office: Office, provider: FakeProvider) -> None:
    provider.down()
    with Browser(office.server.url) as lan:
        answer = lan.get("/oidc")
        assert (answer.status_code, "không trả lời đúng" in answer.text) == (502, True)


def test_without_a_provider_there_is_no_such_way(server: Running) -> None:
    with Browser(server.url) as lan:
        assert "tài khoản cơ quan" not in lan.get("/sign-in").text
        assert (lan.get("/oidc").status_code, lan.get("/oidc/back").status_code) == (404, 404)


@pytest.mark.parametrize(
    "wrong", [("http://sso.lamdong.gov.vn", CLIENT, SECRET), ("sso", CLIENT, SECRET), ("https://sso.vn", "", SECRET)]
)
def test_settings_that_cannot_be_safe_stop_the_start(wrong: tuple[str, str, str]) -> None:
    with pytest.raises(SettingsError, match="CONSOLE_OIDC"):
        ConsoleSettings(*wrong)
