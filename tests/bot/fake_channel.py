"""A channel without a provider: it keeps what it is given, and fails as it is told."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

from bot.channels.base import Capabilities, Channel, Delivery, Finding, Part
from bot.channels.capabilities import CAPABILITIES
from bot.inbound import Attachment
from bot.services import Services

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 24


class FakeChannel(Channel):
    """``sent`` is what arrived, as (conversation in the channel, text). ``troubles`` are raised first, one a call."""

    def __init__(self, name: str = "telegram", **changes: object) -> None:
        self.name = name
        self.capabilities: Capabilities = replace(CAPABILITIES[name], **changes)  # type: ignore[arg-type]
        self.sent: list[tuple[str, str]] = []
        self.calls = 0
        self.refreshed = 0
        self.typed: list[str] = []
        self.troubles: list[Exception | None] = []
        self.arrives = False  # whether what fails has arrived all the same
        self.running = threading.Event()
        self.loop: asyncio.AbstractEventLoop | None = None  # the server's, once it runs
        self.files: list[bytes | Exception] = []  # what is fetched, one a try; then small pictures
        self.fetched: list[Attachment] = []
        self.on_call: Callable[[Delivery, Part], None] = lambda delivery, part: None

    @property
    def texts(self) -> list[str]:
        return [text for _, text in self.sent]

    async def run(self, services: Services) -> None:
        self.loop = asyncio.get_running_loop()
        self.running.set()

    async def deliver(self, delivery: Delivery, part: Part) -> str:
        self.calls += 1
        self.on_call(delivery, part)
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble is None or self.arrives:
            self.sent.append((delivery.external_id, part.text))
        if trouble is not None:
            raise trouble
        return f"{self.name}-{self.calls}"

    async def refresh(self) -> None:
        self.refreshed += 1

    async def typing(self, external_id: str) -> None:
        self.typed.append(external_id)

    async def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        self.fetched.append(attachment)
        content = self.files.pop(0) if self.files else PNG
        if isinstance(content, Exception):
            raise content
        for start in range(0, len(content), 1000):
            yield content[start : start + 1000]

    async def check(self) -> list[Finding]:
        raise RuntimeError("no credential")
