"""Figures and their intervals on made-up verdicts."""

from __future__ import annotations

import pytest

from benchmarks.evaluation.comparing import compare, marks
from benchmarks.evaluation.figures import BEHAVIOUR, F1, FALSE, FIRST, PRECISION, RECALL, difference, figure, wilson
from benchmarks.evaluation.scoring import Verdict, judge
from tests.benchmarks.cases import answer, question

RIGHT, WRONG = answer("answered", "1.000001", "", "fee"), answer("answered", "1.000002", "", "time")


def verdicts(right: int, wrong: int, size: int = 1) -> list[Verdict]:
    """Return verdicts in dialogues of ``size`` questions."""
    given = [RIGHT] * right + [WRONG] * wrong
    return [
        judge(question(id=f"q-{place:03}", cluster=f"d-{place // size:03}"), one) for place, one in enumerate(given)
    ]


@pytest.mark.parametrize(
    ("share", "count", "low", "high"),
    [
        (0.5, 10, 0.2366, 0.7634),
        (0.9, 100, 0.8256, 0.9448),
        (0.0, 20, 0.0, 0.1611),
        (1.0, 20, 0.8389, 1.0),
        (0, 0, 0, 1),
    ],
)
def test_wilson(share: float, count: int, low: float, high: float) -> None:
    assert wilson(share, count) == pytest.approx((low, high), abs=1e-4)


def test_values() -> None:
    some = [
        judge(question(id="a", aspects=frozenset({"fee", "time"})), answer("answered", "1.000001", "", "fee")),
        judge(question(id="b", aspects=frozenset({"fee"})), answer("answered", "1.000002", "", "fee time place")),
        judge(question(id="c", behaviour="not_found", procedures=()), answer("not_found", "", "", "place")),
    ]
    values = {measure.short: figure(some, measure) for measure in (FIRST, PRECISION, RECALL, F1, BEHAVIOUR, FALSE)}
    assert {key: (one.value, one.count) for key, one in values.items() if one} == {
        "first": (1 / 2, 2),
        "aspect precision": (2 / 4, 2),
        "aspect recall": (2 / 3, 2),
        "aspect F1": (4 / 7, 2),
        "behaviour": (1.0, 3),
        "false answers": (pytest.approx(1 / 3), 3),
    }


def test_what_was_not_measured_has_no_figure() -> None:
    assert figure([judge(question(behaviour="smalltalk", procedures=()), answer("smalltalk"))], FIRST) is None
    assert figure([], FIRST) is None


def test_questions_alone_get_wilsons_interval() -> None:
    found = figure(verdicts(90, 10), FIRST)
    assert found and (found.low, found.high) == wilson(0.9, 100)


def test_turns_of_one_dialogue_widen_the_interval() -> None:
    alone, together = figure(verdicts(60, 40), FIRST), figure(verdicts(60, 40, size=10), FIRST)
    assert alone and together
    assert together.high - together.low > 2 * (alone.high - alone.low)
    assert together == figure(verdicts(60, 40, size=10), FIRST)  # the same draw every time


def test_all_right_in_a_few_dialogues_is_not_certain() -> None:
    found = figure(verdicts(20, 0, size=4), FIRST)
    assert found and (found.value, found.low) == (1.0, pytest.approx(wilson(1.0, 5)[0]))


@pytest.mark.parametrize(
    ("before", "after", "worse"),
    [
        ((80, 20), (80, 20), False),
        ((80, 20), (90, 10), False),
        ((80, 20), (79, 21), False),  # one question is noise
        ((80, 20), (60, 40), True),
    ],
)
def test_a_model_is_refused_when_it_falls_by_more_than_the_noise(
    before: tuple[int, int], after: tuple[int, int], worse: bool
) -> None:
    changes = compare(verdicts(*before), verdicts(*after))
    assert {change.measure.short for change in changes if change.is_worse} == (
        {"first", "aspect F1"} if worse else set()
    )


def test_a_difference_is_paired() -> None:
    before, after = verdicts(80, 20), verdicts(60, 40)
    found, alone = difference(before, after, FIRST), figure(after, FIRST)
    assert found and alone
    assert found.value == pytest.approx(-0.2)
    assert found.high - found.low < alone.high - alone.low


def test_two_sides_hold_the_same_dialogues() -> None:
    with pytest.raises(ValueError, match="same dialogues"):
        difference(verdicts(5, 5), verdicts(5, 4), FIRST)


def test_a_copy_without_marks_is_set_against_its_original() -> None:
    one, twin, other = (
        judge(question(id=name, twin_of=of, cluster="d-1"), given)
        for name, of, given in (("s-1", "", RIGHT), ("s-1n", "s-1", WRONG), ("s-2", "", RIGHT))
    )
    assert marks([one, twin, other]) == ([one], [twin])
