"""Finding the procedure among the hundred with the most questions: names alone, procedures as intents, ours."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.comparison.acts import costs
from benchmarks.comparison.stock import ask, default_pipeline, train, with_bare_copies
from benchmarks.evaluation.figures import wilson
from benchmarks.evaluation.questions import Question, read_set, unseen
from benchmarks.evaluation.records import bundled_records, plain_bm25, read_names
from knowledge.search.finder import find
from knowledge.search.model import load_model
from nlu.questions import read_questions

_MOST = 100


def procedure_table(model: Path) -> list[str]:
    """Ask the frozen single questions about those hundred procedures; ``model`` is the trained search model."""
    taught = [example for example in read_questions() if len(example.codes) == 1]
    codes = {code for code, _ in Counter(example.code for example in taught).most_common(_MOST)}
    lessons = with_bare_copies([(e.text, e.code, ()) for e in taught if e.code in codes])
    asked = [question for question in unseen(read_set()) if _is_about(question, codes)]
    by_names, ours = _by_names(asked), _ours(asked, model)
    with tempfile.TemporaryDirectory() as folder:
        made, seconds = train(default_pipeline(), lessons, Path(folder))
        stock = ask(made, [question.text for question in asked], seconds)
    intents = {question.id: answer["intent"]["name"] for question, answer in zip(asked, stock.answers)}
    return [
        f"The {_MOST} procedures with the most training questions; {len(asked)} frozen single questions about them,",
        "which other people wrote. Rasa is taught each procedure as an intent, from the same questions",
        f"({len(lessons)} sentences with the copies without marks) and has only these hundred to choose from; names",
        "alone and ours choose among all procedures of the records.",
        "",
        "| | right procedure first, % (95 %) | Training CPU s | Load s | Parse ms (median) | Model MB |",
        "|---|---|---|---|---|---|",
        f"| BM25 over the official names | {_share(asked, by_names)} | – | – | – | – |",
        f"| Rasa's default (DIET), procedures as intents | {_share(asked, intents)} | {costs(stock)} |",
        f"| ours | {_share(asked, ours)} | see below | | | |",
    ]


def _is_about(question: Question, codes: set[str]) -> bool:
    answered = question.set == "single" and not question.twin_of and question.behaviour == "answer"
    return answered and bool(question.procedures) and set(question.procedures) <= codes


def _by_names(asked: Sequence[Question]) -> dict[str, str]:
    with bundled_records() as session:
        answers = plain_bm25(read_names(session), asked)
    return {number: (answer.procedures or ("",))[0] for number, answer in answers.items()}


def _ours(asked: Sequence[Question], folder: Path) -> dict[str, str]:
    model = load_model(folder)
    with bundled_records() as session:
        found = {question.id: find(session, question.text, 1, model).hits for question in asked}
    return {number: hits[0].code if hits else "" for number, hits in found.items()}


def _share(asked: Sequence[Question], first: Mapping[str, str]) -> str:
    right = sum(first[question.id] in question.procedures for question in asked)
    low, high = wilson(right / len(asked), len(asked))
    return f"{100 * right / len(asked):.1f} ({100 * low:.0f}–{100 * high:.0f})"
