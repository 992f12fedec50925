"""The command: asking, refusing incomplete answers and worse models; each step alone."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from benchmarks import eval as command
from benchmarks.evaluation import steps
from benchmarks.evaluation.product import ask
from benchmarks.evaluation.questions import EvaluationError, Question, read_set


class Office(BaseHTTPRequestHandler):
    """Speaks the REST endpoint of the front server; answers everything alike."""

    def do_GET(self) -> None:
        self._say({"status": "ok"})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        codes = {"procedures": ["1.004222"], "candidates": [], "aspects": ["fee"]}
        self._say({"outcome": "answered", **codes, "text": asked["text"]})

    def _say(self, data: dict) -> None:
        body = json.dumps(data).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def office() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Office)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    file = tmp_path / "questions.jsonl"
    lines = [{"id": f"q-{turn}", "dialogue": "d", "turn": turn, "text": "hk ở đâu"} for turn in (1, 2)]
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return file


def test_questions_are_asked_at_an_address(office: str, questions: Path, tmp_path: Path) -> None:
    answers = tmp_path / "answers.jsonl"
    ask(questions, answers, office, concurrency=1)
    written = [json.loads(line) for line in answers.read_text(encoding="utf-8").splitlines()]
    assert [(line["id"], line["procedures"]) for line in written] == [("q-1", ["1.004222"]), ("q-2", ["1.004222"])]


def test_nobody_there_is_said(questions: Path, tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="could not be asked"):
        ask(questions, tmp_path / "answers.jsonl", "http://127.0.0.1:9", concurrency=1)


def write_answers(file: Path, right_every: int) -> str:
    """Write answers of which every so-many-th is wrong."""
    lines = [line(question, right=place % right_every != 0) for place, question in enumerate(read_set())]
    file.write_text("\n".join(lines), encoding="utf-8")
    return str(file)


def line(question: Question, right: bool) -> str:
    named = {"answer": "answered"}.get(question.behaviour, question.behaviour)
    codes = list(question.procedures) if right else []
    given = {"procedures": codes, "candidates": codes, "aspects": sorted(question.aspects) if right else []}
    return json.dumps({"id": question.id, "outcome": named if right else "unavailable", **given, "latency_ms": 9})


@pytest.mark.parametrize(("before", "now", "code"), [(10, 10, 0), (4, 10, 0), (10, 4, 1)])
def test_a_worse_model_is_refused(
    before: int, now: int, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(command, "_page", lambda *_: [])
    files = write_answers(tmp_path / "before.jsonl", before), write_answers(tmp_path / "now.jsonl", now)
    assert command.main(["--answers", files[1], "--baseline", files[0]]) == code
    assert ("Refused" in capsys.readouterr().err) is bool(code)


def test_answers_to_some_questions_alone_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    file = tmp_path / "answers.jsonl"
    file.write_text(line(read_set()[0], right=True), encoding="utf-8")
    assert command.main(["--answers", str(file)]) == 2
    assert "questions have no answer" in capsys.readouterr().err


def test_a_step_runs_alone(questions: Path, capsys: pytest.CaptureFixture) -> None:
    assert steps.main(["normalise", str(questions)]) == 0
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert first == {"id": "q-1", "text": "hộ khẩu ở đâu"}


def test_a_step_without_a_file_says_so(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert steps.main(["find", str(tmp_path / "none.jsonl")]) == 2
    assert "none.jsonl" in capsys.readouterr().err
