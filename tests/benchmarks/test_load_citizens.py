"""Citizens keep to their plan whatever happens to others, and a stand-in for Zalo passes on what reaches them."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import httpx

from benchmarks.load.arrivals import Arrival
from benchmarks.load.citizens import BY_ONE, Citizens
from benchmarks.load.sender import Limits, Sender, Sent
from benchmarks.load.zalo import Got, ZaloApart, user_of
from tests.fakes.loopback import PATIENCE, Loopback

QUESTIONS = ["một", "hai", "ba"]


class SlowSender:
    """Takes everything, but what one citizen writes only when it is let go."""

    def __init__(self, held: int) -> None:
        self.held, self.go, self.posted = held, asyncio.Event(), []

    async def post(self, message: Sent) -> None:
        self.posted.append((message.citizen, message.number))
        if message.citizen == self.held:
            await self.go.wait()
        message.taken = 1.0


def nobody() -> Any:
    return SimpleNamespace(expect=lambda _: None, listeners=[])


async def test_one_who_is_held_up_holds_up_nobody_else() -> None:
    sender, citizens = SlowSender(held=0), Citizens(nobody(), QUESTIONS)
    plan = [Arrival(0.0, 0, 0), Arrival(0.001, 0, 1), Arrival(0.002, 1, 0), Arrival(0.003, 1, 1)]
    writing = asyncio.create_task(citizens.by_plan(sender, plan))
    while len(sender.posted) < 3:
        await asyncio.sleep(0)
    assert sender.posted == [(0, 0), (1, 0), (1, 1)]
    sender.go.set()
    sent = await writing
    assert sender.posted[-1] == (0, 1), "the next message of a citizen leaves when the one before is taken"
    assert [one.text for one in sent] == [QUESTIONS[(one.citizen * BY_ONE + one.number) % 3] for one in sent]
    assert [one.due for one in sent] == sorted(one.due for one in sent)


async def test_who_writes_again_is_somebody_new() -> None:
    sender, citizens = SlowSender(held=-1), Citizens(nobody(), QUESTIONS)
    for _ in range(2):
        await citizens.by_plan(sender, [Arrival(0.0, 0, 0)])
    assert sender.posted == [(0, 0), (1, 0)]


class Refusing(Loopback):
    """A front server that does not take the first two posts."""

    def answer(self, verb: str, path: str, headers: Any, body: bytes) -> tuple[int, bytes]:
        self.count = getattr(self, "count", 0) + 1
        return (503 if self.count < 3 else 200), b"{}"


async def test_what_is_not_taken_is_posted_again() -> None:
    server = Refusing()
    try:
        async with Sender(server.url, Limits(again_after=0.0)) as sender:
            message = Sent(1, 0, "một", 0.0)
            await sender.post(message)
    finally:
        server.close()
    assert message.tries == 3
    assert 0.0 < message.begun <= message.taken


def test_what_reaches_a_citizen_is_passed_on() -> None:
    with ZaloApart() as zalo:
        came: list[Got] = []
        zalo.listeners.append(came.append)
        zalo.expect(range(2))
        body = {"recipient": {"user_id": user_of(1)}, "message": {"text": "chào"}}
        token = {"access_token": zalo.environment["ZALO_ACCESS_TOKEN"]}
        url = f"{zalo.environment['ZALO_API_BASE']}/v3.0/oa/message/cs"
        for _ in range(100):  # who is expected is told over another line
            if (
                httpx.post(url, json=body, headers=token, timeout=PATIENCE, trust_env=False, verify=False).json()[
                    "error"
                ]
                == 0
            ):
                break
        until = time.monotonic() + PATIENCE
        while not came and time.monotonic() < until:
            time.sleep(0.01)
    assert [(one.user, one.text) for one in came] == [(user_of(1), "chào")]
    assert zalo.got[user_of(1)] == came
