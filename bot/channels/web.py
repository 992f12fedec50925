"""The web channel: POST to send, server-sent events to receive, history after a reload."""

from __future__ import annotations

from dataclasses import asdict

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.channels.base import Channel, Delivery, Finding, Part
from bot.channels.capabilities import CAPABILITIES
from bot.channels.tools import Tools
from bot.channels.web_access import NO_STORE, authorise, read_count, renewal
from bot.channels.web_files import open_file, send_file
from bot.channels.web_stream import events
from bot.conversation import is_with_people, last_seq, lines_after, open_web
from bot.delivery.hub import Hub
from bot.errors import ApiError
from bot.http import bearer, hold_back, network, read_json
from bot.masking import find_proof
from bot.messages import read_inbound
from bot.services import Services, count, services
from bot.transactions import transaction

log = structlog.get_logger("web")

_HISTORY_DEFAULT, _HISTORY_MOST = 50, 200


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
            Route("/api/web/typing", tell_typing, methods=["POST"]),
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
    hold_back(parts.opening_limiter, network(request))
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
    if find_proof(inbound.text):  # conversations cost nothing: who guesses at dossiers opens one after the other
        hold_back(parts.proof_limiter, network(request))
    accepted = await parts.arrivals.do(parts.intake.accept, claim.conversation_id, inbound)
    count(parts, "web", accepted)
    parts.hub.typing_citizen(claim.conversation_id, on=False)
    parts.hub.publish(claim.conversation_id)
    parts.worker.wake()
    log.info("message.accepted", conversation=claim.conversation_id, seq=accepted.seq)
    return JSONResponse({"seq": accepted.seq}, 202, headers={**NO_STORE, **renewal(parts, claim)})


async def tell_typing(request: Request) -> Response:
    """Tell staff that the citizen is typing; no text comes along, and what comes too often is passed over."""
    parts = services(request)
    claim = authorise(request)
    is_heard = not parts.typing_limiter.wait(claim.conversation_id)
    if is_heard and await transaction(parts.sessions, is_with_people, claim.conversation_id):
        parts.hub.typing_citizen(claim.conversation_id)
    return Response(status_code=204, headers={**NO_STORE, **renewal(parts, claim)})


async def history(request: Request) -> Response:
    """Return the messages after a number, and how it stands with people (null = they were never asked for)."""
    parts = services(request)
    claim = authorise(request)
    after = read_count(request.query_params.get("after", "0"))
    limit = min(read_count(request.query_params.get("limit", str(_HISTORY_DEFAULT))), _HISTORY_MOST)
    last = await transaction(parts.sessions, last_seq, claim.conversation_id)
    if last is None:
        raise ApiError(401, "token_invalid")
    lines = await transaction(parts.sessions, lines_after, claim.conversation_id, after, limit)
    standing = await transaction(parts.sessions, parts.standings.read, claim.conversation_id)
    shown = {"handoff": asdict(standing) if standing else None}
    body = {"messages": [asdict(line) for line in lines], "last_seq": last, **shown}
    return JSONResponse(body, headers={**NO_STORE, **renewal(parts, claim)})
