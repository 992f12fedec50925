"""A Telegram channel that talks to a fake, and what its server has kept."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from bot.channels.settings import ChannelSettings
from knowledge.models import Message
from tests.bot.running import Running
from tests.fakes.loopback import PATIENCE
from tests.fakes.telegram import TOKEN, FakeTelegram

PATH = "/webhooks/telegram"
SECRET = "a-webhook-secret"


def polling(fake: FakeTelegram, **changes: Any) -> ChannelSettings:
    return ChannelSettings(**{"telegram_bot_token": TOKEN, "telegram_api_base": fake.url, **changes})


def webhook(fake: FakeTelegram, public_url: str) -> ChannelSettings:
    return polling(fake, telegram_mode="webhook", telegram_secret_token=SECRET, public_url=public_url)


def rows(server: Running, statement: Any) -> list[Any]:
    with server.sessions() as session:
        return list(session.scalars(statement))


def lines(server: Running) -> list[tuple[str, str]]:
    return [(line.author, line.text) for line in rows(server, sa.select(Message).order_by(Message.id))]


def until(what: Callable[[], bool], within: float = PATIENCE) -> None:
    """Return once it is true."""
    latest = time.monotonic() + within
    while not what():
        assert time.monotonic() < latest
        time.sleep(0.01)
