"""Answers on their way to Telegram: their form, and what each refusal means."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.channels.base import Choice, Delivery, Link, Part
from bot.channels.settings import ChannelSettings
from bot.channels.telegram.channel import TelegramChannel
from bot.errors import NeedsOperator, Permanent, Retry, Uncertain
from bot.inbound import Tap
from bot.texts import Texts
from knowledge.database import create_engine, session_factory
from knowledge.models import DeliveryPart
from tests.bot.desk import Desk
from tests.bot.on_telegram import polling, webhook
from tests.fakes.loopback import CUT
from tests.fakes.telegram import TOKEN, FakeTelegram, too_many


@pytest.fixture
def sessions(database: Any) -> Iterator[Any]:
    engine = create_engine(f"sqlite:///{database}")
    yield session_factory(engine)
    engine.dispose()


@pytest.fixture
def built(make_channel: Any) -> Callable[[ChannelSettings], TelegramChannel]:
    return lambda settings: make_channel("telegram", settings)[0]


@pytest.fixture
def channel(built: Any, telegram: FakeTelegram) -> TelegramChannel:
    return built(polling(telegram))


def to(number: str = "7") -> Delivery:
    return Delivery(1, "c", "telegram", number, 3, 0, {})


async def test_without_a_token_it_is_off(built: Any) -> None:
    assert built(ChannelSettings()) is None


async def test_bold_words_buttons_and_links(channel: TelegramChannel, telegram: FakeTelegram) -> None:
    part = Part(
        "Phí <5 & lệ phí",
        bold=((0, 3),),
        buttons=(Choice("Lệ phí", Tap(3, 0)), Choice("Nộp ở đâu", Tap(3, 1))),
        links=(Link("Cổng dịch vụ công quốc gia " * 4, "https://dichvucong.gov.vn"),),
    )
    assert await channel.deliver(to(), part) == "101"
    (form,) = telegram.sent
    assert (form["chat_id"], form["text"], form["parse_mode"]) == ("7", "<b>Phí</b> &lt;5 &amp; lệ phí", "HTML")
    assert json.loads(form["link_preview_options"]) == {"is_disabled": True}
    rows = json.loads(form["reply_markup"])["inline_keyboard"]
    assert [row[0].get("callback_data") for row in rows] == ["#t:3:0", "#t:3:1", None]
    assert rows[2][0]["url"] == "https://dichvucong.gov.vn" and len(rows[2][0]["text"]) <= 64


@pytest.mark.parametrize("text", ["<b>", "&amp;", "5 < 6 > 4 & \"a\" 'b'", "**đậm**", "</b><script>"])
async def test_what_looks_like_marks_arrives_as_it_is(
    channel: TelegramChannel, telegram: FakeTelegram, text: str
) -> None:
    await channel.deliver(to(), Part(text))
    assert [form["parse_mode"] for form in telegram.sent] == ["HTML"]


async def test_marks_that_telegram_refuses_are_left_out(
    channel: TelegramChannel, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.telegram.channel.html", lambda part: "<blink>Phí")
    await channel.deliver(to(), Part("Phí", bold=((0, 3),), buttons=(Choice("Lệ phí", Tap(3, 0)),)))
    (form,) = telegram.sent
    assert (form["text"], form.get("parse_mode")) == ("Phí", None)
    assert "#t:3:0" in form["reply_markup"]


async def test_a_link_that_telegram_refuses_stands_in_the_text(
    channel: TelegramChannel, telegram: FakeTelegram
) -> None:
    part = Part("Xem", buttons=(Choice("Phí", Tap(3, 0)),), links=(Link("Trang", "https://localhost/a"),))
    await channel.deliver(to(), part)
    (form,) = telegram.sent
    assert form["text"] == "Xem\n\nhttps://localhost/a"
    assert len(json.loads(form["reply_markup"])["inline_keyboard"]) == 1


REFUSALS = [
    (too_many(7), Retry, "too many calls"),
    (429, Retry, "too many calls"),
    (407, Retry, "no answer of Telegram"),
    (500, Uncertain, "HTTP 500"),
    (502, Uncertain, "HTTP 502"),
    (CUT, Uncertain, "RemoteProtocolError"),
    ((200, []), Uncertain, "unreadable answer"),
    (401, NeedsOperator, "telegram_token"),
    (404, NeedsOperator, "telegram_token"),
    (400, Permanent, "refused"),
]


@pytest.mark.parametrize(("trouble", "meaning", "reason"), REFUSALS)
async def test_refusals(
    channel: TelegramChannel, telegram: FakeTelegram, trouble: Any, meaning: type[Exception], reason: str
) -> None:
    telegram.troubles = [trouble]
    with pytest.raises(meaning) as caught:
        await channel.deliver(to(), Part("chào"))
    assert str(caught.value) == reason
    assert getattr(caught.value, "after", None) == (7 if trouble == too_many(7) else None)


async def test_who_cannot_be_reached(channel: TelegramChannel, telegram: FakeTelegram) -> None:
    telegram.blocked, telegram.strangers = {8}, {9}
    for number, reason in (("8", "blocked"), ("9", "no such chat")):
        with pytest.raises(Permanent, match=reason):
            await channel.deliver(to(number), Part("chào"))
    telegram.down()
    with pytest.raises(Retry, match="ConnectError"):
        await channel.deliver(to(), Part("chào"))


async def test_no_token_in_any_log(
    channel: TelegramChannel, telegram: FakeTelegram, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    logging.getLogger("another").info("it logs")
    telegram.troubles = [401, (200, []), 500]
    for _ in range(4):
        try:
            await channel.deliver(to(), Part("chào"))
        except Exception as error:
            assert TOKEN not in f"{error!r} {error.__cause__!r} {error.__context__!r}"
    assert "it logs" in caplog.text and TOKEN not in caplog.text and "chào" not in caplog.text


async def test_the_ledger_over_telegram(sessions: Any, channel: TelegramChannel, telegram: FakeTelegram) -> None:
    desk = Desk(sessions, channel)  # type: ignore[arg-type]
    telegram.troubles = [None, too_many(7), CUT]
    desk.say("một", "hai", "ba", "bốn")
    await desk.work()
    assert telegram.texts == ["một"]
    await desk.work(later=8)
    assert telegram.texts == ["một", "hai", "ba", "bốn"]  # the cut one arrived, and is not sent again
    assert (desk.parts, desk.alerts) == (["sent", "uncertain", "sent", "sent"], ["uncertain"])
    assert desk.column(DeliveryPart.external_message_id) == ["101", None, "103", "104"]


async def test_a_dead_token_waits_for_a_person(sessions: Any, channel: TelegramChannel, telegram: FakeTelegram) -> None:
    desk = Desk(sessions, channel)  # type: ignore[arg-type]
    telegram.troubles = [401]
    desk.say("một")
    await desk.work()
    assert (telegram.texts, desk.items, desk.alerts) == ([], ["pending"], ["telegram_token"])
    assert "TELEGRAM_BOT_TOKEN" in Texts.load().alert("telegram_token")
    await desk.work(later=61)
    assert telegram.texts == ["một"]


HOOK = "https://troly.example/webhooks/telegram"
CHECKS = [
    ("polling", "", "", [("telegram_bot", True), ("telegram_polling", True)]),
    ("polling", "https://other.example/x", "", [("telegram_bot", True), ("telegram_webhook_elsewhere", False)]),
    ("https://troly.example", "", "", [("telegram_bot", True), ("telegram_webhook_missing", False)]),
    ("https://troly.example", HOOK, "", [("telegram_bot", True), ("telegram_webhook", True)]),
    (
        "https://troly.example",
        HOOK,
        "Wrong response from the webhook: 502 Bad Gateway",
        [("telegram_bot", True), ("telegram_webhook", True), ("telegram_webhook_error", True)],
    ),
    ("http://troly.example", "", "", [("telegram_bot", True), ("telegram_not_https", False)]),
    ("", "", "", [("telegram_bot", True), ("telegram_no_address", False)]),
]


@pytest.mark.parametrize(("public_url", "registered", "error", "wanted"), CHECKS)
async def test_the_self_check(
    built: Any, telegram: FakeTelegram, public_url: str, registered: str, error: str, wanted: list[Any]
) -> None:
    settings = polling(telegram) if public_url == "polling" else webhook(telegram, public_url)
    telegram.pushes = False
    telegram.webhook, telegram.last_error = registered, error
    findings = await built(settings).check()
    assert [(finding.key, finding.ok) for finding in findings] == wanted
    texts = Texts.load()
    assert all(texts.finding(finding.key, **finding.values) for finding in findings)
    if error:
        telegram.update(message={})
        assert not (await built(settings).check())[-1].ok


async def test_the_self_check_without_telegram(built: Any, telegram: FakeTelegram) -> None:
    wrong = built(polling(telegram, telegram_bot_token="1:wrong"))
    telegram_down = built(polling(telegram))
    assert [(found.key, found.ok) for found in await wrong.check()] == [("telegram_token", False)]
    telegram.down()
    (found,) = await telegram_down.check()
    assert (found.key, found.ok) == ("unreachable", False)
    assert "ConnectError" in Texts.load().finding(found.key, **found.values)
