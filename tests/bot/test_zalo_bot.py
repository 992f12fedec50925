"""The Zalo Bot Platform through the real server, by polling and by webhook."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from bot.channels.settings import ChannelSettings
from bot.delivery.intake import Intake
from knowledge.models import Alert, Message
from tests.bot.fake_rasa import FakeRasa, reply
from tests.bot.on_telegram import lines, rows, until
from tests.bot.running import Running
from tests.fakes.loopback import CUT, PATIENCE
from tests.fakes.zalo_bot import TOKEN, FakeZaloBot, event

Serve = Callable[..., Running]
PATH = "/webhooks/zalo-bot"
SECRET = "a-webhook-secret"


def settings_for(fake: FakeZaloBot, **changes: Any) -> ChannelSettings:
    return ChannelSettings(zalo_bot_token=TOKEN, zalo_bot_base=fake.url, **changes)


@pytest.fixture
def on_polling(serve: Serve, zalo_bot: FakeZaloBot) -> Running:
    return serve(channels=settings_for(zalo_bot))


@pytest.fixture
def on_webhook(serve: Serve, zalo_bot: FakeZaloBot) -> Running:
    server = serve(channels=settings_for(zalo_bot, zalo_bot_secret=SECRET))
    zalo_bot.secret, zalo_bot.webhook = SECRET, f"{server.url}{PATH}"
    return server


@pytest.fixture(params=["polling", "wrapped", "unwrapped"])
def either(request: pytest.FixtureRequest, zalo_bot: FakeZaloBot) -> Running:
    """A server that gets its messages in each of the ways."""
    zalo_bot.wraps = request.param != "unwrapped"
    found: Running = request.getfixturevalue("on_polling" if request.param == "polling" else "on_webhook")
    return found


def test_questions_are_answered_in_their_order(either: Running, zalo_bot: FakeZaloBot) -> None:
    for number in range(10):
        zalo_bot.say("ab"[number % 2], text=f"câu {number}")
    zalo_bot.wait(lambda: len(zalo_bot.sent) == 10)
    for who in (0, 1):
        mine = [body["text"] for body in zalo_bot.sent if body["chat_id"] == "ab"[who]]
        assert mine == [f"echo câu {number}" for number in range(who, 10, 2)]
    assert {"chat_id": "a", "action": "typing"} in zalo_bot.said("sendChatAction")


def test_the_same_event_twice_is_answered_once(either: Running, zalo_bot: FakeZaloBot) -> None:
    zalo_bot.put(zalo_bot.say(text="một"))
    zalo_bot.say(text="hai")
    zalo_bot.wait(lambda: len(zalo_bot.sent) == 2)
    assert zalo_bot.texts == ["echo một", "echo hai"]


def test_choices_are_numbers(either: Running, zalo_bot: FakeZaloBot, rasa: FakeRasa) -> None:
    buttons = [{"title": "Lệ phí", "intent": "ask_fee"}, {"title": "Nơi nộp", "intent": "ask_place"}]
    rasa.script("khai sinh", reply("Chọn **một** ạ", buttons=buttons))
    zalo_bot.say(text="khai sinh")
    zalo_bot.wait(lambda: zalo_bot.sent)
    assert zalo_bot.texts == ["Chọn một ạ\n\nAnh/chị nhắn số để chọn:\n1. Lệ phí\n2. Nơi nộp"]
    zalo_bot.say(text="số 2 ạ")
    zalo_bot.wait(lambda: len(zalo_bot.sent) == 2)
    assert rasa.messages[-1] == "/ask_place"


def test_kinds(either: Running, zalo_bot: FakeZaloBot, rasa: FakeRasa) -> None:
    picture = "https://photo-stal-1.zdn.vn/a.jpg"
    zalo_bot.say(name="image", photo=picture)
    zalo_bot.say(name="voice", voice_url=picture)
    zalo_bot.say(name="sticker", sticker="a")
    zalo_bot.say(name="unsupported")
    zalo_bot.say(name="reaction")
    zalo_bot.put({"event_name": "message.text.received", "message": "?"})
    zalo_bot.wait(lambda: len(zalo_bot.sent) == 4 and not zalo_bot.pending)
    bodies = rows(either, sa.select(Message.body).where(Message.author == "citizen"))
    assert [body["kind"] for body in bodies] == ["image", "voice", "sticker", "unsupported"]
    assert (bodies[0]["url"], rasa.messages) == (picture, [])


TROUBLES = [
    (CUT, ["uncertain"], 1),
    (408, ["uncertain"], 0),
    (500, ["uncertain"], 0),
    ((200, []), ["uncertain"], 0),
    (400, ["parked"], 0),
    (403, ["parked"], 0),
]


@pytest.mark.parametrize(("trouble", "alerts", "arrived"), TROUBLES)
def test_refusals(on_polling: Running, zalo_bot: FakeZaloBot, trouble: Any, alerts: list[str], arrived: int) -> None:
    zalo_bot.troubles = [trouble]
    zalo_bot.say(text="một")
    zalo_bot.say(text="hai")
    zalo_bot.wait(lambda: len(zalo_bot.sent) == arrived + 1)
    assert zalo_bot.texts[-1] == "echo hai"
    assert rows(on_polling, sa.select(Alert.text_key)) == alerts


@pytest.mark.parametrize("trouble", [429, -32, 405])
def test_what_was_not_sent_is_sent_later(serve: Serve, zalo_bot: FakeZaloBot, trouble: int) -> None:
    serve(channels=settings_for(zalo_bot), delivery_pause=lambda attempt: 0.01)
    zalo_bot.troubles = [trouble]
    zalo_bot.say(text="một")
    zalo_bot.wait(lambda: zalo_bot.sent)
    assert zalo_bot.texts == ["echo một"]


def test_a_dead_token_waits_for_a_person(on_polling: Running, zalo_bot: FakeZaloBot) -> None:
    zalo_bot.troubles = [401]
    zalo_bot.say(text="một")
    until(lambda: rows(on_polling, sa.select(Alert.text_key)) == ["zalo_bot_token"])
    assert zalo_bot.sent == []


def test_polling_starts_without_the_platform(serve: Serve, zalo_bot: FakeZaloBot) -> None:
    zalo_bot.down()
    zalo_bot.webhook = "https://other.example"
    server = serve(channels=settings_for(zalo_bot))
    assert httpx.get(f"{server.url}/healthz", timeout=PATIENCE, trust_env=False, verify=False).status_code == 200
    until(lambda: rows(server, sa.select(Alert.text_key).where(Alert.cleared_at.is_(None))) == ["unreachable"])
    zalo_bot.say(text="một")
    zalo_bot.up()
    zalo_bot.wait(lambda: zalo_bot.sent)
    assert (zalo_bot.texts, zalo_bot.webhook) == (["echo một"], "")
    until(lambda: rows(server, sa.select(Alert.text_key).where(Alert.cleared_at.is_(None))) == [])


def test_what_polling_brought_waits_for_the_database(
    on_polling: Running, zalo_bot: FakeZaloBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The platform forgets a message with the poll that carries it: it is kept in hand until it is stored."""
    monkeypatch.setattr("bot.channels.zalo_bot.channel._STORE_AGAIN", 0.01)
    store, tries = Intake.receive, []

    def fail(*arguments: Any) -> Any:
        tries.append(arguments)
        if len(tries) < 4:
            raise sa.exc.OperationalError("INSERT", {}, Exception("away"))
        return store(*arguments)

    monkeypatch.setattr(Intake, "receive", fail)
    zalo_bot.say(text="một")
    zalo_bot.say(text="hai")
    zalo_bot.wait(lambda: len(zalo_bot.sent) == 2)
    assert zalo_bot.texts == ["echo một", "echo hai"]


