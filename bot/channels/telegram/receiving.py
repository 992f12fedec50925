"""Telegram's updates on their way in: stored first, confirmed afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import anyio
import structlog

from bot.channels.recent import Recent
from bot.channels.reception import Reception, take
from bot.channels.telegram.api import WANTED, Api, telegram_call
from bot.channels.telegram.reading import Arrival, read_update
from bot.errors import DeliveryError, Retry
from bot.services import Services

log = structlog.get_logger("telegram")

NAME = "telegram"
_ONCE_WITHIN = 3.0  # seconds
_LOOK_AGAIN = 300.0  # seconds between looks whether the webhook is still ours
_BREATH = 1.0  # seconds after an empty answer that came at once


class Receiver:
    """Takes updates in, from a webhook or from polling; the same update twice changes nothing."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._recent = Recent(_ONCE_WITHIN)
        self._errands: set[asyncio.Task[None]] = set()

    async def take(self, parts: Services, raw: object) -> None:
        """Store an update. Raises what the database raises: then it must come again."""
        found = read_update(raw, self._api.bot)
        if found.tapped:  # or the button keeps turning; nobody waits for it
            self._errand(self._api.bot.answer_callback_query(found.tapped))
        if isinstance(found, Arrival):
            await self._arrived(parts, found)
            return
        _count(parts, found.kind)
        if found.kind == "malformed":
            log.warning("update.malformed")
        if found.leave is not None:
            self._errand(self._api.bot.leave_chat(found.leave))

    async def _arrived(self, parts: Services, found: Arrival) -> None:
        key, inbound = (found.external_id, found.once), found.inbound
        if found.once and self._recent.has(key):
            if inbound.kind == "tap":  # the finger was quicker than the answer
                _count(parts, "tapped_twice")
                return
            inbound = replace(inbound, silent=not inbound.text)  # one answer for an album is enough
        await take(parts, NAME, found.external_id, inbound)
        if found.once:
            self._recent.add(key)

    def _errand(self, call: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(_quietly(call))
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)


def _count(parts: Services, kind: str) -> None:
    parts.metrics.received(NAME)
    parts.metrics.ignored(NAME, kind)


async def _quietly(call: Coroutine[Any, Any, Any]) -> None:
    try:
        with telegram_call():
            await call
    except Exception as error:
        log.info("errand.failed", error=type(error).__name__)


async def poll(api: Api, receiver: Receiver, parts: Services, reception: Reception) -> None:
    """Fetch updates for ever. Asking for the next offset confirms the ones before it, so they are stored by then."""
    await reception.insist(api.delete_webhook, "telegram_refused")
    offset = None
    while True:
        started = anyio.current_time()
        try:
            updates = await api.updates(offset)
            if updates and _after(updates) is None:
                raise Retry("updates without a number")
        except DeliveryError as error:
            await reception.failed(error)
            continue
        await reception.works()
        for raw in updates:
            await receiver.take(parts, raw)
        offset = _after(updates) or offset
        if not updates and anyio.current_time() - started < _BREATH:
            await anyio.sleep(_BREATH)


def _after(updates: list[Any]) -> int | None:
    numbers = [raw["update_id"] for raw in updates if isinstance(raw, dict) and type(raw.get("update_id")) is int]
    return max(numbers) + 1 if numbers else None


async def keep_webhook(api: Api, address: str, secret: str, reception: Reception) -> None:
    """Tell Telegram where to send updates, and again when somebody has told it another place since."""

    async def register() -> None:
        with telegram_call():
            await api.bot.set_webhook(address, allowed_updates=list(WANTED), secret_token=secret)

    async def look() -> None:
        with telegram_call():
            info = await api.bot.get_webhook_info()
        if info.url != address:
            await register()

    await reception.insist(register, "telegram_refused")  # in any case: the secret cannot be read back
    while True:
        await anyio.sleep(_LOOK_AGAIN)
        await reception.insist(look, "telegram_refused")
