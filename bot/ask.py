"""Ask the running product one question, or a whole file of them.

``python -m bot.ask "câu hỏi"`` prints what the citizen reads. ``python -m bot.ask --jsonl FILE``
reads lines ``{"id", "dialogue", "turn", "text"}`` (``-`` = standard input) and writes, in the same
order, lines ``{"id", "outcome", "procedures", "candidates", "aspects", "text", "latency_ms"}``.
Lines of one dialogue share a conversation, in the order of their turns.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import httpx

DEFAULT_URL = "http://127.0.0.1:8080"
_ANSWER_WITHIN = 40.0  # seconds; the server itself gives up earlier and says so
Answer = dict[str, Any]

_KEPT = ("outcome", "procedures", "candidates", "aspects", "text")


@dataclass(frozen=True)
class Question:
    """One input line. ``place`` is its position in the file, from 0; ``fault`` why it cannot be asked."""

    place: int
    id: Any
    dialogue: str = ""
    turn: float = 0
    text: str = ""
    fault: str = ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 2 = the product does not run, or the file cannot be read."""
    options = _options().parse_args(arguments)
    try:
        return asyncio.run(_run(options))
    except (httpx.TransportError, httpx.InvalidURL):
        print(f"bot.ask: nothing answers at {options.url}: start the product first", file=sys.stderr)
    except (OSError, UnicodeDecodeError) as error:
        print(f"bot.ask: {error}", file=sys.stderr)
    return 2


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot.ask", description="Ask the running product.")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("question", nargs="?", help="one question")
    what.add_argument("--jsonl", metavar="FILE", help="a file of questions, one JSON object a line; - = standard input")
    parser.add_argument("--out", metavar="FILE", type=Path, help="where answers go (default: standard output)")
    parser.add_argument("--url", default=DEFAULT_URL, help="address of the front server (default: %(default)s)")
    parser.add_argument("--concurrency", type=int, default=4, help="dialogues asked at once (default: %(default)s)")
    return parser


async def _run(options: argparse.Namespace) -> int:
    token = os.environ.get("BOT_REST_TOKEN")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    client = httpx.AsyncClient(base_url=options.url, headers=headers, timeout=_ANSWER_WITHIN, trust_env=False)
    async with client:
        await client.get("/healthz")
        if options.jsonl is None:
            return await _ask_one(client, options.question)
        questions = _read(_lines(options.jsonl))
        with _writer(options.out) as out:
            async for answer in ask_all(client, questions, max(1, options.concurrency)):
                print(json.dumps(answer, ensure_ascii=False), file=out, flush=True)
    return 0


async def _ask_one(client: httpx.AsyncClient, text: str) -> int:
    answer = await ask(client, f"ask-{uuid.uuid4()}", Question(0, "", text=text))
    print(answer["text"])
    if "error" in answer:
        print(f"bot.ask: {answer['error']}", file=sys.stderr)
    return 1 if "error" in answer else 0


def _lines(source: str) -> list[str]:
    text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8-sig")
    return text.split("\n")


def _writer(path: Path | None):  # type: ignore[no-untyped-def]
    return path.open("w", encoding="utf-8") if path else nullcontext(sys.stdout)


def _read(lines: Iterable[str]) -> list[Question]:
    """Return a question for every line that is not blank; a bad one is reported and carries its fault."""
    questions: list[Question] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        question = _question(len(questions), number, line)
        if question.fault:
            print(f"bot.ask: line {number}: {question.fault}", file=sys.stderr)
        questions.append(question)
    return questions


def _question(place: int, number: int, line: str) -> Question:
    try:
        data = json.loads(line)
    except ValueError:
        return Question(place, None, fault="not JSON")
    if not isinstance(data, dict):
        return Question(place, None, fault="not a JSON object")
    if not isinstance(data.get("text"), str):
        return Question(place, data.get("id"), fault="no text")
    turn = data.get("turn", number)
    if isinstance(turn, bool) or not isinstance(turn, (int, float)):
        return Question(place, data.get("id"), fault="turn is not a number")
    return Question(place, data.get("id"), _dialogue(data, number), turn, data["text"])


def _dialogue(data: dict[str, Any], number: int) -> str:
    named = data.get("dialogue")
    return f"line {number}" if named is None else f"dialogue {named}"


async def ask_all(client: httpx.AsyncClient, questions: Sequence[Question], concurrency: int) -> AsyncIterator[Answer]:
    """Yield an answer for every question, in the order of the questions, each as soon as it can be."""
    answers: list[asyncio.Future[Answer]] = [asyncio.get_running_loop().create_future() for _ in questions]
    places = asyncio.Semaphore(concurrency)
    run = uuid.uuid4()

    async def hold(number: int, turns: list[Question]) -> None:
        async with places:
            for question in sorted(turns, key=lambda question: question.turn):
                answers[question.place].set_result(await ask(client, f"ask-{run}-{number}", question))

    tasks = [asyncio.create_task(hold(number, turns)) for number, turns in enumerate(_dialogues(questions))]
    for question, answer in zip(questions, answers):
        yield _failed(question, question.fault, 0) if question.fault else await answer
    await asyncio.gather(*tasks)


def _dialogues(questions: Iterable[Question]) -> list[list[Question]]:
    dialogues: defaultdict[str, list[Question]] = defaultdict(list)
    for question in questions:
        if not question.fault:
            dialogues[question.dialogue].append(question)
    return list(dialogues.values())


async def ask(client: httpx.AsyncClient, conversation: str, question: Question) -> Answer:
    """Return the answer to one question; a refusal or a lost connection is an ``error`` in it."""
    started = monotonic()
    try:
        body = {"conversation": conversation, "text": question.text}
        response = await client.post("/api/rest/messages", json=body)
        data, seconds = response.json(), monotonic() - started
        if response.status_code != 200:
            return _failed(question, data["error"]["code"], seconds, data["error"]["message"])
        return {"id": question.id, **{name: data[name] for name in _KEPT}, "latency_ms": round(seconds * 1000)}
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        return _failed(question, type(error).__name__, monotonic() - started)


def _failed(question: Question, error: str, seconds: float, text: str = "") -> Answer:
    empty: dict[str, Any] = {"outcome": "unavailable", "procedures": [], "candidates": [], "aspects": []}
    return {"id": question.id, **empty, "text": text, "latency_ms": round(seconds * 1000), "error": error}


if __name__ == "__main__":
    sys.exit(main())
