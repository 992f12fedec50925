"""Showing that an answer is being made: to open streams, and through providers that can."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import structlog

from bot.channels.base import Channel
from bot.delivery.hub import Hub
from bot.delivery.inbox import Claimed

log = structlog.get_logger("typing")

_AGAIN = 4.0  # seconds; providers show it for about five


@contextmanager
def shown(hub: Hub, channel: Channel | None, claimed: Claimed) -> Iterator[None]:
    """Show it while the block runs; nothing that goes wrong here matters to the answer."""
    hub.typing(claimed.conversation_id, True)
    task = None
    if channel is not None and channel.capabilities.typing:
        task = asyncio.get_running_loop().create_task(_keep_showing(channel, claimed.external_id))
    try:
        yield
    finally:
        hub.typing(claimed.conversation_id, False)
        if task:
            task.cancel()


async def staff_types(hub: Hub, channel: Channel | None, conversation_id: str, external_id: str) -> None:
    """Show once, for some seconds, that a person is typing; call it again while they go on."""
    hub.typing_staff(conversation_id)
    if channel is None or not channel.capabilities.typing:
        return
    try:
        await channel.typing(external_id)
    except Exception as error:
        log.info("typing.failed", channel=channel.name, error=type(error).__name__)


async def _keep_showing(channel: Channel, external_id: str) -> None:
    with suppress(asyncio.CancelledError):
        try:
            while True:
                await channel.typing(external_id)
                await asyncio.sleep(_AGAIN)
        except Exception as error:
            log.info("typing.failed", channel=channel.name, error=type(error).__name__)
