"""The REST channel for tools on this machine: one question in, the whole answer out."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from time import monotonic
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.channels.capabilities import CAPABILITIES
from bot.channels.tools import Tools
from bot.channels.web import WebChannel
from bot.delivery import intake
from bot.delivery.intake import Accepted
from bot.errors import ApiError
from bot.http import only_tools, read_json
from bot.messages import Inbound, read_text
from bot.services import Services, count, services
from bot.transactions import transaction
from knowledge.reply import Reply

_LONGEST_CONVERSATION, _LONGEST_CLIENT_ID = 120, 50
# Of several replies to one message, the one that carries the answer names the outcome.
_WEIGHT = (
    "answered",
    "status",
    "clarify",
    "unknown_fact",
    "handoff",
    "not_found",
    "out_of_scope",
    "unavailable",
    "smalltalk",
)


class RestChannel(WebChannel):
    """Who waits for an answer is woken in the same way."""

    name = "rest"
    capabilities = CAPABILITIES["rest"]

    def routes(self) -> list[Route]:
        """Return the endpoints of this channel."""
        return [Route("/api/rest/messages", ask, methods=["POST"])]


def build(tools: Tools) -> RestChannel:
    """Return the channel; it is always on."""
    return RestChannel(tools.hub)


async def ask(request: Request) -> Response:
    """Take a message and answer when its reply is there, at the latest after ``rest_wait`` seconds."""
    parts = services(request)
    only_tools(request, parts.settings.rest_token)
    external_id, inbound = _read(await read_json(request))
    accepted = await parts.arrivals.do(parts.intake.receive, "rest", external_id, inbound)
    assert accepted is not None
    count(parts, "rest", accepted)
    parts.worker.wake()
    replies = await _wait(parts, accepted)
    body = {"conversation": external_id, "seq": accepted.seq, **merged([Reply.from_json(data) for data in replies])}
    return JSONResponse({**body, "replies": replies}, headers={"Cache-Control": "no-store"})


def _read(data: object) -> tuple[str, Inbound]:
    if not isinstance(data, Mapping):
        raise ApiError(422, "bad_request")
    external_id = _name(data.get("conversation"), _LONGEST_CONVERSATION)
    client_id = _name(data.get("client_id", str(uuid.uuid4())), _LONGEST_CLIENT_ID)
    # the prefix keeps a tool's ids apart from the keys of answers
    return external_id, Inbound(f"tool:{client_id}", text=read_text(data.get("text")))


def _name(raw: object, longest: int) -> str:
    if not isinstance(raw, str) or not raw.isprintable() or not 0 < len(raw) <= longest:
        raise ApiError(422, "bad_request")
    return raw


async def _wait(parts: Services, accepted: Accepted) -> list[dict[str, Any]]:
    until = monotonic() + parts.settings.rest_wait
    with parts.hub.listen(accepted.conversation_id) as listener:
        while not parts.hub.closed:
            listener.rest()
            found = await transaction(parts.sessions, intake.answers, accepted)
            if found is not None:
                return found
            if monotonic() >= until:
                break
            await listener.wait(min(parts.poll, until - monotonic()))
    raise ApiError(504, "timeout")


def merged(replies: Sequence[Reply]) -> dict[str, Any]:
    """Return several replies as one: outcome, codes, aspects and the text that is read.

    No reply at all means that people own the conversation: outcome ``handoff``, empty text.
    """
    outcomes = [reply.outcome for reply in replies] or ["handoff"]
    return {
        "outcome": min(outcomes, key=_WEIGHT.index),
        "procedures": _distinct(code for reply in replies for code in reply.procedures),
        "candidates": _distinct(code for reply in replies for code in reply.candidates),
        "aspects": _distinct(aspect for reply in replies for aspect in reply.aspects),
        "text": "\n\n".join(reply.plain() for reply in replies),
    }


def _distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
