"""The web channel: POST to send, server-sent events to receive, history after a reload."""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator
from dataclasses import asdict
from time import monotonic
from typing import Any

import anyio.to_thread
import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.channels.base import Channel, Delivery, Finding, Part
from bot.channels.capabilities import CAPABILITIES
from bot.channels.tools import Tools
from bot.channels.web_access import NO_STORE, authorise, renewal
from bot.channels.web_files import open_file, send_file
from bot.conversation import Line, last_seq, lines_after, open_web
from bot.delivery.hub import Hub
from bot.errors import ApiError
from bot.http import address, bearer, hold_back, read_json
from bot.messages import is_count, read_inbound
from bot.services import Services, count, services
from bot.transactions import transaction

log = structlog.get_logger("web")

_STREAM_BATCH = 100
_MOST_STREAMS = 8  # of one conversation: open tabs, and those not yet known to be gone
_HISTORY_DEFAULT, _HISTORY_MOST = 50, 200
_STREAM_HEADERS = {**NO_STORE, "X-Accel-Buffering": "no"}


class WebChannel(Channel):
    """Delivers by waking the open streams: the message row itself is what they read."""

    name = "web"
    capabilities = CAPABILITIES["web"]

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def routes(self) -> list[Route]:
        """Return the endpoints of this channel."""
        return [
            Route("/api/web/conversations", open_conversation, methods=["POST"]),
            Route("/api/web/messages", send_message, methods=["POST"]),
            Route("/api/web/files", send_file, methods=["POST"]),
            Route("/api/web/files/{seq}", open_file, methods=["GET"]),
            Route("/api/web/events", events, methods=["GET"]),
            Route("/api/web/history", history, methods=["GET"]),
        ]

    async def deliver(self, delivery: Delivery, part: Part) -> None:
        """Wake the streams of the conversation."""
        self._hub.publish(delivery.conversation_id)

    async def check(self) -> list[Finding]:
        """There is nothing to set."""
        return [Finding(self.name, "builtin", True)]


def build(tools: Tools) -> WebChannel:
    """Return the channel; it is always on."""
    return WebChannel(tools.hub)


async def open_conversation(request: Request) -> Response:
    """Open a conversation, or resume the one of a valid or recently expired token."""
    parts = services(request)
    hold_back(parts.opening_limiter, address(request))
    token = bearer(request)
    if token:
        conversation_id, status = await _resume(parts, token), 200
    else:
        conversation_id, status = await transaction(parts.sessions, open_web), 201
    body = {"conversation_id": conversation_id, **asdict(parts.tokens.issue(conversation_id))}
    return JSONResponse(body, status, headers=NO_STORE)


async def _resume(parts: Services, token: str) -> str:
    conversation_id = parts.tokens.read_expired(token)
    if await transaction(parts.sessions, last_seq, conversation_id) is None:
        raise ApiError(401, "token_invalid")
    return conversation_id


async def send_message(request: Request) -> Response:
    """Take a message: stored before it is acknowledged, answered later."""
    parts = services(request)
    claim = authorise(request)
    inbound = read_inbound(await read_json(request))
    hold_back(parts.message_limiter, claim.conversation_id)
    accepted = await anyio.to_thread.run_sync(parts.intake.accept, claim.conversation_id, inbound)
    count(parts, "web", accepted)
    parts.hub.publish(claim.conversation_id)
    parts.worker.wake()
    log.info("message.accepted", conversation=claim.conversation_id, seq=accepted.seq)
    return JSONResponse({"seq": accepted.seq}, 202, headers={**NO_STORE, **renewal(parts, claim)})


async def history(request: Request) -> Response:
    """Return the messages after a number."""
    parts = services(request)
    claim = authorise(request)
    after = _count(request.query_params.get("after", "0"))
    limit = min(_count(request.query_params.get("limit", str(_HISTORY_DEFAULT))), _HISTORY_MOST)
    last = await transaction(parts.sessions, last_seq, claim.conversation_id)
    if last is None:
        raise ApiError(401, "token_invalid")
    lines = await transaction(parts.sessions, lines_after, claim.conversation_id, after, limit)
    body = {"messages": [asdict(line) for line in lines], "last_seq": last}
    return JSONResponse(body, headers={**NO_STORE, **renewal(parts, claim)})


def _count(raw: str) -> int:
    if not (raw.isascii() and raw.isdecimal() and len(raw) < 12 and is_count(int(raw))):
        raise ApiError(422, "bad_request")
    return int(raw)


async def events(request: Request) -> Response:
    """Stream what follows the last number the caller knows, for as long as it listens."""
    parts = services(request)
    claim = authorise(request)
    after = _count(request.headers.get("last-event-id") or request.query_params.get("after", "0"))
    if await transaction(parts.sessions, last_seq, claim.conversation_id) is None:
        raise ApiError(401, "token_invalid")
    if parts.hub.count(claim.conversation_id) >= _MOST_STREAMS:
        raise ApiError(429, "too_fast", seconds=math.ceil(parts.settings.heartbeat))
    headers = {**_STREAM_HEADERS, **renewal(parts, claim)}
    return StreamingResponse(_stream(parts, claim.conversation_id, after), 200, headers, "text/event-stream")


async def _stream(parts: Services, conversation_id: str, after: int) -> AsyncIterator[str]:
    """Yield events: always first what the database has, then wait for news.

    Replay and live view are the same read, so nothing can be lost or doubled between them.
    """
    yield "retry: 2000\n\n"
    spoke, typing = monotonic(), False
    with parts.hub.listen(conversation_id) as listener:
        while not parts.hub.closed:
            listener.rest()
            lines = await transaction(parts.sessions, lines_after, conversation_id, after, _STREAM_BATCH)
            for line in lines:
                yield _message_event(line)
                after, spoke = line.seq, monotonic()
            if listener.typing != typing:
                typing, spoke = listener.typing, monotonic()
                yield _event("typing", {"on": typing})
            if monotonic() - spoke >= parts.settings.heartbeat:
                spoke = monotonic()
                yield ": heartbeat\n\n"
            if len(lines) < _STREAM_BATCH:
                await listener.wait(min(parts.poll, parts.settings.heartbeat))


def _message_event(line: Line) -> str:
    return f"id:{line.seq}\n" + _event("message", asdict(line))


def _event(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
