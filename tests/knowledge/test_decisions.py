"""What becomes of a question, from what was found."""

from __future__ import annotations

import pytest

from knowledge.search.decide import decide
from knowledge.search.finder import Found, Hit
from knowledge.search.outlook import Outlook
from knowledge.search.worth import best_decision

SURE, UNSURE, NONE = Outlook(0.9, 0.1, 0.0, 0.0), Outlook(0.5, 0.5, 0.0, 0.0), Outlook(0.0, 0.0, 0.0, 1.0)


def hits(*facts: tuple[str, float, float]) -> tuple[Hit, ...]:
    return tuple(Hit(code, code, probability, names) for code, probability, names in facts)


@pytest.mark.parametrize(
    ("outlook", "asked_before", "kind"),
    [
        (SURE, False, "answer"),
        (UNSURE, False, "clarify"),
        (UNSURE, True, "answer"),  # whoever was just asked is not asked again
        (Outlook(0.2, 0.8, 0.0, 0.0), True, "clarify"),
        (Outlook(0.2, 0.0, 0.8, 0.0), False, "clarify"),
        (NONE, False, "not_found"),
    ],
)
def test_the_decision_that_is_worth_most(outlook: Outlook, asked_before: bool, kind: str) -> None:
    assert best_decision(outlook, asked_before) == kind


def test_a_name_that_is_said_is_answered() -> None:
    decision = decide(Found(hits(("one", 0.5, 0.3), ("two", 0.4, 0.99)), UNSURE))
    assert (decision.kind, decision.hits[0].code, decision.named) == ("answer", "two", True)


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (Found(hits(("one", 0.99, 0.3), ("two", 0.001, 0.99)), SURE), "one"),  # all else speaks for another
        (Found(hits(("two", 0.02, 0.99), ("one", 0.01, 0.3)), NONE), ""),  # or for none
    ],
)
def test_a_name_that_is_said_by_the_way_is_not(found: Found, kind: str) -> None:
    decision = decide(found)
    assert not decision.named
    assert (decision.hits[0].code if decision.kind == "answer" else "") == kind
