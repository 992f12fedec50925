"""The training data: complete, clean, and never mixed with what it is tested on."""

from __future__ import annotations

import unicodedata
from collections import Counter
from pathlib import Path

import pytest
import yaml

from nlu.corpus import read_all, read_examples
from nlu.text import folded_tokens

NEVER_TYPED = {"inform_proof", "follow_overdue", "check_papers"}
ASPECTS = {
    "documents", "fee", "time", "place", "steps", "online", "conditions", "forms", "result", "legal_basis", "all",
    "elsewhere", "post", "payment", "replaced_papers", "related", "who", "compare",
}  # fmt: skip


@pytest.fixture(scope="module")
def examples():
    return read_examples()


def typed_intents() -> set[str]:
    intents = yaml.safe_load(Path("domain.yml").read_text(encoding="utf-8"))["intents"]
    return {next(iter(intent)) if isinstance(intent, dict) else intent for intent in intents} - NEVER_TYPED


def test_every_intent_of_the_domain_has_examples(examples):
    counts = Counter(example.intent for example in examples)
    assert len(examples) > 4000
    assert {intent: counts[intent] for intent in typed_intents() if counts[intent] < 55} == {}
    assert set(counts) == typed_intents() | NEVER_TYPED


def test_questions_and_strangers_are_many(examples):
    counts = Counter(example.intent for example in examples)
    assert counts["ask_procedure"] >= 1200 and counts["out_of_scope"] >= 200


def test_aspects_are_known_and_each_is_taught(examples):
    counts = Counter(aspect for example in examples for aspect in example.aspects)
    assert set(counts) == ASPECTS
    assert min(counts.values()) >= 35


def test_no_sentence_teaches_two_acts():
    acts: dict[str, set[str]] = {}
    for example in read_all():
        acts.setdefault(example.text.lower(), set()).add(example.intent)
    assert {text: found for text, found in acts.items() if len(found) > 1} == {}


def test_no_sentence_teaches_two_sets_of_aspects(examples):
    taught: dict[str, set] = {}
    for example in examples:
        taught.setdefault(example.text.lower(), set()).add(frozenset(example.aspects))
    assert {text: found for text, found in taught.items() if len(found) > 1} == {}


def test_sentences_are_nfc_and_hold_no_markup(examples):
    assert [e.text for e in examples if not unicodedata.is_normalized("NFC", e.text) or set(e.text) & set("[]{}")] == []


def test_held_out_sentences_are_never_trained_on(held_out):
    trained = {tuple(folded_tokens(example.text)) for example in read_all()}
    assert [
        row["text"] for row in held_out if len(row["text"]) > 25 and tuple(folded_tokens(row["text"])) in trained
    ] == []
