"""The event stream of a web page: what was said, who is typing, how it stands with people."""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator
from dataclasses import asdict
from time import monotonic
from typing import Any

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from bot.channels.web_access import NO_STORE, authorise, read_count, renewal
from bot.conversation import Line, last_seq, lines_after
from bot.errors import ApiError
from bot.handoff.standing import Standing
from bot.services import Services, services
from bot.transactions import transaction

_BATCH = 100
_MOST_STREAMS = 8  # of one conversation: open tabs, and those not yet known to be gone
_HEADERS = {**NO_STORE, "X-Accel-Buffering": "no"}


async def events(request: Request) -> Response:
    """Stream what follows the last number the caller knows, for as long as it listens."""
    parts = services(request)
    claim = authorise(request)
    after = read_count(request.headers.get("last-event-id") or request.query_params.get("after", "0"))
    if await transaction(parts.sessions, last_seq, claim.conversation_id) is None:
        raise ApiError(401, "token_invalid")
    if parts.hub.count(claim.conversation_id) >= _MOST_STREAMS:
        raise ApiError(429, "too_fast", seconds=math.ceil(parts.settings.heartbeat))
    headers = {**_HEADERS, **renewal(parts, claim)}
    return StreamingResponse(_stream(parts, claim.conversation_id, after), 200, headers, "text/event-stream")


async def _stream(parts: Services, conversation_id: str, after: int) -> AsyncIterator[str]:
    """Yield events: always first what the database has, then wait for news.

    Replay and live view are the same read, so nothing can be lost or doubled between them.
    """
    yield "retry: 2000\n\n"
    spoke, typing = monotonic(), False
    shown: Standing | None = None
    with parts.hub.listen(conversation_id) as listener:
        while not parts.hub.closed:
            listener.rest()
            lines, standing = await transaction(parts.sessions, _look, parts, conversation_id, after)
            for line in lines:
                yield _message_event(line)
                after, spoke = line.seq, monotonic()
            if standing != shown:
                shown, spoke = standing, monotonic()
                yield _event("handoff", asdict(standing or Standing("")))
            if listener.typing != typing:
                typing, spoke = listener.typing, monotonic()
                yield _event("typing", {"on": typing})
            if monotonic() - spoke >= parts.settings.heartbeat:
                spoke = monotonic()
                yield ": heartbeat\n\n"
            if len(lines) < _BATCH:
                await listener.wait(_pause(parts, standing))


def _look(session: Session, parts: Services, conversation_id: str, after: int) -> tuple[list[Line], Standing | None]:
    return lines_after(session, conversation_id, after, _BATCH), parts.standings.read(session, conversation_id)


def _pause(parts: Services, standing: Standing | None) -> float:
    """Return after how many seconds to look unasked: a place in the queue moves without news of this conversation."""
    usual = min(parts.poll, parts.settings.heartbeat)
    return min(usual, parts.settings.queue_look) if standing and standing.state == "queued" else usual


def _message_event(line: Line) -> str:
    return f"id:{line.seq}\n" + _event("message", asdict(line))


def _event(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
