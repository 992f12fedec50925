"""The Zalo Bot channel: plain text in and out, numbers in place of buttons."""

from __future__ import annotations

from collections.abc import Sequence

import anyio
import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.base import Channel, Delivery, Finding, Part
from bot.channels.capabilities import CAPABILITIES
from bot.channels.reception import Reception, keep_tokens_out_of_logs, take
from bot.channels.settings import ChannelSettings
from bot.channels.tools import Tools
from bot.channels.zalo import FILE_HOSTS
from bot.channels.zalo_bot.api import Api
from bot.channels.zalo_bot.reading import Skipped, read_event, unwrapped
from bot.errors import ApiError, DeliveryError, NeedsOperator, Permanent
from bot.files.download import FileSources
from bot.http import LARGEST_WEBHOOK, parse_json, read_body, same_secret
from bot.services import Services, services

log = structlog.get_logger("zalo_bot")

NAME = "zalo_bot"
PATH = "/webhooks/zalo-bot"
_SECRET = "x-bot-api-secret-token"
_LOOK_AGAIN = 300.0  # seconds between looks whether the webhook is still ours
_BREATH = 1.0  # seconds after an empty answer that came at once
_STORE_AGAIN = 2.0  # seconds between tries to keep what the provider no longer has


class ZaloBotChannel(Channel):
    """One bot: by webhook where a secret is set, else by polling."""

    name = NAME
    capabilities = CAPABILITIES[NAME]
    file_sources = FileSources(hosts=FILE_HOSTS)

    def __init__(self, settings: ChannelSettings, api: Api, reception: Reception) -> None:
        self._secret = settings.zalo_bot_secret
        self._address = f"{settings.public_url}{PATH}" if settings.public_url else ""
        self._api = api
        self._reception = reception

    def routes(self) -> Sequence[Route]:
        """Return the webhook's endpoint, where there is one."""
        return [Route(PATH, self._webhook, methods=["POST"])] if self._secret else []

    async def _webhook(self, request: Request) -> Response:
        """Size, secret, shape, store, 200: in this order."""
        parts = services(request)
        body = await read_body(request, LARGEST_WEBHOOK)
        if not same_secret(request.headers.get(_SECRET, ""), self._secret):
            parts.metrics.refused(NAME, "secret")
            raise ApiError(403, "forbidden")
        await _take(parts, unwrapped(parse_json(body)))
        return Response(status_code=200)

    async def run(self, services: Services) -> None:
        """Poll, or see to the webhook. While the provider is away this waits and the rest works on."""
        if not self._secret:
            await self._poll(services)
        elif self._address:  # else whoever runs this registers it by hand
            await self._keep_webhook()

    async def _poll(self, parts: Services) -> None:
        await self._reception.insist(self._api.delete_webhook, "zalo_bot_refused")
        while True:
            started = anyio.current_time()
            try:
                events = await self._api.updates()
            except DeliveryError as error:
                known = NeedsOperator("zalo_bot_refused") if isinstance(error, Permanent) else error
                await self._reception.failed(known)
                continue
            for event in events:
                await _keep(parts, event)
            await self._reception.works()
            if not events and anyio.current_time() - started < _BREATH:
                await anyio.sleep(_BREATH)

    async def _keep_webhook(self) -> None:
        async def register() -> None:
            await self._api.set_webhook(self._address, self._secret)

        async def look() -> None:
            if await self._api.webhook() != self._address:
                await register()

        await self._reception.insist(register, "zalo_bot_refused")  # in any case: the secret cannot be read back
        while True:
            await anyio.sleep(_LOOK_AGAIN)
            await self._reception.insist(look, "zalo_bot_refused")

    async def deliver(self, delivery: Delivery, part: Part) -> str:
        """Send the words as they are; the platform has no buttons."""
        return await self._api.send(delivery.external_id, part.text)

    async def typing(self, external_id: str) -> None:
        """Show "typing…", for some seconds."""
        await self._api.typing(external_id)

    async def check(self) -> Sequence[Finding]:
        """Ask the platform who we are and where messages go."""
        try:
            me, registered = await self._api.me(), await self._api.webhook()
        except NeedsOperator as error:
            return [Finding(NAME, str(error), False)]
        except DeliveryError as error:
            return [Finding(NAME, "unreachable", False, {"error": str(error)})]
        name = me.get("account_name") or me.get("display_name") or me.get("id")
        return [Finding(NAME, "zalo_bot_bot", True, {"name": name}), self._way(registered)]

    def _way(self, registered: str) -> Finding:
        if not self._secret:
            return Finding(NAME, "zalo_bot_webhook_elsewhere" if registered else "zalo_bot_polling", not registered)
        if not self._address.startswith("https://"):
            return Finding(NAME, "zalo_bot_no_address", False)
        is_ours = registered == self._address
        key = "zalo_bot_webhook" if is_ours else "zalo_bot_webhook_missing"
        return Finding(NAME, key, is_ours, {"address": self._address})


async def _take(parts: Services, event: object) -> None:
    found = read_event(event)
    if isinstance(found, Skipped):
        parts.metrics.received(NAME)
        parts.metrics.ignored(NAME, found.kind)
        if found.kind == "malformed":
            log.warning("event.malformed")
        return
    await take(parts, NAME, found.external_id, found.inbound)


async def _keep(parts: Services, event: object) -> None:
    """Store what polling brought: the provider no longer has it, so neither a stop nor a database away may lose it."""
    while True:
        try:
            with anyio.CancelScope(shield=True):
                return await _take(parts, event)
        except (SQLAlchemyError, ApiError) as error:
            log.error("event.waits", error=type(error).__name__)
        await anyio.sleep(_STORE_AGAIN)


def build(tools: Tools) -> ZaloBotChannel | None:
    """Return the channel when there is a token."""
    settings = tools.settings
    if not settings.zalo_bot_token:
        return None
    keep_tokens_out_of_logs()
    return ZaloBotChannel(settings, Api(settings, tools.client), Reception(tools.sessions, NAME))
