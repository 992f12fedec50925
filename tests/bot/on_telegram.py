"""Settings of a Telegram channel that talks to a fake."""

from __future__ import annotations

from typing import Any

from bot.channels.settings import ChannelSettings
from tests.fakes.telegram import TOKEN, FakeTelegram

SECRET = "a-webhook-secret"


def polling(fake: FakeTelegram, **changes: Any) -> ChannelSettings:
    return ChannelSettings(**{"telegram_bot_token": TOKEN, "telegram_api_base": fake.url, **changes})


def webhook(fake: FakeTelegram, public_url: str) -> ChannelSettings:
    return polling(fake, telegram_mode="webhook", telegram_secret_token=SECRET, public_url=public_url)
