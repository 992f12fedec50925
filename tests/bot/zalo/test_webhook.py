"""Whatever is posted to the webhook: nothing forged is taken, nothing genuine is lost, nothing breaks it."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from bot.channels.zalo.contents import BadEvent
from bot.channels.zalo.events import read
from bot.delivery.intake import Intake
from knowledge.models import Message
from tests.bot.running import Running
from tests.bot.zalo.payloads import APP, NAMES, OA, payload
from tests.fakes.loopback import PATIENCE
from tests.fakes.zalo import FakeZalo

Office = Callable[..., Running]
MINUTE, HOUR = 60_000, 3_600_000


def texts(running: Running) -> list[str]:
    with running.sessions() as session:
        return list(session.scalars(sa.select(Message.text).where(Message.author == "citizen")))


def test_who_looks_whether_it_is_there_is_told_so(office: Office) -> None:
    running = office()
    assert (
        httpx.get(
            f"{running.url}/webhooks/zalo?hub.challenge=1", timeout=PATIENCE, trust_env=False, verify=False
        ).status_code
        == 200
    )
    assert httpx.put(f"{running.url}/webhooks/zalo", timeout=PATIENCE, trust_env=False).status_code == 405


def test_without_credentials_there_is_no_webhook(server: Running) -> None:
    assert (
        httpx.post(
            f"{server.url}/webhooks/zalo", content=b"{}", timeout=PATIENCE, trust_env=False, verify=False
        ).status_code
        == 404
    )


def test_what_is_refused_and_how(office: Office, zalo: FakeZalo) -> None:
    running, now = office(), zalo.now()

    def post(body: bytes, timestamp: str, **headers: str) -> int:
        return zalo.hooks.send(body, {"X-ZEvent-Signature": zalo.hooks.sign(body, timestamp), **headers})

    def event(at: int, **more: Any) -> bytes:
        return json.dumps({**zalo.hooks.text("u1", f"tin {at - now}"), "timestamp": str(at), **more}).encode()

    good = event(now)
    cases: list[tuple[int, int]] = [
        (post(good, str(now)), 200),
        (post(good, str(now), **{"X-ZEvent-Signature": ""}), 403),
        (post(good, str(now), **{"X-ZEvent-Signature": "mac=" + "0" * 64}), 403),
        (post(good, str(now + 1)), 403),
        (zalo.hooks.send(good + b" ", {"X-ZEvent-Signature": zalo.hooks.sign(good, str(now))}), 403),
        (post(event(now, app_id="999"), str(now)), 403),
        (post(event(now - 23 * HOUR), str(now - 23 * HOUR)), 200),
        (post(event(now - 25 * HOUR), str(now - 25 * HOUR)), 403),
        (post(event(now + 4 * MINUTE), str(now + 4 * MINUTE)), 200),
        (post(event(now + 6 * MINUTE), str(now + 6 * MINUTE)), 403),
        (post(b"", "1"), 400),
        (post(b"{", "1"), 400),
        (post(b"[]", "1"), 403),
        (post(b"\xff\xfe", "1"), 400),
        (post(b"[" * 100_000, "1"), 400),
        (post(b" " * (256 * 1024 + 1), "1"), 413),
        (post(event(now, message=None), str(now)), 200),
        (post(event(now, event_name="user_send_hologram"), str(now)), 200),
        (post(event(now, recipient={"id": "another"}), str(now)), 200),
    ]
    assert [got for got, _ in cases] == [wanted for _, wanted in cases]
    assert texts(running) == ["tin 0", f"tin {-23 * HOUR}", f"tin {4 * MINUTE}"]
    counted = httpx.get(f"{running.url}/metrics", timeout=PATIENCE, trust_env=False, verify=False).text
    for reason in ("unsigned", "signature", "app", "old", "future", "bad_json", "too_large", "form"):
        assert f'tthc_channel_refused_total{{channel="zalo",reason="{reason}"}}' in counted


def test_a_database_that_is_down_has_the_webhook_repeated(
    office: Office, zalo: FakeZalo, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, troubles, store = office(), [1, 2], Intake.receive

    def failing(*arguments: Any) -> Any:
        if troubles:
            troubles.pop()
            raise OperationalError("insert", {}, Exception("down"))
        return store(*arguments)

    monkeypatch.setattr(Intake, "receive", failing)
    assert zalo.hooks.say("u1", "một") == 200
    assert zalo.hooks.posted[-1][1] == [503, 503, 200]
    assert zalo.wait_for(1) == ["echo một"]
    assert texts(running) == ["một"]


def test_a_storm_of_webhooks(office: Office, zalo: FakeZalo) -> None:
    """A thousand posts: each genuine message is kept once, nothing else is."""
    running, chance = office(), random.Random(7)
    genuine = [zalo.hooks.text(f"u{number % 9}", f"tin {number}", f"id-{number}") for number in range(100)]
    posts: list[tuple[bytes, str, bool]] = []
    for event in genuine:
        body = json.dumps(event, ensure_ascii=False).encode()
        mac = zalo.hooks.sign(body, event["timestamp"])
        cut = chance.randrange(1, len(body))
        place = chance.randrange(len(body))
        changed = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        posts += [(body, mac, True)] * 3 + [(body[:cut], mac, False), (changed, mac, False)]
        posts += [(body, f"mac={chance.randrange(16**64):064x}", False), (body, "", False), (body[cut:], mac, False)]
        posts += [(body.replace(b"tin", b"TIN"), mac, False), (b"", mac, False)]
    chance.shuffle(posts)
    statuses: Counter[tuple[int, bool]] = Counter()
    with httpx.Client(verify=False, timeout=PATIENCE, trust_env=False) as client:
        for body, mac, is_genuine in posts:
            answer = client.post(zalo.hooks.url, content=body, headers={"X-ZEvent-Signature": mac})
            statuses[answer.status_code, is_genuine] += 1
    assert len(posts) == 1000
    assert statuses[200, True] == 300
    assert {status for status, is_genuine in statuses if not is_genuine} <= {400, 403}
    assert sorted(texts(running)) == sorted(event["message"]["text"] for event in genuine)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to every member of a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, one in inner for found in places(one, (*path, key)))]


@given(name=st.sampled_from(NAMES), data=st.data())
@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_change_of_a_genuine_event_has_a_meaning_or_is_a_bad_event(name: str, data: st.DataObject) -> None:
    event = payload(name)
    *way, last = data.draw(st.sampled_from(places(event)[1:]))
    inner = event
    for step in way:
        inner = inner[step]
    inner[last] = data.draw(JSON)
    with suppress(BadEvent):
        read(event, data.draw(st.sampled_from(["", OA])))


@given(name=st.sampled_from(NAMES), data=st.data())
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_no_genuine_event_whatever_it_holds_breaks_the_server(
    running_office: tuple[Running, FakeZalo], name: str, data: st.DataObject
) -> None:
    running, zalo = running_office
    event = payload(name, timestamp=str(zalo.now()))
    *way, last = data.draw(st.sampled_from(places(event)[1:]))
    inner = event
    for step in way:
        inner = inner[step]
    inner[last] = data.draw(JSON)
    body = json.dumps(event).encode()
    mac = zalo.hooks.sign(body, str(event.get("timestamp")))
    assert zalo.hooks.send(body, {"X-ZEvent-Signature": mac}) in (200, 403)


@pytest.fixture
def running_office(office: Office, zalo: FakeZalo) -> tuple[Running, FakeZalo]:
    assert zalo.app_id == APP
    return office(), zalo
