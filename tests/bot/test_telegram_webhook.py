"""Telegram's webhook: whoever does not know the secret stays outside, and whatever comes, nothing breaks."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from bot.delivery.intake import Intake
from knowledge.models import Alert, Conversation
from tests.bot.on_telegram import PATH, SECRET, lines, rows, until, webhook
from tests.bot.running import Running
from tests.fakes.loopback import PATIENCE
from tests.fakes.telegram import FakeTelegram, message

Serve = Callable[..., Running]


def test_the_webhook_is_registered_and_taken_back(serve: Serve, telegram: FakeTelegram, monkeypatch: Any) -> None:
    monkeypatch.setattr("bot.channels.telegram.receiving._LOOK_AGAIN", 0.02)
    telegram.down()
    telegram.pushes = False
    serve(channels=webhook(telegram, "https://troly.example"))
    telegram.up()
    telegram.wait(lambda: telegram.webhook == f"https://troly.example{PATH}")
    form = telegram.said("setWebhook")[0]
    wanted = ["message", "edited_message", "callback_query", "my_chat_member"]
    assert (form["secret_token"], json.loads(form["allowed_updates"])) == (SECRET, wanted)
    telegram.webhook = "https://other.example"
    telegram.wait(lambda: telegram.webhook == f"https://troly.example{PATH}")


def test_a_webhook_that_telegram_refuses_is_an_alert(serve: Serve, telegram: FakeTelegram) -> None:
    server = serve(channels=webhook(telegram, "http://troly.example"))
    until(lambda: rows(server, sa.select(Alert.text_key)) == ["telegram_refused"])


WHOLE = {"update_id": 900, "message": message(7, 8, text="một")}
SECRETS = {"x-telegram-bot-api-secret-token": SECRET}
FORGED: list[dict[str, str]] = [{}, {"x-telegram-bot-api-secret-token": ""}, {"x-telegram-bot-api-secret-token": "à"}]


@pytest.mark.parametrize("headers", FORGED)
def test_who_does_not_know_the_secret_is_refused(on_webhook: Running, headers: dict[str, str]) -> None:
    sent = {name: value.encode() for name, value in headers.items()}
    answer = httpx.post(
        f"{on_webhook.url}{PATH}", json=WHOLE, headers=sent, timeout=PATIENCE, trust_env=False, verify=False
    )
    assert answer.status_code == 403
    assert lines(on_webhook) == []
    metrics = httpx.get(f"{on_webhook.url}/metrics", timeout=PATIENCE, trust_env=False, verify=False).text
    assert 'refused_total{channel="telegram",reason="secret"} 1.0' in metrics


BODIES = [
    (b"", 400),
    (b"{", 400),
    (b"\xff", 400),
    (b"[" * 100_000, 400),
    (b"[]", 200),
    (b'{"update_id": 1}', 200),
    (b'{"update_id": 1, "message": {"text": NaN}}', 200),
    (json.dumps(WHOLE).encode() + b" " * 256 * 1024, 413),
]


@pytest.mark.parametrize(("body", "status"), BODIES)
def test_bodies_that_are_no_update(on_webhook: Running, body: bytes, status: int) -> None:
    answer = httpx.post(
        f"{on_webhook.url}{PATH}", content=body, headers=SECRETS, timeout=PATIENCE, trust_env=False, verify=False
    )
    assert (answer.status_code, lines(on_webhook)) == (status, [])


def test_there_is_no_webhook_while_polling(on_polling: Running) -> None:
    assert (
        httpx.post(f"{on_polling.url}{PATH}", json=WHOLE, timeout=PATIENCE, trust_env=False, verify=False).status_code
        == 404
    )


def test_a_database_that_is_away_has_the_webhook_sent_again(
    on_webhook: Running, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Intake.receive

    def fail(*arguments: Any) -> Any:
        raise sa.exc.OperationalError("INSERT", {}, Exception("away"))

    monkeypatch.setattr(Intake, "receive", fail)
    answer = httpx.post(
        f"{on_webhook.url}{PATH}", json=WHOLE, headers=SECRETS, timeout=PATIENCE, trust_env=False, verify=False
    )
    assert answer.status_code == 503
    monkeypatch.setattr(Intake, "receive", store)
    for _ in range(2):
        answer = httpx.post(
            f"{on_webhook.url}{PATH}", json=WHOLE, headers=SECRETS, timeout=PATIENCE, trust_env=False, verify=False
        )
        assert answer.status_code == 200
    telegram.wait(lambda: telegram.sent)
    assert rows(on_webhook, sa.select(Conversation.external_id)) == ["7"]
    assert len(lines(on_webhook)) == 2
