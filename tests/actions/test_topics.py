"""Matters that are not ours: said whose they are, and never taken for another's because of missing marks."""

from __future__ import annotations

import pytest

from actions.people import out_of_scope
from actions.turn import Turn


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("giá cà phê hôm nay bao nhiêu", "giá cả"),
        ("gia ca phe hom nay bao nhieu", "giá cả"),
        ("mai có bão số 5 không em", "thời tiết"),
        ("troi mua hong", "thời tiết"),
        ("muốn kiện ra tòa thì sao", "Toà án"),
        ("em muốn ra toà", "Toà án"),
        ("ly hon don phuong", "Toà án"),
    ],
)
def test_whose_it_is(said: str, word: str) -> None:
    assert word in out_of_scope(Turn(said, "out_of_scope")).plain()


@pytest.mark.parametrize(
    "said", ["mua cái này hết bao nhiêu", "mua cai nay het bao nhieu", "dieu kien lam viec o do sao"]
)
def test_a_word_without_its_marks_is_no_other_word(said: str) -> None:
    answer = out_of_scope(Turn(said, "out_of_scope")).plain()
    assert "thời tiết" not in answer and "Toà án" not in answer
