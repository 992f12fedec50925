"""What was due is set against what came: nothing is called lost that is unsure, nothing twice goes unnoticed."""

from __future__ import annotations

import random

import pytest

from benchmarks.delivery.killing import plan_kills
from benchmarks.delivery.verdict import Count, Delivered, Due, compare

A, B, UNSURE = Due(0, "a", False), Due(1, "b", False), Due(0, "a", True)


@pytest.mark.parametrize(
    ("due", "received", "found"),
    [
        ([A, B], ["a", "b"], Delivered((), (), 0)),
        ([A, B], ["a"], Delivered((1,), (), 0)),
        ([A, B], ["a", "a", "b"], Delivered((), (1,), 0)),
        ([UNSURE, B], ["b"], Delivered((), (), 1)),
        ([UNSURE, B], ["a", "b"], Delivered((), (), 0)),
        ([UNSURE, A], ["a"], Delivered((), (), 1)),
        ([UNSURE, B], ["a", "a", "b"], Delivered((), (1,), 0)),
        ([], ["c"], Delivered((), (0,), 0)),
    ],
    ids="all, lost, doubled, unsure and gone, unsure and there, unsure beside its like, unsure twice, unasked".split(
        ", "
    ),
)
def test_parts_and_texts_are_matched(due: list[Due], received: list[str], found: Delivered) -> None:
    assert compare(due, received) == found


def test_two_that_changed_places_are_noticed() -> None:
    found = compare([A, B], ["b", "a"])
    assert (len(found.lost), len(found.extra)) == (1, 1)


@pytest.mark.parametrize("fault", ["lost", "doubled", "out_of_order"])
def test_one_fault_is_enough(fault: str) -> None:
    assert Count(sent=1, once=1).is_clean
    assert not Count(sent=1, **{fault: 1}).is_clean


def test_three_kills_in_ten_are_of_rasa_and_the_seed_decides() -> None:
    kills = plan_kills(10, 500, random.Random(3))
    assert [kill.name for kill in kills].count("rasa") == 3
    assert [kill.answered for kill in kills] == sorted(kill.answered for kill in kills)
    assert kills == plan_kills(10, 500, random.Random(3))
