"""The frozen questions are sound, and those that the product trains on are not scored."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.evaluation.questions import EvaluationError, Question, read_answers, read_set, taught_texts, unseen
from knowledge.answers.aspects import ASPECTS
from nlu.text import fold
from tests.benchmarks.cases import question

BEHAVIOURS = {"answer", "clarify", "not_found", "out_of_scope", "smalltalk", "handoff", "status"}


@pytest.fixture(scope="module")
def frozen() -> list[Question]:
    return read_set()


def test_they_are_as_many_as_were_written(frozen: list[Question]) -> None:
    counts = Counter((question.set, bool(question.twin_of)) for question in frozen)
    assert counts == {("single", False): 520, ("single", True): 68, ("dialogues", False): 417}
    assert len({question.id for question in frozen}) == len(frozen)


def test_they_expect_what_the_product_knows(frozen: list[Question]) -> None:
    assert {question.behaviour for question in frozen} == BEHAVIOURS
    assert {aspect for question in frozen for aspect in question.aspects} <= set(ASPECTS)
    named = {question.behaviour for question in frozen if question.procedures}
    assert named == {"answer", "clarify"}


def test_a_copy_without_marks_is_its_original_without_marks(frozen: list[Question]) -> None:
    originals = {question.id: question for question in frozen}
    for twin in frozen:
        if twin.twin_of:
            original = originals[twin.twin_of]
            assert fold(twin.text) == fold(original.text)
            assert (twin.cluster, twin.behaviour, twin.procedures, twin.aspects) == (
                original.cluster, original.behaviour, original.procedures, original.aspects
            )  # fmt: skip


def test_all_procedures_are_wanted_in_messages_about_two(frozen: list[Question]) -> None:
    wanted = [question for question in frozen if question.all_wanted]
    assert len(wanted) == 11
    assert {len(question.procedures) for question in wanted} == {2}


def test_next_to_no_frozen_question_is_trained_on(frozen: list[Question]) -> None:
    assert len(taught_texts()) > 5000
    kept = {question.id for question in unseen(frozen)}
    # what two authors happened to write alike; a longer list means that somebody copied
    assert {question.id for question in frozen} - kept <= {"s-227", "s-389", "d-318"}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("hộ nghèo có được miễn thuế đất ở hằng năm không", False),
        ("Ho ngheo co duoc mien thue dat o hang nam khong?", False),
        ("hộ nghèo có được miễn thuế đất ở mỗi năm không", True),
        ("giá bao nhiêu", True),
    ],
)
def test_what_training_says_too_is_left_out(text: str, kept: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    taught = ["giá bao nhiêu", "hộ nghèo có được miễn thuế đất ở hằng năm không"]
    monkeypatch.setattr("benchmarks.evaluation.questions.taught_texts", lambda: taught)
    assert bool(unseen([question(text=text)])) is kept


@pytest.mark.parametrize(
    ("left", "message"),
    [(slice(1, None), "1 questions have no answer, the first is s-001"), (slice(0, None), ""), (None, "several")],
)
def test_every_question_needs_one_answer(
    frozen: list[Question], tmp_path: Path, left: slice | None, message: str
) -> None:
    line = {"outcome": "not_found", "procedures": [], "candidates": [], "aspects": [], "text": "", "latency_ms": 5}
    answers = [json.dumps({"id": question.id, **line}) for question in frozen]
    kept = answers[left] if left else [*answers, answers[0]]
    file = tmp_path / "answers.jsonl"
    file.write_text("\n".join(kept), encoding="utf-8")
    if not message:
        assert len(read_answers(file, frozen)) == len(frozen)
        return
    with pytest.raises(EvaluationError, match=message):
        read_answers(file, frozen)