def test_the_webhook_is_registered_and_taken_back(serve: Serve, zalo_bot: FakeZaloBot, monkeypatch: Any) -> None:
    monkeypatch.setattr("bot.channels.zalo_bot.channel._LOOK_AGAIN", 0.02)
    zalo_bot.pushes = False
    serve(channels=settings_for(zalo_bot, zalo_bot_secret=SECRET, public_url="https://troly.example"))
    zalo_bot.wait(lambda: zalo_bot.webhook == f"https://troly.example{PATH}")
    assert zalo_bot.said("setWebhook")[0] == {"url": f"https://troly.example{PATH}", "secret_token": SECRET}
    for other in ("https://other.example", ""):
        zalo_bot.webhook = other
        zalo_bot.wait(lambda: zalo_bot.webhook == f"https://troly.example{PATH}")


def test_a_webhook_that_is_refused_is_an_alert(serve: Serve, zalo_bot: FakeZaloBot) -> None:
    server = serve(channels=settings_for(zalo_bot, zalo_bot_secret=SECRET, public_url="http://10.0.0.1"))
    until(lambda: rows(server, sa.select(Alert.text_key)) == ["zalo_bot_refused"])


WHOLE = json.dumps({"ok": True, "result": event("text", "6ede", "2d75", text="một")}).encode()
POSTS = [
    ({}, WHOLE, 403),
    ({"x-bot-api-secret-token": "a-webhook-secreT"}, WHOLE, 403),
    ({"x-bot-api-secret-token": SECRET}, b"{", 400),
    ({"x-bot-api-secret-token": SECRET}, b"[]", 200),
    ({"x-bot-api-secret-token": SECRET}, b'{"ok": true, "result": 5}', 200),
    ({"x-bot-api-secret-token": SECRET}, WHOLE + b" " * 256 * 1024, 413),
]


