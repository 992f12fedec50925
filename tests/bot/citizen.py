"""A citizen's browser, as far as the web channel sees it."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.bot.fake_rasa import PATIENCE


class Talk:
    """A citizen's browser: one conversation on the web channel."""

    def __init__(self, url: str, headers: dict[str, str] | None = None) -> None:
        self._client = httpx.AsyncClient(verify=False, base_url=url, timeout=PATIENCE, headers=headers, trust_env=False)
        self.token = ""
        self.conversation_id = ""

    async def open(self) -> Talk:
        response = await self._client.post("/api/web/conversations")
        assert response.status_code == 201, response.text
        self.token, self.conversation_id = response.json()["token"], response.json()["conversation_id"]
        return self

    async def resume(self) -> httpx.Response:
        return await self._client.post("/api/web/conversations", headers=self._auth)

    async def close(self) -> None:
        await self._client.aclose()

    @property
    def _auth(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    async def post(self, **body: Any) -> httpx.Response:
        return await self._client.post("/api/web/messages", json=body, headers=self._auth)

    async def post_raw(self, content: bytes) -> httpx.Response:
        return await self._client.post("/api/web/messages", content=content, headers=self._auth)

    async def send(self, text: str, client_id: str = "") -> int:
        response = await self.post(client_id=client_id or str(uuid.uuid4()), text=text)
        assert response.status_code == 202, response.text
        return int(response.json()["seq"])

    async def tap(self, seq: int, index: int) -> httpx.Response:
        return await self.post(client_id=str(uuid.uuid4()), button={"seq": seq, "index": index})

    async def type(self) -> int:
        """Tell that something is being typed, and return the status."""
        return (await self._client.post("/api/web/typing", headers=self._auth)).status_code

    async def get(self, path: str, **params: Any) -> httpx.Response:
        return await self._client.get(path, params=params, headers=self._auth)

    async def history(self) -> list[dict[str, Any]]:
        response = await self.get("/api/web/history", limit=200)
        return list(response.json()["messages"])

    @asynccontextmanager
    async def stream(self, after: int = 0) -> AsyncIterator[AsyncIterator[tuple[str, dict[str, Any]]]]:
        """Open the event stream; yields (event, data)."""
        headers = {**self._auth, "Last-Event-ID": str(after)}
        async with self._client.stream("GET", "/api/web/events", headers=headers) as response:
            assert response.status_code == 200
            yield _events(response)

    async def raw_lines(self, count: int) -> list[str]:
        """Return the first lines of the event stream as they are sent."""
        lines: list[str] = []
        async with self._client.stream("GET", "/api/web/events", headers=self._auth) as response:
            async for line in response.aiter_lines():
                lines.append(line)
                if len(lines) >= count:
                    break
        return lines

    async def read_until(self, enough: Callable[[list[dict[str, Any]]], bool], after: int = 0) -> list[dict[str, Any]]:
        """Return the messages of the stream once there are enough."""
        messages: list[dict[str, Any]] = []
        async with self.stream(after) as events:
            while not enough(messages):
                event, data = await asyncio.wait_for(events.__anext__(), PATIENCE)
                messages += [data] if event == "message" else []
        return messages

    async def answers(self, count: int) -> list[dict[str, Any]]:
        """Return the assistant's messages once there are so many."""
        messages = await self.read_until(lambda got: sum(line["author"] == "assistant" for line in got) >= count)
        return [line for line in messages if line["author"] == "assistant"]

    async def ask(self, text: str) -> dict[str, Any]:
        """Send a text and return the first answer after it."""
        seq = await self.send(text)
        lines = await self.read_until(lambda got: any(line["author"] == "assistant" for line in got), seq)
        return next(line for line in lines if line["author"] == "assistant")


async def _events(response: httpx.Response) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    name, number = "", ""
    async for line in response.aiter_lines():
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("id:"):
            number = line[3:]
        elif line.startswith("data: "):
            data = json.loads(line[6:])
            assert name != "message" or number == str(data["seq"])
            yield name, data
