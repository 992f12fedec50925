"""SIGKILL in the middle of work: after a restart every message is answered, none twice."""

from __future__ import annotations

import asyncio
import random
import uuid

import httpx

from tests.bot.citizen import Talk
from tests.bot.fake_rasa import FakeRasa, Held
from tests.bot.running import Process

QUESTIONS = 10  # as many as one may send at once


async def test_work_under_way_is_taken_up_again(process: Process, rasa: FakeRasa) -> None:
    rasa.script("đang làm", Held())
    talk = await Talk(process.url).open()
    await talk.send("đang làm")
    await talk.send("còn chờ")
    rasa.wait_for("đang làm")
    process.kill()
    rasa.script("đang làm")
    process.start()
    answers = await talk.answers(2)
    assert [line["text"] for line in answers] == ["echo đang làm", "echo còn chờ"]
    await talk.close()


async def test_killed_again_and_again_it_answers_each_message_once(process: Process, rasa: FakeRasa) -> None:
    chance = random.Random(7)
    talks = [await Talk(process.url).open() for _ in range(2)]
    sending = [asyncio.create_task(_send_stubbornly(talk)) for talk in talks]
    for kill in range(1, 4):
        await asyncio.to_thread(rasa.wait_for_count, kill * 4 + chance.randint(0, 3))
        process.kill()
        process.start()
    await asyncio.gather(*sending)
    for talk in talks:
        answers = await talk.answers(QUESTIONS)
        assert [line["text"] for line in answers] == [f"echo câu {number}" for number in range(QUESTIONS)]
        lines = await talk.history()
        assert [line["seq"] for line in lines] == list(range(1, 2 * QUESTIONS + 1))
        await talk.close()


async def _send_stubbornly(talk: Talk) -> None:
    """Send each message with its own client id until it is acknowledged, as the widget does."""
    for number in range(QUESTIONS):
        client_id = str(uuid.uuid4())
        while True:
            try:
                await talk.send(f"câu {number}", client_id)
                break
            except httpx.TransportError:
                await asyncio.sleep(0.05)  # the server is being started again
