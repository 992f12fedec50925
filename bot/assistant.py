"""Asking Rasa: one HTTP call in, typed replies out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from bot.errors import AssistantAway, AssistantError
from knowledge.reply import Block, Reply

_PROBE_TIMEOUT = 2.0  # seconds
_NOBODY_BEHIND = (502, 503)  # what a proxy says for a Rasa that is gone; Rasa's own failures are 500
_BY_CONVERSATION = "X-Conversation"  # lets a proxy send all of one conversation to one Rasa
_REQUEST_ID = "X-Request-ID"


class Assistant:
    """Rasa behind its REST channel; ``timeout`` in seconds covers one whole call."""

    def __init__(self, rasa_url: str, timeout: float, client: httpx.AsyncClient) -> None:
        self._root = f"{rasa_url}/"
        self._webhook = f"{rasa_url}/webhooks/rest/webhook"
        self._timeout = timeout
        self._client = client

    async def ask(
        self, conversation_id: str, message: str, metadata: Mapping[str, Any], request_id: str
    ) -> list[Reply]:
        """Return what Rasa says to a text or payload; there is at least one reply.

        ``request_id`` goes along, so that the lines of all programs about one question can be found.

        Raises:
            AssistantAway: it takes no calls.
            AssistantError: it is too slow, silent, or its answer has another shape.
        """
        body = {"sender": conversation_id, "message": message, "metadata": {**metadata, "request_id": request_id}}
        headers = {_BY_CONVERSATION: conversation_id, _REQUEST_ID: request_id}
        try:
            response = await self._client.post(self._webhook, json=body, headers=headers, timeout=self._timeout)
            if response.status_code in _NOBODY_BEHIND:
                raise AssistantAway(f"status {response.status_code}")
            response.raise_for_status()
            data = response.json()
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise AssistantAway(type(error).__name__) from error
        except (httpx.HTTPError, ValueError) as error:
            raise AssistantError(type(error).__name__) from error
        return _read(data)

    async def is_there(self) -> bool:
        """Tell whether it takes calls, without asking it anything."""
        try:
            response = await self._client.get(self._root, timeout=_PROBE_TIMEOUT)
        except httpx.HTTPError:
            return False
        return response.status_code not in _NOBODY_BEHIND


def _read(data: object) -> list[Reply]:
    if not isinstance(data, list) or not data:
        raise AssistantError("silent" if data == [] else "not a list of answers")
    try:
        return [_read_item(item) for item in data]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise AssistantError(f"malformed answer: {type(error).__name__}") from error


def _read_item(item: Mapping[str, Any]) -> Reply:
    if "custom" in item:
        reply = Reply.from_json(item["custom"])
        reply.plain()  # a reply that cannot be read out is malformed too
        return reply
    return Reply(outcome="smalltalk", bubbles=((Block("text", text=_text(item["text"])),),))


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("an answer without text")
    return value
