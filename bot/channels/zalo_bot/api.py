"""Calls to the Zalo Bot Platform. Its envelope decides: HTTP 200 alone is no success."""

from __future__ import annotations

import json
from typing import Any

import httpx

from bot.channels.calls import provider_call
from bot.channels.settings import ChannelSettings
from bot.errors import DeliveryError, NeedsOperator, Permanent, Retry, Uncertain

_LONG_POLL = 30  # seconds
_NOTHING_YET = 408


class _NothingYet(Uncertain):
    """A poll ended without a message; of any other call nothing is known."""


class Api:
    """The platform for one bot. Every method raises a DeliveryError when it did not do its work."""

    def __init__(self, settings: ChannelSettings, client: httpx.AsyncClient) -> None:
        self._client = client
        self._base = f"{settings.zalo_bot_base}/bot{settings.zalo_bot_token}"

    async def me(self) -> dict[str, Any]:
        """Return the bot's own account."""
        return _object(await self._call("getMe"))

    async def updates(self) -> list[Any]:
        """Wait for the next message. What this returns is gone at the provider."""
        try:
            found = await self._call("getUpdates", {"timeout": _LONG_POLL}, patience=_LONG_POLL)
        except _NothingYet:
            return []
        return found if isinstance(found, list) else [found]

    async def set_webhook(self, address: str, secret: str) -> None:
        """Have messages posted to an address; ends polling."""
        await self._call("setWebhook", {"url": address, "secret_token": secret})

    async def delete_webhook(self) -> None:
        """End the webhook, which excludes polling."""
        await self._call("deleteWebhook")

    async def webhook(self) -> str:
        """Return the address of the webhook, "" when there is none."""
        try:
            found = await self._call("getWebhookInfo")
        except Permanent:  # how the platform says that there is none is not written anywhere
            return ""
        address = found.get("url") if isinstance(found, dict) else None
        return address if isinstance(address, str) else ""

    async def send(self, chat_id: str, text: str) -> str:
        """Send a text and return its id."""
        sent = _object(await self._call("sendMessage", {"chat_id": chat_id, "text": text}))
        return str(sent.get("message_id", ""))

    async def typing(self, chat_id: str) -> None:
        """Show that an answer is being written."""
        await self._call("sendChatAction", {"chat_id": chat_id, "action": "typing"})

    async def _call(self, method: str, body: dict[str, Any] | None = None, patience: float = 0.0) -> Any:
        usual = self._client.timeout
        timeout = httpx.Timeout(usual.connect, read=(usual.read or 0) + patience)
        with provider_call():
            response = await self._client.post(f"{self._base}/{method}", json=body or {}, timeout=timeout)
        envelope = _envelope(response.content)
        if response.is_success and envelope.get("ok") is True:
            return envelope.get("result")
        code = envelope.get("error_code")
        raise _meaning(code if type(code) is int else response.status_code, bool(envelope))


def _envelope(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _object(result: Any) -> dict[str, Any]:
    if not isinstance(result, dict):
        raise Uncertain("unreadable answer")
    return result


def _meaning(code: int, is_told: bool) -> DeliveryError:
    """Return what a refusal means; the platform's own words are not kept, since they may quote a citizen."""
    if code == _NOTHING_YET and is_told:
        return _NothingYet(f"code {code}")
    if code in (401, 404):
        return NeedsOperator("zalo_bot_token")
    if code == 429:
        return Retry("too many calls")
    if code == 400:
        return Permanent("refused")
    if code == 403:
        return Permanent("blocked")
    if code >= 500 or code == _NOTHING_YET or (200 <= code < 300 and not is_told):
        return Uncertain(f"code {code}")
    return Retry(f"code {code}")  # refused in words that nobody has written down: not sent
