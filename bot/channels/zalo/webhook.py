"""``/webhooks/zalo``: size, signature, form, then the door. Answered before anything is thought about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.reception import take
from bot.channels.settings import ChannelSettings
from bot.channels.zalo import NAME
from bot.channels.zalo.confirming import Confirming
from bot.channels.zalo.contents import BadEvent
from bot.channels.zalo.echoes import Echoes
from bot.channels.zalo.events import Counted, Echo, Meaning, Receipt, Said, read
from bot.channels.zalo.signature import age_fault, fault, moment, sent_at
from bot.delivery import receipts
from bot.errors import ApiError
from bot.http import LARGEST_WEBHOOK, parse_json, read_body
from bot.services import Services, services
from knowledge.models import utc_now

log = structlog.get_logger("zalo")


class Webhook:
    """The endpoint; ``echoes`` is told of every echo."""

    def __init__(self, settings: ChannelSettings, echoes: Echoes) -> None:
        self._settings = settings
        self._echoes = echoes
        self._confirming = Confirming()

    def routes(self) -> list[Route]:
        """Return the endpoint, and its answer to who only looks whether it is there."""
        return [
            Route("/webhooks/zalo", self.receive, methods=["POST"]),
            Route("/webhooks/zalo", _here, methods=["GET"]),
        ]

    async def receive(self, request: Request) -> Response:
        """Take an event in; 200 says that it is stored, or that there is nothing to store."""
        parts = services(request)
        event = await self._genuine(parts, request)
        try:
            meaning = read(event, self._settings.zalo_oa_id, request.headers.get("x-zevent-server", ""))
        except BadEvent as error:  # repeating it would not make it better
            log.warning("zalo.bad_event", part=str(error))
            parts.metrics.refused(NAME, "form")
            return _ok()
        try:
            await self._handle(parts, meaning)
        except SQLAlchemyError as error:  # then Zalo repeats it
            log.error("zalo.not_stored", error=type(error).__name__)
            raise ApiError(503, "busy") from error
        return _ok()

    async def _genuine(self, parts: Services, request: Request) -> Mapping[str, Any]:
        """Return the event of a request that is Zalo's.

        Raises:
            ApiError: 413, 400 or 403; it is counted, and nothing of it is logged.
        """
        try:
            body = await read_body(request, LARGEST_WEBHOOK)
            header = request.headers.get("x-zevent-signature", "")
            event = parse_json(body)
        except ApiError as error:
            parts.metrics.refused(NAME, error.code)
            raise
        reason = self._fault(header, body, event)
        if reason or not isinstance(event, Mapping):
            log.warning("zalo.refused", reason=reason, labelled=header.strip().lower().startswith("mac"))
            parts.metrics.refused(NAME, reason)
            raise ApiError(403, "forbidden")
        return event

    def _fault(self, header: str, body: bytes, event: object) -> str:
        if not isinstance(event, Mapping):
            return "signature"
        settings = self._settings
        reason = fault(header, body, event, settings.zalo_app_id, settings.zalo_oa_secrets)
        return reason or age_fault(moment(sent_at(event)), utc_now())

    async def _handle(self, parts: Services, meaning: Meaning) -> None:
        if isinstance(meaning, Said):
            for inbound in meaning.inbounds:
                await take(parts, NAME, meaning.user_id, inbound)
        elif isinstance(meaning, Receipt):
            parts.metrics.ignored(NAME, meaning.what)
            await self._confirming.note(parts.arrivals, meaning)
        elif isinstance(meaning, Echo):
            await self._echo(parts, meaning)
        else:
            _count(parts, meaning)

    async def _echo(self, parts: Services, meaning: Echo) -> None:
        await self._echoes.heard()
        is_ours = await parts.arrivals.do(receipts.echo, NAME, meaning.user_id, meaning.text, meaning.message_id)
        parts.metrics.ignored(NAME, "echo" if is_ours else "echo_of_others")
        parts.outbox.wake(NAME)


def _count(parts: Services, meaning: Counted) -> None:
    parts.metrics.ignored(NAME, meaning.reason)


def _ok() -> Response:
    return Response("ok", media_type="text/plain")


async def _here(request: Request) -> Response:
    return _ok()
