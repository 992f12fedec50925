"""A fake Zalo and a real server that knows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.channels.settings import ChannelSettings
from bot.channels.zalo.channel import ZaloChannel
from tests.bot.running import Running
from tests.bot.zalo.payloads import APP, OA
from tests.fakes.zalo import FakeZalo


@pytest.fixture
def zalo() -> Iterator[FakeZalo]:
    fake = FakeZalo(APP, OA)
    yield fake
    fake.close()


@pytest.fixture
def credentials(zalo: FakeZalo) -> ChannelSettings:
    """What the environment of an installation says of the fake Zalo."""
    return ChannelSettings(
        zalo_app_id=APP,
        zalo_app_secret=zalo.app_secret,
        zalo_oa_id=OA,
        zalo_oa_secrets=("old-secret", zalo.hooks.secret),
        zalo_access_token="access-1",
        zalo_refresh_token="refresh-1",
        zalo_api_base=zalo.url,
        zalo_oauth_base=zalo.url,
    )


@pytest.fixture
def office(serve: Callable[..., Running], zalo: FakeZalo, credentials: ChannelSettings) -> Callable[..., Running]:
    """Start the server, and tell Zalo where it is."""

    def start(**changes: Any) -> Running:
        running = serve(**{"channels": credentials, "delivery_pause": lambda attempt: 0.05, **changes})
        zalo.hooks.url = f"{running.url}/webhooks/zalo"
        return running

    return start


def channel_of(running: Running) -> ZaloChannel:
    found = running.parts.channels["zalo"]
    assert isinstance(found, ZaloChannel)
    return found
