"""The event stream: cut anywhere, nothing is lost and nothing comes twice."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

from tests.bot.citizen import Talk
from tests.bot.fake_rasa import PATIENCE, FakeRasa, Held
from tests.bot.running import Running

QUESTIONS = 25


async def test_a_stream_cut_at_random_shows_everything_once(talk: Talk) -> None:
    chance = random.Random(20261123)
    seen: list[int] = []
    sending = asyncio.create_task(_send_all(talk))
    cuts = 0
    while len(seen) < 2 * QUESTIONS:
        async with talk.stream(seen[-1] if seen else 0) as events:
            for _ in range(chance.randint(1, 4)):  # then hang up, in the middle of whatever goes on
                name, data = await asyncio.wait_for(events.__anext__(), PATIENCE)
                seen += [data["seq"]] if name == "message" else []
                if len(seen) == 2 * QUESTIONS:
                    break
        cuts += 1
    await sending
    assert seen == list(range(1, 2 * QUESTIONS + 1))
    assert cuts > QUESTIONS / 2


async def _send_all(talk: Talk) -> None:
    for number in range(QUESTIONS):
        await talk.send(f"câu {number}")


async def test_streams_opened_at_any_moment_show_the_same(talk: Talk) -> None:
    sending = asyncio.create_task(_send_all(talk))
    reading = []
    for _ in range(6):
        await talk.history()  # lets some messages pass between the openings
        reading.append(asyncio.create_task(talk.read_until(lambda got: bool(got) and got[-1]["seq"] == 2 * QUESTIONS)))
    streams = await asyncio.gather(*reading)
    await sending
    assert all([line["seq"] for line in lines] == list(range(1, 2 * QUESTIONS + 1)) for lines in streams)


async def test_an_answer_made_while_nobody_listens_is_replayed(talk: Talk, rasa: FakeRasa) -> None:
    held = Held()
    rasa.script("cắt", held)
    async with talk.stream() as events:
        await talk.send("cắt")
        await events.__anext__()
    held.release.set()
    lines = await talk.read_until(lambda got: len(got) == 1, after=1)
    assert [(line["seq"], line["text"]) for line in lines] == [(2, "echo cắt")]


async def test_who_opens_late_sees_that_an_answer_is_being_made(talk: Talk, rasa: FakeRasa) -> None:
    held = Held()
    rasa.script("nghĩ", held)
    await talk.send("nghĩ")
    rasa.wait_for("nghĩ")
    async with talk.stream(after=1) as events:
        assert await asyncio.wait_for(events.__anext__(), PATIENCE) == ("typing", {"on": True})
    held.release.set()


async def test_a_quiet_stream_has_a_heartbeat(serve: Callable[..., Running]) -> None:
    server = serve(heartbeat=0.05)
    talk = await Talk(server.url).open()
    lines = await talk.raw_lines(4)
    assert ": heartbeat" in lines
    await talk.close()


async def test_a_conversation_has_a_limited_number_of_streams(talk: Talk) -> None:
    opened: list[Any] = [talk.stream() for _ in range(8)]
    for stream in opened:
        await stream.__aenter__()
    assert (await talk.get("/api/web/events")).status_code == 429
    for stream in opened:
        await stream.__aexit__(None, None, None)


async def test_the_server_stops_although_streams_are_open(serve: Callable[..., Running]) -> None:
    server = serve()
    talk = await Talk(server.url).open()
    async with talk.stream() as events:
        await talk.ask("chào")
        server.server.should_exit = True
        names = [name async for name, _ in events]
    assert names.count("message") == 2
    await talk.close()
