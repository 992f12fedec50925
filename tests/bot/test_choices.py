"""What a citizen types instead of tapping."""

from __future__ import annotations

import pytest

from bot.choices import read_tap_code, tap_code, typed_choice
from bot.inbound import Tap

TITLES = ["Lệ phí", "Thời hạn giải quyết", "Gặp cán bộ"]
TYPED = [
    ("1", 0),
    (" 2 ", 1),
    ("[3]", 2),
    ("3.", 2),
    ("số 2", 1),
    ("chọn 2 nhé", 1),
    ("em chọn số 1 ạ", 0),
    ("２", 1),
    ("lệ phí", 0),
    ("LE PHI", 0),
    ("Gặp cán bộ!", 2),
    ("0", None),
    ("4", None),
    ("12", None),
    ("1 bản", None),
    ("2 và 3", None),
    ("phí", None),
    ("lệ phí bao nhiêu", None),
    ("1.004222", None),
    ("", None),
    ("...", None),
]


@pytest.mark.parametrize(("typed", "place"), TYPED)
def test_a_number_or_a_whole_title_chooses(typed: str, place: int | None) -> None:
    assert typed_choice(typed, TITLES) == place


def test_two_choices_of_one_title_are_not_told_apart_by_it() -> None:
    assert typed_choice("phí", ["Phí", "phi"]) is None


@pytest.mark.parametrize("tap", [Tap(1, 0), Tap(999_999_999, 999)])
def test_a_code_fits_any_channel_and_reads_back(tap: Tap) -> None:
    assert len(tap_code(tap).encode()) <= 64
    assert read_tap_code(tap_code(tap)) == tap


@pytest.mark.parametrize(
    "payload", ["", "#t:1", "#t:1:2:3", "#t:-1:0", "#t:1:0 x", "/restart", "#t:" + "9" * 12 + ":0"]
)
def test_what_is_no_code_of_ours_is_none(payload: str) -> None:
    assert read_tap_code(payload) is None
