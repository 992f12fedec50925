"""The web channel: what is accepted, what is refused, and that the conversation goes on."""

from __future__ import annotations

import asyncio
import json
import unicodedata
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bot.citizen import Talk
from tests.bot.fake_rasa import FakeRasa, Held, reply
from tests.bot.running import Running
from tests.fakes.loopback import PATIENCE

Start = Callable[[], Any]


async def test_a_question_is_answered_and_kept(talk: Talk, rasa: FakeRasa) -> None:
    rasa.script("phí?", reply("**10.000 đ**", procedures=["1.004222"]))
    answer = await talk.ask("phí?")
    assert answer["text"] == "10.000 đ"
    assert answer["reply"]["procedures"] == ["1.004222"]
    assert answer["outcome"] == "answered"
    assert [line["author"] for line in await talk.history()] == ["citizen", "assistant"]
    assert rasa.received[0]["sender"] == talk.conversation_id


async def test_messages_are_answered_in_their_order(talk: Talk, rasa: FakeRasa) -> None:
    for number in range(12):
        await talk.send(f"câu {number}")
    answers = await talk.answers(12)
    assert [line["text"] for line in answers] == [f"echo câu {number}" for number in range(12)]
    assert rasa.messages == [f"câu {number}" for number in range(12)]


async def test_a_slow_conversation_does_not_hold_up_another(talks: Start, rasa: FakeRasa) -> None:
    held = Held()
    rasa.script("chậm", held)
    slow, quick = await talks(), await talks()
    await slow.send("chậm")
    rasa.wait_for("chậm")
    assert (await quick.ask("nhanh"))["text"] == "echo nhanh"
    assert [line["author"] for line in await slow.history()] == ["citizen"]
    held.release.set()
    assert (await slow.answers(1))[0]["text"] == "echo chậm"


async def test_the_same_client_id_is_one_message(talk: Talk, rasa: FakeRasa) -> None:
    client_id = str(uuid.uuid4())
    first = await talk.send("một lần", client_id)
    assert [await talk.send("một lần", client_id) for _ in range(3)] == [first] * 3
    await talk.send("rồi sao")
    await talk.answers(2)
    assert rasa.messages == ["một lần", "rồi sao"]
    assert [line["author"] for line in await talk.history()].count("citizen") == 2


async def test_one_message_sent_twice_at_once_is_one_message(talk: Talk, rasa: FakeRasa) -> None:
    client_id = str(uuid.uuid4())
    seqs = await asyncio.gather(*(talk.send("cùng lúc", client_id) for _ in range(8)))
    await talk.send("xong")
    await talk.answers(2)
    assert len(set(seqs)) == 1
    assert rasa.messages == ["cùng lúc", "xong"]


async def test_typing_is_shown_while_an_answer_is_made(talk: Talk, rasa: FakeRasa) -> None:
    held = Held()
    rasa.script("nghĩ", held)
    async with talk.stream() as events:
        await talk.send("nghĩ")
        seen = [await events.__anext__(), await events.__anext__()]
        held.release.set()
        seen += [await events.__anext__(), await events.__anext__()]
    assert [name for name, _ in seen] == ["message", "typing", "message", "typing"]
    assert (seen[1][1], seen[3][1]) == ({"on": True}, {"on": False})


async def test_a_tapped_button_sends_its_intent_and_shows_its_title(talk: Talk, rasa: FakeRasa) -> None:
    button = {"title": "Lệ phí", "intent": "ask_procedure", "entities": {"aspect": ["fee", "time"], "place": "La Gi"}}
    rasa.script("hỏi", reply("Dạ", buttons=[button]))
    offered = await talk.ask("hỏi")
    assert (await talk.tap(offered["seq"], 0)).status_code == 202
    await talk.answers(2)
    assert rasa.messages[1] == '/ask_procedure{"aspect": ["fee", "time"], "place": "La Gi"}'
    assert (await talk.history())[2]["text"] == "Lệ phí"


