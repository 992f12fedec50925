"""The REST door and the batch runner that uses it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot import ask
from bot.channels.rest import merged
from knowledge.reply import Reply
from tests.bot.fake_rasa import FakeRasa, Held, reply
from tests.bot.running import Running
from tests.fakes.loopback import PATIENCE

Run = Callable[..., tuple[int, list[dict[str, Any]], str]]


@pytest.fixture
def client(server: Running) -> Any:
    with httpx.Client(verify=False, base_url=server.url, timeout=PATIENCE, trust_env=False) as found:
        yield found


def test_it_waits_for_the_whole_answer(client: httpx.Client, rasa: FakeRasa) -> None:
    rasa.script("phí?", [*reply("một", procedures=["1.1"]), *reply("hai", procedures=["1.2", "1.1"])])
    answer = client.post("/api/rest/messages", json={"conversation": "c", "text": "phí?"}).json()
    assert (answer["outcome"], answer["procedures"], answer["text"]) == ("answered", ["1.1", "1.2"], "một\n\nhai")
    assert [data["outcome"] for data in answer["replies"]] == ["answered", "answered"]


def test_one_name_is_one_conversation(client: httpx.Client, rasa: FakeRasa) -> None:
    for name, text in (("a", "một"), ("b", "hai"), ("a", "ba")):
        client.post("/api/rest/messages", json={"conversation": name, "text": text})
    senders = [body["sender"] for body in rasa.received]
    assert senders[0] == senders[2] != senders[1]


def test_the_same_client_id_gets_the_same_answer(client: httpx.Client, rasa: FakeRasa) -> None:
    body = {"conversation": "c", "text": "chào", "client_id": "1"}
    assert client.post("/api/rest/messages", json=body).json() == client.post("/api/rest/messages", json=body).json()
    assert rasa.messages == ["chào"]


@pytest.mark.parametrize(
    "body",
    [
        {"text": "chào"},
        {"conversation": "", "text": "chào"},
        {"conversation": 7, "text": "chào"},
        {"conversation": "x" * 121, "text": "chào"},
        {"conversation": "c\x00", "text": "chào"},
        {"conversation": "c", "text": "chào", "client_id": None},
        {"conversation": "c", "text": "chào", "client_id": "x" * 51},
        {"conversation": "c", "text": ""},
        {"conversation": "c"},
        [],
    ],
)
def test_bad_requests_are_refused(client: httpx.Client, body: object) -> None:
    assert client.post("/api/rest/messages", json=body).status_code == 422


def test_an_answer_that_does_not_come_is_a_timeout(serve: Callable[..., Running], rasa: FakeRasa) -> None:
    rasa.script("chậm", Held())
    server = serve(rest_wait=0.05)
    body = {"conversation": "c", "text": "chậm"}
    response = httpx.post(f"{server.url}/api/rest/messages", json=body, timeout=PATIENCE, trust_env=False, verify=False)
    assert (response.status_code, response.json()["error"]["code"]) == (504, "timeout")


MERGED = [
    ([], "handoff"),
    (["answered"], "answered"),
    (["smalltalk", "answered"], "answered"),
    (["smalltalk", "clarify"], "clarify"),
    (["unavailable", "smalltalk"], "unavailable"),
    (["unknown_fact", "handoff"], "unknown_fact"),
]


@pytest.mark.parametrize(("outcomes", "outcome"), MERGED)
def test_the_reply_with_the_answer_names_the_outcome(outcomes: list[str], outcome: str) -> None:
    assert merged([Reply(name, ()) for name in outcomes])["outcome"] == outcome


@pytest.fixture
def run(server: Running, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run the command on lines and return its code, its output lines and what it said on stderr."""

    def start(*lines: str, options: tuple[str, ...] = ()) -> tuple[int, list[dict[str, Any]], str]:
        path = tmp_path / "questions.jsonl"
        path.write_text("\n".join(lines), encoding="utf-8")
        code = ask.main(["--jsonl", str(path), "--url", server.url, *options])
        said = capsys.readouterr()
        return code, [json.loads(line) for line in said.out.splitlines() if line.startswith("{")], said.err

    return start


