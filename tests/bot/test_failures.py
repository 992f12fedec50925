"""Rasa away, slow or talking nonsense: an honest answer in the end, and the conversation goes on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from bot.metrics import PARTS
from bot.settings import Settings
from knowledge.models import Conversation, Handoff, InboxItem
from tests.bot.citizen import Talk
from tests.bot.fake_rasa import PATIENCE, FakeRasa, Held, reply
from tests.bot.running import Running

NONSENSE: list[tuple[str, Any]] = [
    ("a server error", 500),
    ("a lost conversation lock", 409),
    ("HTML", b"<html>Bad gateway</html>"),
    ("cut JSON", b'[{"custom": '),
    ("not UTF-8", b"\xff\xfe"),
    ("nothing", b"[]"),
    ("an object", b"{}"),
    ("a list of text", b'["hello"]'),
    ("no text", [{"recipient_id": "x"}]),
    ("blank text", [{"text": "  "}]),
    ("an unknown outcome", reply("x", outcome="guess")),
    ("a wrong expectation", reply("x", expects="password")),
    ("a bad button", reply("x", buttons=[{"name": "x"}])),
    ("an unreadable list", [{"custom": {"outcome": "answered", "bubbles": [[{"kind": "list", "items": [{}]}]]}}]),
]


@pytest.mark.parametrize("nonsense", [answer for _, answer in NONSENSE], ids=[name for name, _ in NONSENSE])
async def test_nonsense_is_tried_again_then_admitted(talk: Talk, rasa: FakeRasa, nonsense: Any) -> None:
    rasa.script("hỏi", nonsense)
    answer = await talk.ask("hỏi")
    assert answer["outcome"] == "unavailable"
    assert answer["reply"]["buttons"][0]["intent"] == "ask_human"
    assert rasa.messages == ["hỏi"] * 3
    assert (await talk.ask("câu sau"))["text"] == "echo câu sau"


@pytest.mark.parametrize("nonsense", [500, b"[]", b"{"])
async def test_one_good_answer_among_the_tries_is_enough(talk: Talk, rasa: FakeRasa, nonsense: Any) -> None:
    rasa.script("hỏi", nonsense, reply("đây ạ"))
    assert (await talk.ask("hỏi"))["text"] == "đây ạ"
    assert [line["author"] for line in await talk.history()] == ["citizen", "assistant"]


async def test_rasa_too_slow_is_admitted(serve: Callable[..., Running], rasa: FakeRasa) -> None:
    rasa.script("chậm", Held())
    talk = await Talk(serve(assistant_timeout=0.05).url).open()
    assert (await talk.ask("chậm"))["outcome"] == "unavailable"
    await talk.close()


async def test_rasa_down_and_back(talk: Talk, rasa: FakeRasa) -> None:
    rasa.down()
    assert (await talk.ask("có ai không"))["outcome"] == "unavailable"
    rasa.up()
    assert (await talk.ask("giờ thì sao"))["text"] == "echo giờ thì sao"


async def test_a_person_can_be_asked_for_while_rasa_is_down(talk: Talk, rasa: FakeRasa, server: Running) -> None:
    rasa.down()
    offered = await talk.ask("có ai không")
    assert (await talk.tap(offered["seq"], 0)).status_code == 202
    answers = await talk.answers(2)
    assert answers[1]["outcome"] == "handoff"
    with server.sessions() as session:
        assert session.scalar(sa.select(Handoff.state)) in ("queued", "callback")
    rasa.up()


async def test_plain_text_from_rasa_is_accepted(talk: Talk, rasa: FakeRasa) -> None:
    rasa.script("hỏi", [{"recipient_id": "x", "text": "Dạ"}, *reply("Đây ạ")])
    await talk.send("hỏi")
    assert [line["text"] for line in await talk.answers(2)] == ["Dạ", "Đây ạ"]


async def test_a_poison_message_is_parked_and_blocks_nobody(talk: Talk, rasa: FakeRasa, server: Running) -> None:
    # Half of a surrogate pair passes every check of shape, and no database takes it.
    rasa.script("độc", json.dumps(reply("\ud800")).encode())
    await talk.send("độc")
    await talk.send("lành")
    answers = await talk.answers(2)
    assert [line["outcome"] for line in answers] == ["unavailable", "answered"]
    with server.sessions() as session:
        assert session.scalars(sa.select(InboxItem.state).order_by(InboxItem.id)).all() == ["parked", "done"]
    assert (await talk.get("/readyz")).json()["parked"] == 1


async def test_an_answer_is_dropped_when_people_took_over(talk: Talk, rasa: FakeRasa, server: Running) -> None:
    held = Held()
    rasa.script("hỏi", held)
    await talk.send("hỏi")
    rasa.wait_for("hỏi")
    _give_to(server, talk, "staff-7")
    held.release.set()
    await talk.send("cán bộ ơi")  # for the person: never reaches Rasa
    await _all_done(server)
    assert [line["author"] for line in await talk.history()] == ["citizen", "citizen"]
    assert rasa.messages == ["hỏi"]
    _give_to(server, talk, "bot")
    assert (await talk.ask("trợ lý ơi"))["text"] == "echo trợ lý ơi"


def _give_to(server: Running, talk: Talk, owner: str) -> None:
    with server.sessions.begin() as session:
        conversation = session.get(Conversation, talk.conversation_id)
        conversation.owner, conversation.version = owner, conversation.version + 1


async def _all_done(server: Running) -> None:
    """Return once every inbox item is closed: nothing tells a citizen of it, so it is looked up."""
    unfinished = sa.select(InboxItem.id).where(InboxItem.state != "done")
    until = asyncio.get_running_loop().time() + PATIENCE
    while asyncio.get_running_loop().time() < until:
        with server.sessions() as session:
            if session.scalar(unfinished) is None:
                return
        await asyncio.sleep(0.01)
    raise AssertionError("not all items were closed")


async def test_healthz_and_readyz_tell_what_answers(talk: Talk, rasa: FakeRasa, settings: Settings) -> None:
    assert (await talk.get("/healthz")).json() == {"status": "ok"}
    ready = await talk.get("/readyz")
    assert ready.status_code == 503
    assert {name: value for name, value in ready.json().items() if name in PARTS} == {
        **dict.fromkeys(PARTS, True),
        "actions": False,
    }
    assert ready.json()["ill"] == ["actions"]


async def test_readyz_is_200_when_all_answer(serve: Callable[..., Running], rasa: FakeRasa) -> None:
    talk = await Talk(serve(actions_url=rasa.url).url).open()
    assert (await talk.get("/readyz")).status_code == 200
    await talk.close()
