"""A citizen on a provider's channel, through the real server and a fake channel."""

from __future__ import annotations

import asyncio
from typing import Any

import sqlalchemy as sa

from bot.channels import door
from bot.delivery.intake import Accepted
from bot.inbound import Inbound, provider_key
from knowledge.models import InboxItem, Message
from tests.bot.fake_channel import FakeChannel
from tests.bot.fake_rasa import PATIENCE
from tests.bot.running import Running


class Phone:
    """A citizen on a provider's channel, through the real server."""

    def __init__(self, server: Running, channel: FakeChannel) -> None:
        self.server = server
        self.channel = channel
        self._count = 0

    async def send(self, inbound: Inbound) -> Accepted | None:
        """Have the channel take something in, on the server's own event loop."""
        assert self.channel.running.wait(PATIENCE) and self.channel.loop
        coming = door.receive(self.server.parts, self.channel.name, "7", inbound)
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(coming, self.channel.loop))

    async def text(self, text: str, **more: Any) -> Accepted | None:
        self._count += 1
        return await self.send(Inbound(provider_key(str(self._count)), text, **more))

    async def answers(self, count: int) -> list[str]:
        """Return what the provider was given, once there is so much."""
        until = asyncio.get_running_loop().time() + PATIENCE
        while len(self.channel.texts) < count:
            assert asyncio.get_running_loop().time() < until, self.channel.texts
            await asyncio.sleep(0.01)
        return self.channel.texts

    async def settled(self) -> None:
        """Return once every inbox item is closed."""
        until = asyncio.get_running_loop().time() + PATIENCE
        while self.rows(sa.select(InboxItem.id).where(InboxItem.state.in_(("new", "working")))):
            assert asyncio.get_running_loop().time() < until
            await asyncio.sleep(0.01)

    def rows(self, statement: Any) -> list[Any]:
        with self.server.sessions() as session:
            return list(session.scalars(statement))

    @property
    def lines(self) -> list[Message]:
        return self.rows(sa.select(Message).order_by(Message.seq))
