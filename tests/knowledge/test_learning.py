"""What search learns: left-out scores are honest, open questions share their votes, a saved model says the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from knowledge.search.kernel import solve
from knowledge.search.matcher import NO_CODE, Matcher, learn
from nlu.questions import ABSENT, OUT, QuestionFileError, read_questions
from nlu.text import Lexicon

LEXICON = Lexicon()
TEXTS = [
    "làm giấy khai sinh cho con", "con mới sinh làm giấy gì", "khai sinh cho cháu", "bé mới đẻ cần làm giấy tờ gì",
    "sang tên sổ đỏ", "bán đất thì làm giấy gì", "mua miếng đất sang tên", "cho con đất sang tên sổ",
    "hôm nay trời mưa không", "ngày mai trời nắng không",
]  # fmt: skip
CODES = [("birth",)] * 4 + [("land",)] * 4 + [()] * 2


def test_left_out_scores_are_those_of_a_model_without_the_lesson() -> None:
    random = np.random.default_rng(3)
    rows = random.normal(size=(12, 5)).astype(np.float32)
    targets = random.normal(size=(12, 3)).astype(np.float32)
    held = solve(rows @ rows.T, targets, 0.5).held_out
    for number in range(12):
        rest = np.arange(12) != number
        weights = solve(rows[rest] @ rows[rest].T, targets[rest], 0.5).weights
        np.testing.assert_allclose(held[number], rows[number] @ rows[rest].T @ weights, atol=1e-3)


def test_lessons_that_cannot_be_told_apart_are_refused() -> None:
    with pytest.raises(ValueError, match="told apart"):
        solve(np.full((2, 2), -1.0, dtype=np.float32), np.eye(2, dtype=np.float32), 0.5)


@pytest.mark.parametrize(
    ("said", "expected"),
    [("lam giay khai sinh cho chau", "birth"), ("mua đất rồi sang tên sao", "land")],
)
def test_words_vote_for_their_procedure(said: str, expected: str) -> None:
    matcher = learn(TEXTS, CODES, LEXICON).matcher
    scores = dict(zip(matcher.codes, matcher.scores(said, LEXICON)))
    assert max(scores, key=scores.__getitem__) == expected
    assert scores[expected] > 0.4


def test_an_open_question_shares_its_vote() -> None:
    matcher = learn([*TEXTS, "giấy tờ bị cháy"], [*CODES, ("birth", "land")], LEXICON).matcher
    scores = dict(zip(matcher.codes, matcher.scores("giấy tờ bị cháy", LEXICON)))
    assert scores == pytest.approx({"birth": 0.5, "land": 0.5, NO_CODE: 0.0}, abs=0.1)


def test_what_means_no_procedure_votes_for_none() -> None:
    matcher = learn(TEXTS, CODES, LEXICON).matcher
    foreign = next(text for text, codes in zip(TEXTS, CODES) if not codes)
    scores = dict(zip(matcher.codes, matcher.scores(foreign, LEXICON)))
    assert max(scores, key=scores.__getitem__) == NO_CODE


def test_a_saved_matcher_says_the_same(tmp_path: Path) -> None:
    matcher = learn(TEXTS, CODES, LEXICON).matcher
    matcher.save(tmp_path)
    again = Matcher.load(tmp_path)
    assert again.codes == matcher.codes
    np.testing.assert_allclose(
        again.scores("khai sinh", LEXICON), matcher.scores("khai sinh", LEXICON), rtol=0.01, atol=0.002
    )


@pytest.mark.parametrize(
    ("lines", "codes"),
    [
        ("== 1.001193 khai sinh\nfee: phí sao", ("1.001193",)),
        ("== 1.001193 2.000635 giấy khai sinh hư\n-: giấy hư", ("1.001193", "2.000635")),
        ("== OUT\n-: giá vàng", (OUT,)),
        ("# lời nhắc\n== ABSENT\n-: xin phép bay", (ABSENT,)),
    ],
)
def test_heads(tmp_path: Path, lines: str, codes: tuple[str, ...]) -> None:
    (tmp_path / "a.txt").write_text(lines, encoding="utf-8")
    assert [example.codes for example in read_questions(tmp_path)] == [codes]


@pytest.mark.parametrize(
    "lines", ["fee: phí sao", "== 1.001193 x\nphí sao", "== 1.001193 x\ngia: phí sao", "== SOME\n-: x"]
)
def test_bad_lines_are_named(tmp_path: Path, lines: str) -> None:
    (tmp_path / "a.txt").write_text(lines, encoding="utf-8")
    with pytest.raises(QuestionFileError, match=r"a\.txt:"):
        list(read_questions(tmp_path))


def test_a_model_of_another_release_is_refused_before_it_is_asked(tmp_path: Path) -> None:
    learn(TEXTS, CODES, LEXICON).matcher.save(tmp_path)
    with np.load(tmp_path / "matcher.npz") as arrays:
        changed = {**arrays, "votes": arrays["votes"][:, :3]}
    np.savez_compressed(tmp_path / "matcher.npz", **changed)
    with pytest.raises(ValueError, match="index"):
        Matcher.load(tmp_path)
