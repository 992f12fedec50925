"""Looking by hand, at a moment that a test chooses."""

from __future__ import annotations

import datetime as dt

from bot.metrics import Metrics
from bot.notices.looking import Notices
from bot.notices.telling import Teller
from tests.bot.fake_channel import FakeChannel
from tests.bot.notices.scene import MORNING, PROFILE, Scene


class Look:
    """``Notices`` over a scene; ``now`` is moved by hand, ``woken`` are the conversations that had news."""

    def __init__(self, scene: Scene, *channels: FakeChannel, now: dt.datetime = MORNING) -> None:
        self.now = now
        self.woken: list[str] = []
        self.metrics = Metrics()
        given = channels or tuple(FakeChannel(name) for name in ("telegram", "web", "zalo"))
        teller = Teller({channel.name: channel for channel in given}, PROFILE)
        self.notices = Notices(scene.sessions, teller, self.metrics, self.woken.append, lambda: self.now)

    async def __call__(self, **later: float) -> int:
        """Look, some time later; return how many notices were given."""
        self.now += dt.timedelta(**later)
        return await self.notices.look()

    def counted(self, name: str) -> list[str]:
        lines = self.metrics.text().decode().splitlines()
        return [line for line in lines if line.startswith(f"tthc_notices{name}")]
