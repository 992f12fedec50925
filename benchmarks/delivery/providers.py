"""The three providers as stand-ins on this machine, and what the environment of an installation says of them."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection

from tests.fakes import telegram, zalo_bot
from tests.fakes.telegram import FakeTelegram
from tests.fakes.zalo import FakeZalo
from tests.fakes.zalo_bot import FakeZaloBot

SECRET = "a-webhook-secret"
ZALO_APP, ZALO_OA = "1884670237150", "579745863508352884"
_WITHIN = 30.0  # seconds


def zalo_environment(zalo: FakeZalo) -> dict[str, str]:
    """Return the credentials and addresses of an account at the stand-in for Zalo."""
    return {
        "ZALO_APP_ID": zalo.app_id,
        "ZALO_APP_SECRET": zalo.app_secret,
        "ZALO_OA_ID": zalo.oa_id,
        "ZALO_OA_SECRET": zalo.hooks.secret,
        "ZALO_ACCESS_TOKEN": zalo.access_token,
        "ZALO_REFRESH_TOKEN": zalo.refresh_token,
        "ZALO_API_BASE": zalo.url,
        "ZALO_OAUTH_BASE": zalo.url,
    }


class Providers:
    """Zalo, Zalo Bot and Telegram; ``close`` ends them."""

    def __init__(self) -> None:
        self.zalo = FakeZalo(ZALO_APP, ZALO_OA)
        self.zalo_bot = FakeZaloBot()
        self.telegram = FakeTelegram()

    def environment(self, telegram_mode: str) -> dict[str, str]:
        """Return the credentials and addresses; nobody registers a webhook, for there is no public address."""
        return {
            "BOT_PUBLIC_URL": "",
            **zalo_environment(self.zalo),
            "ZALO_BOT_TOKEN": zalo_bot.TOKEN,
            "ZALO_BOT_SECRET": SECRET,
            "ZALO_BOT_BASE": self.zalo_bot.url,
            "TELEGRAM_BOT_TOKEN": telegram.TOKEN,
            "TELEGRAM_SECRET_TOKEN": SECRET,
            "TELEGRAM_MODE": telegram_mode,
            "TELEGRAM_API_BASE": self.telegram.url,
        }

    def close(self) -> None:
        """Go for good."""
        self.telegram.close()
        self.zalo_bot.close()
        self.zalo.close()


@contextmanager
def providers_apart(telegram_mode: str, zalo_users: Sequence[str]) -> Iterator[dict[str, str]]:
    """Run the providers as a process of their own, so that who measures does not share its time with them.

    Yields the environment. ``zalo_users`` may be written to: they have just written themselves.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, telegram_mode, list(zalo_users)), daemon=True)
    process.start()
    try:
        if not here.poll(_WITHIN):
            raise RuntimeError("the stand-ins for the providers did not start")
        yield here.recv()
    finally:
        here.close()
        process.join(_WITHIN)
        process.kill()


def _serve(end: Connection, telegram_mode: str, zalo_users: list[str]) -> None:
    providers = Providers()
    providers.zalo.heard = dict.fromkeys(zalo_users, providers.zalo.now())
    end.send(providers.environment(telegram_mode))
    end.poll(None)  # until the other end is closed
    providers.close()