@pytest.mark.parametrize(("seq", "index"), [(2, 1), (1, 0), (99, 0), (0, 0)])
async def test_a_button_that_was_not_offered_is_refused(talk: Talk, rasa: FakeRasa, seq: int, index: int) -> None:
    rasa.script("hỏi", reply("Dạ", buttons=[{"title": "Phí", "intent": "ask_procedure"}]))
    await talk.ask("hỏi")
    response = await talk.tap(seq, index)
    assert (response.status_code, response.json()["error"]["code"]) == (422, "unknown_button")


async def test_a_button_of_another_conversation_is_refused(talks: Start, rasa: FakeRasa) -> None:
    rasa.script("hỏi", reply("Dạ", buttons=[{"title": "Phí", "intent": "ask_procedure"}]))
    one, other = await talks(), await talks()
    offered = await one.ask("hỏi")
    await other.send("chào")
    assert (await other.tap(offered["seq"], 0)).status_code == 422


TYPED = [
    ("xin chào", "xin chào"),
    (unicodedata.normalize("NFD", "đăng ký thường trú"), "đăng ký thường trú"),
    ("chào\u200b\u2060 bạn\ufeff", "chào bạn"),
    ("🙏🏻 cảm ơn 👨‍👩‍👧", "🙏🏻 cảm ơn 👨👩👧"),
    ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ("'; DROP TABLE messages; --", "'; DROP TABLE messages; --"),
    ("{{7*7}} ${x} %s \\", "{{7*7}} ${x} %s \\"),
    ("a\x00b\x07c", "a b c"),
    ("nửa \ud83d cặp", "nửa   cặp"),
    ("/restart", "restart"),
    ("  //  /ask_human{}", "ask_human{}"),
    ("\u200b/restart", "restart"),
    ("\u00a0/restart", "restart"),
    ("1", "1"),
    ("x" * 2000, "x" * 2000),
    (unicodedata.normalize("NFD", "ế" * 2000), "ế" * 2000),
]


@pytest.mark.parametrize(("typed", "asked"), TYPED)
async def test_any_text_is_a_question(talk: Talk, rasa: FakeRasa, typed: str, asked: str) -> None:
    response = await talk.post_raw(json.dumps({"client_id": str(uuid.uuid4()), "text": typed}).encode())
    assert response.status_code == 202, response.text
    await talk.answers(1)
    assert rasa.messages == [asked]


async def test_text_of_slashes_alone_gets_a_hint(talk: Talk, rasa: FakeRasa) -> None:
    answer = await talk.ask("/ //")
    assert answer["outcome"] == "smalltalk"
    assert rasa.messages == []
    assert (await talk.history())[0]["text"] == "/ //"


ID = "3f0e7c5e-1a1f-4f0e-9f5f-0f6f4d3c2b1a"
REFUSED = [
    (b"", 400, "bad_json"),
    (b"not json", 400, "bad_json"),
    (b'{"client_id": ', 400, "bad_json"),
    (b"\xff\xfe\x00", 400, "bad_json"),
    (b"[" * 60_000, 400, "bad_json"),
    (b"[]", 422, "bad_request"),
    (b"null", 422, "bad_request"),
    (b'"text"', 422, "bad_request"),
    (b"{}", 422, "bad_request"),
    (json.dumps({"text": "chào"}).encode(), 422, "bad_request"),
    (json.dumps({"client_id": "7", "text": "chào"}).encode(), 422, "bad_request"),
    (json.dumps({"client_id": ID}).encode(), 422, "bad_request"),
    (json.dumps({"client_id": ID, "text": 7}).encode(), 422, "bad_request"),
    (json.dumps({"client_id": ID, "text": None}).encode(), 422, "bad_request"),
    (json.dumps({"client_id": ID, "text": ""}).encode(), 422, "empty"),
    (json.dumps({"client_id": ID, "text": " \n\t\u200b\x00 "}).encode(), 422, "empty"),
    (json.dumps({"client_id": ID, "text": "x" * 2001}).encode(), 422, "too_long"),
    (json.dumps({"client_id": ID, "text": "x" * 10_000}).encode(), 422, "too_long"),
    (json.dumps({"client_id": ID, "button": None}).encode(), 422, "bad_request"),
    (json.dumps({"client_id": ID, "button": {"seq": "1", "index": 0}}).encode(), 422, "bad_request"),
    (json.dumps({"client_id": ID, "button": {"seq": True, "index": 0}}).encode(), 422, "bad_request"),
    (json.dumps({"client_id": ID, "button": {"seq": 1, "index": -1}}).encode(), 422, "bad_request"),
    (json.dumps({"client_id": ID, "button": {"seq": 10**30, "index": 0}}).encode(), 422, "bad_request"),
    (json.dumps({"client_id": ID, "text": "x" * 70_000}).encode(), 413, "too_large"),
    (b"x" * 1_000_000, 413, "too_large"),
]