def _line(**data: Any) -> str:
    return json.dumps(data, ensure_ascii=False)


def test_dialogues_keep_their_turns_and_the_output_keeps_the_input_order(run: Run, rasa: FakeRasa) -> None:
    places = [("b", 2), ("a", 3), ("b", 1), ("a", 1), ("a", 2), ("c", 1)]
    code, answers, _ = run(*(_line(id=f"{n}{t}", dialogue=n, turn=t, text=f"{n}{t}") for n, t in places))
    assert code == 0
    assert [(line["id"], line["text"]) for line in answers] == [(f"{n}{t}", f"echo {n}{t}") for n, t in places]
    for name in "ab":
        asked = [body for body in rasa.received if body["message"].startswith(name)]
        assert [body["message"] for body in asked] == sorted(body["message"] for body in asked)
        assert len({body["sender"] for body in asked}) == 1
    assert len({body["sender"] for body in rasa.received}) == 3


def test_every_run_has_fresh_conversations(run: Run, rasa: FakeRasa) -> None:
    run(_line(id=1, dialogue="d", turn=1, text="chào"))
    run(_line(id=1, dialogue="d", turn=1, text="chào"))
    assert len({body["sender"] for body in rasa.received}) == 2


def test_an_answer_line_has_what_evaluations_need(run: Run, rasa: FakeRasa) -> None:
    buttons = [{"title": "Bản sao", "intent": "choose_option"}, {"title": "Đăng ký lại", "intent": "choose_option"}]
    more = {"outcome": "clarify", "candidates": ["2.1", "2.2"], "aspects": ["fee"], "buttons": buttons}
    rasa.script("hư", reply("Cần **loại nào** ạ?", **more))
    _, (answer,), _ = run(_line(id="q", dialogue="d", turn=1, text="hư"))
    assert answer.pop("latency_ms") >= 0
    assert answer == {
        "id": "q",
        "outcome": "clarify",
        "procedures": [],
        "candidates": ["2.1", "2.2"],
        "aspects": ["fee"],
        "text": "Cần loại nào ạ?\n\n[1] Bản sao\n[2] Đăng ký lại",
    }


def test_a_bad_line_is_reported_and_the_others_go_on(run: Run) -> None:
    bad = ["{", "7", _line(id="no text"), _line(id="t", text="x", turn="one"), _line(id="long", text="x" * 3000)]
    code, answers, said = run(_line(id="first", text="chào"), "", *bad, _line(id="last", text="tạm biệt"))
    assert code == 0
    assert [line["id"] for line in answers] == ["first", None, None, "no text", "t", "long", "last"]
    assert ["error" in line for line in answers] == [False, True, True, True, True, True, False]
    assert {line["outcome"] for line in answers[1:-1]} == {"unavailable"}
    assert [number for number in range(1, 9) if f"line {number}:" in said] == [3, 4, 5, 6]


def test_the_answers_can_go_to_a_file(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    code, printed, _ = run(_line(id=1, text="chào"), options=("--out", str(path)))
    assert (code, printed) == (0, [])
    assert json.loads(path.read_text(encoding="utf-8"))["text"] == "echo chào"


def test_questions_can_come_from_standard_input(
    server: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(_line(id=1, text="chào") + "\n"))
    assert ask.main(["--jsonl", "-", "--url", server.url]) == 0
    assert "echo chào" in capsys.readouterr().out


def test_one_question_prints_what_the_citizen_reads(
    server: Running, rasa: FakeRasa, capsys: pytest.CaptureFixture[str]
) -> None:
    rasa.script("phí?", reply("**10.000 đ**"))
    assert ask.main(["phí?", "--url", server.url]) == 0
    assert "10.000 đ" in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("arguments", [["chào", "--url", "http://127.0.0.1:1"], ["--jsonl", "/nowhere/at/all"]])
def test_what_cannot_be_done_is_one_line_and_exit_2(
    arguments: list[str], server: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    where = [] if "--url" in arguments else ["--url", server.url]
    assert ask.main([*arguments, *where]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith("bot.ask: ")
