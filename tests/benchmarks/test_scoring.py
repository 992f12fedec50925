"""Made-up answers and what is right about each."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.evaluation.questions import Answer
from benchmarks.evaluation.scoring import judge
from tests.benchmarks.cases import answer, question

A, B, C, D = "1.000001", "1.000002", "1.000003", "1.000004"

FINDING: list[tuple[dict[str, Any], Answer, str]] = [
    # what is right: f first, l listed, s stated, b behaviour, ! false answer
    ({}, answer("answered", A), "fls b"),
    ({}, answer("unknown_fact", A), "fls b"),
    ({}, answer("answered", f"{B} {C} {A}"), "l b !"),
    ({}, answer("answered", f"{B} {C} {D} {A}"), "b !"),
    ({}, answer("answered"), "b"),
    ({}, answer("clarify", "", f"{A} {B}"), "fl"),
    ({}, answer("clarify", "", f"{B} {C} {D} {A}"), "l"),
    ({}, answer("clarify", A, f"{B} {C}"), ""),
    ({}, answer("not_found"), ""),
    ({}, answer("unavailable"), ""),
    ({"procedures": (A, B)}, answer("answered", B), "fls b"),
    ({"procedures": (A, B)}, answer("clarify", "", f"{C} {B}"), "l"),
]
ALL_WANTED = [
    (answer("answered", f"{B} {A}"), "fls b"),
    (answer("answered", f"{A} {C} {B}"), "l b"),
    (answer("answered", A), "b"),
    (answer("answered", f"{C} {A} {B}"), "l b !"),
    (answer("clarify", "", f"{B} {A}"), "fl b"),
    (answer("clarify", "", f"{C} {D} {A} {B}"), "l b"),
    (answer("clarify", "", f"{A} {C}"), "b"),
]


def told(right: Any) -> str:
    finding = "".join(letter for letter, field in zip("fls", ("first", "listed", "stated")) if getattr(right, field))
    return " ".join(filter(None, [finding, "b" * right.behaviour, "!" * right.false_answer]))


@pytest.mark.parametrize(("expected", "given", "right"), FINDING)
def test_finding(expected: dict[str, Any], given: Answer, right: str) -> None:
    assert told(judge(question(**expected), given)) == right


@pytest.mark.parametrize(("given", "right"), ALL_WANTED)
def test_where_all_are_wanted_one_is_not_enough(given: Answer, right: str) -> None:
    assert told(judge(question(procedures=(A, B), all_wanted=True), given)) == right


BEHAVIOUR = [
    ("clarify", answer("clarify", "", f"{A} {B}"), "b"),
    ("clarify", answer("answered", A), ""),
    ("clarify", answer("answered", D), "!"),
    ("not_found", answer("not_found"), "b"),
    ("not_found", answer("out_of_scope"), ""),
    ("not_found", answer("answered", A), "!"),
    ("out_of_scope", answer("out_of_scope"), "b"),
    ("out_of_scope", answer("not_found"), ""),
    ("smalltalk", answer("smalltalk"), "b"),
    ("smalltalk", answer("answered", D), "!"),
    ("handoff", answer("handoff", A), "b"),
    ("status", answer("status"), "b"),
    ("status", answer("clarify"), ""),
]


@pytest.mark.parametrize(("expected", "given", "right"), BEHAVIOUR)
def test_behaviour(expected: str, given: Answer, right: str) -> None:
    codes = (A, B) if expected == "clarify" else ()
    verdict = judge(question(behaviour=expected, procedures=codes, aspects=frozenset()), given)
    assert told(verdict) == right
    assert (verdict.first, verdict.exact) == (None, None)


@pytest.mark.parametrize(
    ("asked", "given", "right"),
    [
        ("place fee", answer("clarify", A, "", "place"), True),
        ("fee", answer("clarify", A, "", "place"), False),
        ("place", answer("clarify", "", f"{A} {B}", "place"), False),  # asks which procedure, not which place
        ("place", answer("clarify", A, "", "fee"), False),
    ],
)
def test_asking_back_for_the_place_is_right_where_the_place_was_asked(asked: str, given: Answer, right: bool) -> None:
    assert judge(question(aspects=frozenset(asked.split())), given).behaviour is right


@pytest.mark.parametrize(
    ("asked", "given", "counts"),
    [
        ("fee time", "fee time", (2, 0, 0)),
        ("fee time", "fee", (1, 0, 1)),
        ("", "fee", (0, 1, 0)),
        ("", "", (0, 0, 0)),
        ("place", "elsewhere post", (1, 0, 0)),
        ("documents steps online fee", "who related compare payment", (4, 0, 0)),
        ("documents fee time place online", "all", (5, 0, 0)),
    ],
)
def test_aspects(asked: str, given: str, counts: tuple[int, int, int]) -> None:
    verdict = judge(question(aspects=frozenset(asked.split())), answer("answered", A, "", given))
    assert (verdict.found, verdict.extra, verdict.missed) == counts
    assert verdict.exact is (counts[1:] == (0, 0))


@pytest.mark.parametrize(
    ("given", "exact"),
    [
        (answer("answered", A, "", "fee"), True),
        (answer("answered", B, "", "fee"), False),
        (answer("clarify", "", A, "fee"), False),
        (answer("not_found"), False),
    ],
)
def test_an_exact_answer_states_the_right_procedure_and_all_aspects(given: Answer, exact: bool) -> None:
    assert judge(question(), given).exact is exact
