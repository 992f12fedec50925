"""Turns made up for training are about the procedures they say, in conversations that can be."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.evaluation.records import bundled_records
from knowledge.search.decide import content_words
from knowledge.search.finder import current_index
from knowledge.search.index import SearchIndex
from knowledge.search.turns import turns
from nlu.text import tokens


@pytest.fixture(scope="module")
def index() -> Iterator[SearchIndex]:
    with bundled_records() as session:
        yield current_index(session)


def test_turns_lead_to_another_procedure_and_stays_do_not(index: SearchIndex) -> None:
    made = list(turns(index))
    moved = [(lesson, context) for lesson, context in made if lesson.kind == "turn"]
    stayed = [(lesson, context) for lesson, context in made if lesson.kind == "stay"]
    assert len(moved) > 300 and len(stayed) > 100
    for lesson, context in moved:
        at_hand, (code,) = context.at_hand, lesson.codes
        assert code != at_hand and index.twins[index.by_code[code]] != index.twins[index.by_code[at_hand]]
        assert content_words(lesson.text, index.wording)
    assert all(lesson.codes == (context.at_hand,) for lesson, context in stayed)


def test_a_turn_says_what_the_name_at_hand_does_not(index: SearchIndex) -> None:
    by_code = {entry.code: entry for entry in index.entries}
    templates = {"còn", "thì", "sao", "vậy", "cần", "gì", "thế", "nộp", "ở", "đâu", "nếu", "làm", "nữa", "phải", "mất",
                 "bao", "lâu", "hết", "nhiêu", "tiền", "rồi", "thủ", "tục", "ra", "muốn", "giấy", "tờ"}  # fmt: skip
    for lesson, context in turns(index):
        if lesson.kind == "turn":
            names = {word for name in by_code[lesson.codes[0]].names for word in tokens(name)}
            assert set(tokens(lesson.text)) <= names | templates
            assert not (set(tokens(lesson.text)) - templates) & set(tokens(by_code[context.at_hand].short_name))


def test_they_are_the_same_every_time(index: SearchIndex) -> None:
    assert list(turns(index)) == list(turns(index))
