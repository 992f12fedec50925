"""The frozen questions, and the answers that ``python -m bot.ask --jsonl`` gave to them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlu.corpus import read_all
from nlu.text import folded_tokens

FROZEN = Path(__file__).parents[1] / "frozen"
DEVELOPMENT = Path(__file__).parents[1] / "development"
SETS = ("single", "dialogues")
# Where every listed procedure is wanted, not any one of them; see frozen/README.md.
_ALL_WANTED_TOPIC = "two_procedures"
_ALL_WANTED = frozenset({"d-318", "d-407", "d-410"})
_EVERYBODY_SAYS = 4  # words; "giá bao nhiêu" stands in any list of examples and gives nothing away


class EvaluationError(ValueError):
    """The questions or answers cannot be scored; the message says why."""


@dataclass(frozen=True)
class Question:
    """One frozen question and what a fair expert expects.

    ``procedures``: any of them is right, or with ``all_wanted`` all of them. ``cluster`` is shared by questions that
    are not independent: the turns of one dialogue, a question and its copy without marks.
    """

    id: str
    set: str
    cluster: str
    turn: int
    text: str
    topic: str
    style: str
    region: str
    behaviour: str
    procedures: tuple[str, ...]
    aspects: frozenset[str]
    all_wanted: bool = False
    twin_of: str = ""


@dataclass(frozen=True)
class Answer:
    """One line of ``bot.ask``; ``aspects`` may be finer than those of the questions."""

    id: str
    outcome: str
    procedures: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    aspects: tuple[str, ...] = ()
    latency_ms: float = 0.0


def read_set(folder: Path = FROZEN) -> list[Question]:
    """Return all questions of a folder."""
    return [_question(data, name) for name in SETS for data in _lines(folder / f"{name}.jsonl")]


def _question(data: dict[str, Any], name: str) -> Question:
    expect, number, topic = data["expect"], str(data["id"]), data["topic"]
    twin_of = number.removesuffix("n") if number.endswith("n") else ""
    return Question(
        id=number,
        set=name,
        cluster=data["dialogue"].removesuffix("n"),
        turn=data["turn"],
        text=data["text"],
        topic=topic,
        style=data["style"],
        region=data["region"],
        behaviour=expect["behaviour"],
        procedures=tuple(expect["procedures"]),
        aspects=frozenset(expect["aspects"]),
        all_wanted=topic == _ALL_WANTED_TOPIC or number in _ALL_WANTED,
        twin_of=twin_of,
    )


def unseen(questions: Sequence[Question]) -> list[Question]:
    """Leave out questions that somebody else wrote, word for word but for marks, into the training data."""
    taught = set(map(_said, taught_texts()))
    return [
        question
        for question in questions
        if len(words := _said(question.text)) <= _EVERYBODY_SAYS or words not in taught
    ]


def taught_texts() -> list[str]:
    """Return every sentence that the product trains on."""
    return [example.text for example in read_all()]


def _said(text: str) -> tuple[str, ...]:
    return tuple(folded_tokens(text))


def read_answers(path: Path, questions: Sequence[Question]) -> dict[str, Answer]:
    """Return the answers by question.

    Raises:
        EvaluationError: a question has no answer, or two; leaving out hard ones would flatter.
    """
    answers = [_answer(data) for data in _lines(path)]
    by_id = {answer.id: answer for answer in answers}
    missing = [question.id for question in questions if question.id not in by_id]
    if missing:
        raise EvaluationError(f"{path}: {len(missing)} questions have no answer, the first is {missing[0]}")
    if len(by_id) < len(answers):
        raise EvaluationError(f"{path}: some questions have several answers")
    return by_id


def _answer(data: dict[str, Any]) -> Answer:
    codes = {name: tuple(data[name]) for name in ("procedures", "candidates", "aspects")}
    return Answer(str(data["id"]), data["outcome"], **codes, latency_ms=float(data["latency_ms"]))


def _lines(path: Path) -> list[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")  # not splitlines(): a text may hold odd separators
        return [json.loads(line) for line in lines if line.strip()]
    except (OSError, ValueError) as error:
        raise EvaluationError(f"{path}: {error}") from error
