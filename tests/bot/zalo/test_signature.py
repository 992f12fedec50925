"""Webhooks are taken from Zalo alone."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from bot.channels.zalo.signature import age_fault, digest, fault

# The published form of an event, with a digest that was computed outside this project.
BODY = (
    '{"app_id":"360846524940903967","sender":{"id":"246845883529197922"},"user_id_by_app":"552177279717587730",'
    '"recipient":{"id":"388613280878808645"},"event_name":"user_send_text",'
    '"message":{"text":"Xin chào","msg_id":"96d3cdf3af150460909"},"timestamp":"1732240000000"}'
).encode()
MAC = "5bd510d8b5be91502e8e7b65d7a3b4fb4541e4773f2ec812ecc8691b1bc3bc11"
APP, SECRET = "360846524940903967", "test_oa_secret"
EVENT = json.loads(BODY)


def test_the_vector() -> None:
    assert digest(APP, BODY, "1732240000000", SECRET) == MAC


@pytest.mark.parametrize(
    "header", [f"mac={MAC}", MAC, f"mac = {MAC}", f"MAC={MAC.upper()}", f"  mac={MAC}  "], ids=range(5)
)
def test_every_form_of_the_header_is_read(header: str) -> None:
    assert fault(header, BODY, EVENT, APP, (SECRET,)) == ""


@pytest.mark.parametrize("secrets", [(SECRET, "old"), ("old", SECRET)])
def test_two_secrets_are_good_while_one_replaces_the_other(secrets: tuple[str, ...]) -> None:
    assert fault(f"mac={MAC}", BODY, EVENT, APP, secrets) == ""


REDUMPED = json.dumps(EVENT, ensure_ascii=False).encode()
HMAC_LIKE = digest(APP, BODY, "1732240000000", "app_secret")


@pytest.mark.parametrize(
    ("header", "body", "event", "app", "secrets", "reason"),
    [
        ("", BODY, EVENT, APP, (SECRET,), "unsigned"),
        ("mac=", BODY, EVENT, APP, (SECRET,), "unsigned"),
        ("mac=zz", BODY, EVENT, APP, (SECRET,), "signature"),
        (f"mac={MAC[:-1]}", BODY, EVENT, APP, (SECRET,), "signature"),
        (f"mac={MAC}\u0660", BODY, EVENT, APP, (SECRET,), "signature"),
        (f"mac={HMAC_LIKE}", BODY, EVENT, APP, (SECRET,), "signature"),
        (f"mac={MAC}", REDUMPED, EVENT, APP, (SECRET,), "signature"),
        (f"mac={MAC}", BODY.replace(b"Xin", b"xin"), EVENT, APP, (SECRET,), "signature"),
        (f"mac={MAC}", BODY, EVENT, APP, (), "signature"),
        (f"mac={MAC}", BODY, EVENT, APP, ("old",), "signature"),
        (f"mac={MAC}", BODY, EVENT, "360846524940903968", (SECRET,), "app"),
        (f"mac={MAC}", BODY, {**EVENT, "app_id": "1"}, APP, (SECRET,), "app"),
        (f"mac={MAC}", BODY, {**EVENT, "timestamp": 1732240000000}, APP, (SECRET,), "signature"),
        (f"mac={MAC}", BODY, {**EVENT, "timestamp": "}1732240000000"}, APP, (SECRET,), "signature"),
        (f"mac={MAC}", BODY, {"app_id": APP}, APP, (SECRET,), "signature"),
    ],
)
def test_forgeries(
    header: str, body: bytes, event: dict[str, object], app: str, secrets: tuple[str, ...], reason: str
) -> None:
    assert fault(header, body, event, app, secrets) == reason


@pytest.mark.parametrize(
    ("age", "reason"),
    [
        (dt.timedelta(), ""),
        (dt.timedelta(hours=23, minutes=59), ""),
        (dt.timedelta(hours=24, seconds=1), "old"),
        (-dt.timedelta(minutes=4), ""),
        (-dt.timedelta(minutes=6), "future"),
    ],
)
def test_age(age: dt.timedelta, reason: str) -> None:
    now = dt.datetime(2026, 11, 22, tzinfo=dt.timezone.utc)
    assert age_fault(now - age, now) == reason
