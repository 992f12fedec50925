"""Every dialogue act has examples to learn from and other sentences that test it."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

import pytest
import yaml

from tests.house.repository import ROOT

NEVER_TYPED = {"inform_proof", "follow_overdue", "check_papers"}  # the front server and buttons send them
FEWEST_EXAMPLES, FEWEST_TESTS = 10, 3


def read(pattern: str) -> list[Any]:
    found = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(ROOT.glob(pattern))]
    assert found, pattern
    return found


INTENTS = [intent if isinstance(intent, str) else next(iter(intent)) for intent in read("domain.yml")[0]["intents"]]
TYPED = [intent for intent in INTENTS if intent not in NEVER_TYPED]


@cache
def examples() -> Counter[str]:
    count: Counter[str] = Counter()
    for file in read("nlu/data/intents/*.yml"):
        for entry in file["nlu"]:
            if "intent" in entry:
                count[entry["intent"]] += entry["examples"].count("\n") if isinstance(entry["examples"], str) else 1
    return count


@cache
def sentences() -> Counter[str]:
    return Counter(entry["intent"] for file in read("tests/nlu/sentences/*.yml") for entry in file if "intent" in entry)


def test_there_are_intents() -> None:
    assert len(TYPED) >= 15


@pytest.mark.parametrize("intent", TYPED)
def test_an_intent_has_examples_and_sentences_that_test_it(intent: str) -> None:
    assert examples()[intent] >= FEWEST_EXAMPLES, "write more in nlu/data/intents/"
    assert sentences()[intent] >= FEWEST_TESTS, "write more in tests/nlu/sentences/"


def test_no_intent_is_written_that_the_domain_lacks() -> None:
    assert set(examples()) | set(sentences()) <= {*INTENTS, "nlu_fallback"}