@pytest.mark.parametrize(("headers", "body", "status"), POSTS)
def test_what_is_no_message_of_the_platform(
    on_webhook: Running, headers: dict[str, str], body: bytes, status: int
) -> None:
    answer = httpx.post(
        f"{on_webhook.url}{PATH}", content=body, headers=headers, timeout=PATIENCE, trust_env=False, verify=False
    )
    assert (answer.status_code, lines(on_webhook)) == (status, [])


def test_there_is_no_webhook_while_polling(on_polling: Running) -> None:
    headers = {"x-bot-api-secret-token": ""}
    refused = httpx.post(
        f"{on_polling.url}{PATH}", content=WHOLE, headers=headers, timeout=PATIENCE, trust_env=False, verify=False
    )
    assert refused.status_code == 404


CHECKS = [
    ({}, "", "zalo_bot_polling", True),
    ({}, "https://other.example", "zalo_bot_webhook_elsewhere", False),
    ({"zalo_bot_secret": SECRET}, "", "zalo_bot_no_address", False),
    ({"zalo_bot_secret": SECRET, "public_url": "https://troly.example"}, "", "zalo_bot_webhook_missing", False),
    (
        {"zalo_bot_secret": SECRET, "public_url": "https://troly.example"},
        f"https://troly.example{PATH}",
        "zalo_bot_webhook",
        True,
    ),
]


@pytest.mark.parametrize(("changes", "registered", "key", "ok"), CHECKS)
async def test_the_self_check(
    make_channel: Any, zalo_bot: FakeZaloBot, changes: dict[str, str], registered: str, key: str, ok: bool
) -> None:
    zalo_bot.pushes, zalo_bot.webhook = False, registered
    channel, texts = make_channel("zalo_bot", settings_for(zalo_bot, **changes))
    findings = await channel.check()
    assert [(found.key, found.ok) for found in findings] == [("zalo_bot_bot", True), (key, ok)]
    assert [texts.finding(found.key, **found.values) for found in findings]


async def test_the_self_check_without_the_platform(make_channel: Any, zalo_bot: FakeZaloBot) -> None:
    wrong, _ = make_channel("zalo_bot", ChannelSettings(zalo_bot_token="1:wrong", zalo_bot_base=zalo_bot.url))
    right, _ = make_channel("zalo_bot", settings_for(zalo_bot))
    assert [found.key for found in await wrong.check()] == ["zalo_bot_token"]
    zalo_bot.down()
    assert [found.key for found in await right.check()] == ["unreachable"]
