"""Calls to Telegram: python-telegram-bot over the server's own client, and what each of its errors means for us."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from telegram import Bot
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, NetworkError, TelegramError
from telegram.request import BaseRequest, RequestData

# the only way to a raw answer: Bot.get_updates refuses a whole batch for one update that it cannot read, and logs it
from telegram.request._requestparameter import RequestParameter

from bot.channels.calls import provider_call
from bot.channels.settings import ChannelSettings
from bot.errors import Blocked, DeliveryError, NeedsOperator, Permanent, Retry, Uncertain

WANTED = ("message", "edited_message", "callback_query", "my_chat_member")
# What Telegram says about a form that it cannot show; the same words without that form can be sent.
_FORM = ("parse entities", "button_url", "button_data", "inline keyboard", "reply markup", "wrong http url")
_NOBODY = ("chat not found", "user not found", "peer_id_invalid")
_LONG_POLL = 25  # seconds


class Unshowable(Permanent):
    """The words are fine; the marks or the buttons are not."""


class ClientRequest(BaseRequest):
    """How the library calls: over a common client; failures say at once whether anything has left."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    @property
    def read_timeout(self) -> float | None:
        """The client's, in seconds."""
        return self._client.timeout.read

    async def initialize(self) -> None:
        """Do nothing: the client is opened and closed by the server."""

    async def shutdown(self) -> None:
        """Do nothing, as above."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Return the JSON; the library's own version would log what citizens write."""
        try:
            data = json.loads(payload)
        except ValueError:
            data = None
        if not isinstance(data, dict):
            raise TelegramError("no JSON object")
        return data

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Return status and body.

        Raises:
            DeliveryError: nothing usable came back; the library hands it on as a cause.
        """
        usual = self._client.timeout
        read = usual.read if read_timeout is self.DEFAULT_NONE else read_timeout
        timeout = httpx.Timeout(usual.connect, read=read)
        form = request_data.json_parameters if request_data else None
        headers = {"User-Agent": self.USER_AGENT}
        with provider_call():
            response = await self._client.request(method, url, data=form, headers=headers, timeout=timeout)
        if response.status_code == 429:
            raise Retry("too many calls", after=_named_pause(response.content))
        if response.status_code >= 500:  # somewhere behind the gateway it may have been done
            raise Uncertain(f"HTTP {response.status_code}")
        return response.status_code, response.content


def _named_pause(body: bytes) -> float | None:
    try:
        seconds = float(json.loads(body)["parameters"]["retry_after"])
    except (ValueError, LookupError, TypeError):
        return None
    return seconds if 0 < seconds < 86_400 else None


class Api:
    """Telegram for one bot; ``bot`` has its methods, to be called within ``telegram_call``."""

    def __init__(self, settings: ChannelSettings, client: httpx.AsyncClient) -> None:
        base = settings.telegram_api_base
        self._request = ClientRequest(client)
        self._address = f"{base}/bot{settings.telegram_bot_token}"
        self.files = f"{base}/file/bot{settings.telegram_bot_token}"
        self.bot = Bot(
            settings.telegram_bot_token,
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            request=self._request,
            get_updates_request=self._request,
        )

    async def updates(self, offset: int | None) -> list[Any]:
        """Return the next updates as they came; asking for an offset confirms all before it.

        Raises:
            DeliveryError: there was no answer, or none of use.
        """
        wanted = {"offset": offset, "timeout": _LONG_POLL, "allowed_updates": list(WANTED)}
        form = [RequestParameter.from_input(name, value) for name, value in wanted.items() if value is not None]
        patience = (self._request.read_timeout or 0) + _LONG_POLL
        with telegram_call():
            found = await self._request.post(f"{self._address}/getUpdates", RequestData(form), read_timeout=patience)
        if not isinstance(found, list):
            raise Uncertain("no list of updates")
        return found

    async def delete_webhook(self) -> None:
        """End the webhook, which excludes polling; what waits for it stays."""
        with telegram_call():
            await self.bot.delete_webhook()


@contextmanager
def telegram_call() -> Iterator[None]:
    """Turn the library's errors into ours; nothing that Telegram writes is kept, since it may quote a citizen."""
    try:
        yield
    except TelegramError as error:
        raise _meaning(error) from None


def _meaning(error: TelegramError) -> DeliveryError:
    if isinstance(error.__cause__, DeliveryError):
        return error.__cause__
    if isinstance(error, InvalidToken):
        return NeedsOperator("telegram_token")
    if isinstance(error, Conflict):
        return NeedsOperator("telegram_conflict")
    if isinstance(error, Forbidden):
        return Blocked("blocked")
    if isinstance(error, BadRequest):
        return _refused(error.message.lower())
    if isinstance(error, NetworkError):  # a status that Telegram does not use: somebody in between refused
        return Retry("no answer of Telegram")
    return Uncertain("unreadable answer")


def _refused(message: str) -> Permanent:
    if any(words in message for words in _FORM):
        return Unshowable("form refused")
    return Permanent("no such chat" if any(words in message for words in _NOBODY) else "refused")
