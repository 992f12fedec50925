"""The linear model, its storage and its cross-validation."""

from __future__ import annotations

import numpy as np
import pytest

from nlu.linear import LinearModel, blocks, softmax
from nlu.validation import PARTS, Lessons, best_temperature, folds, hold_out, train_model

SENTENCES = [
    f"{verb} {thing} {ask}".split()
    for verb in ("làm", "xin", "đổi")
    for thing in ("thẻ", "giấy", "sổ", "bằng")
    for ask in ("bao nhiêu tiền", "ở đâu")
]
TARGETS = np.array([[words[-1] == "tiền", words[-1] == "đâu"] for words in SENTENCES], dtype=int)


@pytest.fixture(scope="module")
def model() -> LinearModel:
    return train_model(Lessons(SENTENCES, TARGETS), ["fee", "place"], cost=10.0, min_count=1)


@pytest.mark.parametrize(
    ("text", "label"),
    [("mua nhà bao nhiêu tiền", "fee"), ("mua nha bao nhieu tien", "fee"), ("mua nhà ở đâu", "place")],
)
def test_it_learns_with_and_without_marks(model, text, label):
    assert model.labels[int(model.scores(blocks(text.split())).argmax())] == label


def test_what_is_saved_is_what_is_loaded(model, tmp_path):
    model.save(tmp_path, "m", lexicon={"ko": "không"})
    loaded, facts = LinearModel.load(tmp_path, "m")
    words = "làm thẻ bao nhiêu tiền".split()
    assert np.allclose(loaded.scores(blocks(words)), model.scores(blocks(words)), atol=0.01)
    assert facts == {"lexicon": {"ko": "không"}}


def test_saved_files_hold_no_pickle(model, tmp_path):
    model.save(tmp_path, "m")
    with np.load(tmp_path / "m.npz", allow_pickle=False) as arrays:
        assert set(arrays) == {"weights", "bias", "idf"}


def test_unknown_words_score_without_error(model):
    assert np.isfinite(model.scores(blocks(["zzz"]))).all()
    assert np.isfinite(model.scores(blocks([]))).all()


def test_composed_sentences_stay_in_one_part_of_the_cross_validation():
    lessons = Lessons(SENTENCES, TARGETS)
    lessons.compose(range(len(SENTENCES)), range(len(SENTENCES)), 40, keep="both")
    part_of = folds(len(SENTENCES))
    assert lessons.composed
    for words, part in zip(lessons.composed, lessons.composed_parts):
        halves = [
            i
            for i, sentence in enumerate(SENTENCES)
            if words[: len(sentence)] == sentence or words[-len(sentence) :] == sentence
        ]
        assert {int(part_of[i]) for i in halves} == {part}


def test_held_out_scores_tell_the_labels_apart():
    held_out = hold_out(Lessons(SENTENCES, TARGETS), cost=10.0, min_count=1)
    assert sorted(held_out.asked) == sorted([*range(len(SENTENCES))] * 2)
    assert ((held_out.scores > 0) == TARGETS[held_out.asked].astype(bool)).all()


def test_fewer_parts_ask_fewer_sentences():
    held_out = hold_out(Lessons(SENTENCES, TARGETS), cost=10.0, min_count=1, parts=1)
    assert set(held_out.asked) == set(np.flatnonzero(folds(len(SENTENCES)) == 0))
    assert len(held_out.scores) == 2 * len(SENTENCES) // PARTS


def test_temperature_makes_wrong_certainty_humble():
    scores = np.array([[8.0, 0.0], [8.0, 0.0], [8.0, 0.0], [0.0, 8.0]])
    truth = np.array([0, 0, 1, 1])
    temperature = best_temperature(scores, truth)
    assert temperature > 1
    assert softmax(scores / temperature).max() < softmax(scores).max()