async def test_bad_requests_are_refused_politely_and_the_conversation_goes_on(talk: Talk) -> None:
    for body, status, code in REFUSED:
        response = await talk.post_raw(body)
        assert (response.status_code, response.json()["error"]["code"]) == (status, code), body[:80]
        assert response.json()["error"]["message"].endswith("ạ.")
    assert (await talk.ask("vẫn được chứ"))["text"] == "echo vẫn được chứ"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=9), children, max_size=3),
    max_leaves=6,
)
TEXTS = st.text(st.characters(exclude_categories=()), max_size=300)
BODIES = st.binary(max_size=200) | st.one_of(
    JSON,
    st.fixed_dictionaries({"client_id": st.uuids().map(str), "text": TEXTS}),
    st.fixed_dictionaries({"client_id": st.uuids().map(str), "button": JSON}),
    st.fixed_dictionaries(
        {"client_id": st.just(ID) | st.text(), "button": st.fixed_dictionaries({"seq": JSON, "index": JSON})}
    ),
).map(lambda data: json.dumps(data).encode())


@given(body=BODIES)
@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_no_body_breaks_the_server(fuzzed: httpx.Client, body: bytes) -> None:
    response = fuzzed.post("/api/web/messages", content=body)
    assert response.status_code in (202, 400, 422), response.text
    assert "seq" in response.json() or response.json()["error"]["message"]


@pytest.fixture
def fuzzed(server: Running) -> Any:
    with httpx.Client(verify=False, base_url=server.url, timeout=PATIENCE, trust_env=False) as client:
        token = client.post("/api/web/conversations").json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client
        assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize("value", ["x", "-1", "1e3", "9" * 11, "9" * 400, "٣", " 1 2"])
async def test_a_strange_place_to_replay_from_is_refused(talk: Talk, value: str) -> None:
    assert (await talk.get("/api/web/events", after=value)).status_code == 422
    assert (await talk.get("/api/web/history", after=value)).status_code == 422


async def test_history_is_read_in_pages(talk: Talk) -> None:
    for number in range(3):
        await talk.ask(f"câu {number}")
    first = (await talk.get("/api/web/history", limit=4)).json()
    rest = (await talk.get("/api/web/history", after=4)).json()
    assert [line["seq"] for line in first["messages"]] == [1, 2, 3, 4]
    assert [line["seq"] for line in rest["messages"]] == [5, 6]
    assert first["last_seq"] == rest["last_seq"] == 6
    assert first["messages"][1]["client_id"] is None


async def test_unknown_addresses_and_methods_answer_in_json(server: Running) -> None:
    async with httpx.AsyncClient(verify=False, base_url=server.url, timeout=PATIENCE, trust_env=False) as client:
        assert (await client.get("/api/web/nothing")).json()["error"]["code"] == "not_found"
        assert (await client.get("/api/web/messages")).json()["error"]["code"] == "method"
