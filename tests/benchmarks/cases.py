"""Made-up questions and answers."""

from __future__ import annotations

from typing import Any

from benchmarks.evaluation.questions import Answer, Question


def question(**told: Any) -> Question:
    """Return a question that expects an answer about 1.000001, unless told otherwise."""
    defaults: dict[str, Any] = {
        "id": "s-1",
        "set": "single",
        "turn": 1,
        "text": "…",
        "topic": "land",
        "style": "marks",
        "region": "any",
        "behaviour": "answer",
        "procedures": ("1.000001",),
        "aspects": frozenset({"fee"}),
    }
    known = {**defaults, **told}
    return Question(cluster=known.pop("cluster", known["id"]), **known)


def answer(outcome: str = "answered", procedures: str = "", candidates: str = "", aspects: str = "") -> Answer:
    """Return an answer; codes and aspects separated by blanks."""
    return Answer("s-1", outcome, tuple(procedures.split()), tuple(candidates.split()), tuple(aspects.split()))
