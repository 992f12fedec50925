"""One question and its answer -> what was right about it. The rules are told in frozen/README.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from benchmarks.evaluation.questions import Answer, Question
from knowledge.answers.aspects import reported

_FIRST = 3
_BEHAVIOURS = {"answered": "answer", "unknown_fact": "answer"}  # every other outcome is named like its behaviour


@dataclass(frozen=True)
class Verdict:
    """What was right.

    ``first``: the right procedure leads; ``listed``: it is among the first three or the choices offered; ``stated``: it
    was stated as the answer; ``exact``: right behaviour, right procedure first and exactly the aspects asked. These are
    None, and ``found``, ``extra`` and ``missed`` (aspects) are 0, for questions that expect no answer.
    """

    question: Question
    answer: Answer
    behaviour: bool
    false_answer: bool
    first: bool | None = None
    listed: bool | None = None
    stated: bool | None = None
    exact: bool | None = None
    found: int = 0
    extra: int = 0
    missed: int = 0


def judge_all(questions: Iterable[Question], answers: Mapping[str, Answer]) -> list[Verdict]:
    """Judge every question."""
    return [judge(question, answers[question.id]) for question in questions]


def judge(question: Question, answer: Answer) -> Verdict:
    """Judge one answer."""
    right, wrong = behaves(question, answer), is_false(question, answer)
    if question.behaviour != "answer":
        return Verdict(question, answer, right, wrong)
    offered = listing(answer)
    first = _holds(offered, question, 1)
    asked, given = question.aspects, frozenset(reported(answer.aspects))
    return Verdict(
        question,
        answer,
        right,
        wrong,
        first=first,
        listed=_holds(offered, question, len(offered) if answer.outcome == "clarify" else _FIRST),
        stated=first and _behaviour(answer) == "answer",
        exact=right and first and asked == given,
        found=len(asked & given),
        extra=len(given - asked),
        missed=len(asked - given),
    )


def listing(answer: Answer) -> tuple[str, ...]:
    """Return the procedures of an answer, best first: those offered when it asks back, else those it is about."""
    first, second = answer.procedures, answer.candidates
    return (second or first) if answer.outcome == "clarify" else first


def behaves(question: Question, answer: Answer) -> bool:
    """Tell whether the kind of answer is the right one."""
    given = _behaviour(answer)
    if given == "clarify" and question.behaviour == "answer":
        asks_place = answer.aspects == ("place",) and not answer.candidates and "place" in question.aspects
        return asks_place or question.all_wanted
    return given == question.behaviour


def is_false(question: Question, answer: Answer) -> bool:
    """Tell whether a wrong procedure was stated as the answer."""
    stated = answer.procedures[:1] if _behaviour(answer) == "answer" else ()
    return not set(stated) <= set(question.procedures)


def _behaviour(answer: Answer) -> str:
    return _BEHAVIOURS.get(answer.outcome, answer.outcome)


def _holds(listed: tuple[str, ...], question: Question, count: int) -> bool:
    """Tell whether the first ``count`` hold what is wanted; when all are wanted, each of them gets a place."""
    wanted = set(question.procedures)
    if question.all_wanted:
        return wanted <= set(listed[: max(count, len(wanted))])
    return bool(wanted & set(listed[:count]))
