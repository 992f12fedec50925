"""The worst confusions: what was expected, what was given, and the file where a better example belongs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.evaluation.scoring import Verdict, listing
from nlu.questions import FOLDER as QUESTIONS
from nlu.questions import read_questions

ROOT = Path(__file__).parents[2]
_RECORDS = Path("knowledge/data/procedures")
_INDEX = "knowledge/data/index/procedures.csv"
# Where behaviours that name no procedure are taught.
_BEHAVIOUR_FILES = {
    "clarify": "knowledge/data/search/choices.yml",
    "out_of_scope": "nlu/data/intents/out_of_scope.yml",
    "not_found": "nlu/data/intents/out_of_scope.yml",
    "smalltalk": "nlu/data/dialogue/smalltalk.yml",
    "handoff": "nlu/data/intents/ask_human.yml",
    "status": "nlu/data/intents/check_dossier.yml",
}


@dataclass(frozen=True)
class Confusion:
    """``count`` questions that expect one thing got another; ``file`` is relative to the repository."""

    expected: str
    given: str
    count: int
    example: str
    file: str


def worst(verdicts: Sequence[Verdict], files: Mapping[str, str], most: int = 10) -> list[Confusion]:
    """Return the most frequent confusions; ``files`` holds the question file of each code."""
    groups: dict[tuple[str, str], list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        if not (verdict.behaviour and verdict.first is not False):
            groups[_expected(verdict), _given(verdict)].append(verdict)
    ranked = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))[:most]
    return [
        Confusion(expected, given, len(group), group[0].question.text, file_to_edit(group[0], files))
        for (expected, given), group in ranked
    ]


def _expected(verdict: Verdict) -> str:
    question = verdict.question
    return "/".join(question.procedures) if question.behaviour == "answer" else question.behaviour


def _given(verdict: Verdict) -> str:
    """Return the code stated, or the outcome; a choice that lacks the right procedure is told from one that has it."""
    outcome, listed = verdict.answer.outcome, listing(verdict.answer)
    if outcome == "clarify" and verdict.listed is not None:
        return "clarify, the right one offered" if verdict.listed else "clarify, the right one not offered"
    return listed[0] if outcome in ("answered", "unknown_fact") and listed else outcome


def file_to_edit(verdict: Verdict, files: Mapping[str, str]) -> str:
    """Return the file that teaches what was expected: its questions, else its record, else the index."""
    question = verdict.question
    if question.behaviour != "answer":
        return _BEHAVIOUR_FILES[question.behaviour]
    known = next((files[code] for code in question.procedures if code in files), "")
    return known or next((_record(code) for code in question.procedures), _INDEX)


def _record(code: str) -> str:
    found = next((ROOT / _RECORDS).glob(f"*/{code}-*.yml"), None)
    return found.relative_to(ROOT).as_posix() if found else _INDEX


def question_files() -> dict[str, str]:
    """Return, by code, the first file of training questions about it."""
    return first_files((example.code, example.file) for example in read_questions())


def first_files(found: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the path of the first file named for each code."""
    folder = QUESTIONS.relative_to(ROOT).as_posix()
    files: dict[str, str] = {}
    for code, file in found:
        files.setdefault(code, f"{folder}/{file}")
    return files
