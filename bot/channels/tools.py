"""What a channel is built from."""

from __future__ import annotations

from dataclasses import dataclass

import httpx
from sqlalchemy.orm import sessionmaker

from bot.channels.settings import ChannelSettings
from bot.delivery.hub import Hub
from bot.texts import Texts


@dataclass(frozen=True)
class Tools:
    """The common tools.

    ``client`` obeys the machine's proxy settings, has no base address and 20 s for a call. ``key`` is
    the installation's secret, from which keys for encryption are derived.
    """

    settings: ChannelSettings
    sessions: sessionmaker
    client: httpx.AsyncClient
    texts: Texts
    hub: Hub
    key: bytes
