"""Asking Rasa: one HTTP call in, typed replies out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from bot.errors import AssistantError
from knowledge.reply import Block, Reply


class Assistant:
    """Rasa behind its REST channel; ``timeout`` in seconds covers one whole call."""

    def __init__(self, rasa_url: str, timeout: float, client: httpx.AsyncClient) -> None:
        self._webhook = f"{rasa_url}/webhooks/rest/webhook"
        self._timeout = timeout
        self._client = client

    async def ask(self, conversation_id: str, message: str, metadata: Mapping[str, Any]) -> list[Reply]:
        """Return what Rasa says to a text or payload; there is at least one reply.

        Raises:
            AssistantError: it is unreachable, too slow, silent, or its answer has another shape.
        """
        body = {"sender": conversation_id, "message": message, "metadata": dict(metadata)}
        try:
            response = await self._client.post(self._webhook, json=body, timeout=self._timeout)
            response.raise_for_status()
            data = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise AssistantError(type(error).__name__) from error
        return _read(data)


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
