"""Codes of dossiers: both shapes, inside sentences, as people type, dictate and scan them."""

from __future__ import annotations

import pytest

from knowledge.dossiers.codes import find_codes, loose_code, match_key, tidy_code

OLD, NEW = "000.15.H36-261110-0042", "G09.20-20260609-0092637"
IN_SENTENCES = [
    (f"{OLD} tới đâu rồi em", [OLD]),
    ("mã:000.15.h36-261110-0042, xem giúp", [OLD]),
    ("000.15.H36 - 261110 - 42 xong chưa", [OLD]),
    ("OOO.15.H36–261110–OO42", [OLD]),
    ("0.15.H36-261110-0042", ["0.15.H36-261110-0042"]),
    ("000 15 h36 261110 0042", [OLD]),
    ("000 . 15 . H36-261110-0042", [OLD]),
    ("000.15.H36_261110_0042", [OLD]),
    ("hồ sơ (g09.20-20260609-92637).", [NEW]),
    ("G09.20—20260609—0092637", [NEW]),
    ("H57.132-260804-0583", ["H57.132-260804-0583"]),
    ("000.00.19.H47-260105-0001", ["000.00.19.H47-260105-0001"]),
    ("000.00.00.04.H51-200221-1", ["000.00.00.04.H51-200221-0001"]),
    ("03706/2026/07906 tra giùm", ["03706/2026/07906"]),
    (f"hai bộ {NEW} với {OLD}, thêm {NEW.lower()} nữa", [NEW, OLD]),
    ("H36.15-261110-42 va H36.15-261110-43", ["H36.15-261110-0042", "H36.15-261110-0043"]),
    ("thủ tục 1.004222.H36", []),
    ("0912 345 678 ngày 12/11/2026", []),
    ("phòng A12-2026", []),
]


@pytest.mark.parametrize(("said", "codes"), IN_SENTENCES)
def test_codes_are_found_and_written_properly(said: str, codes: list[str]) -> None:
    assert find_codes(said) == codes


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (OLD, "000.15.h36-261110-42", True),
        (OLD, "OO0.15.H36–261110–OO42", True),
        (OLD, "0.15.H36-261110-042", True),
        (OLD, "000 15 H36 261110 0042", True),
        (NEW, "g09.20-20260609-92637", True),
        (NEW, "GO9.20-20260609-0092637", True),
        ("03706/2026/07906", "3706-2026-7906", True),
        (OLD, "000.15.H36-261110-0043", False),
        (OLD, "000.15.H36-261111-0042", False),
        (OLD, "000.16.H36-261110-0042", False),
        (OLD, "15.H36-261110-0042", False),
        (NEW, "G09.2-20260609-0092637", False),
    ],
)
def test_spellings_of_one_code_share_a_key(one: str, other: str, same: bool) -> None:
    assert (match_key(one) == match_key(other)) is same


@pytest.mark.parametrize("code", [OLD, NEW, "03706/2026/07906", "26.10229", "BN-2026/15", "o"])
def test_a_tidy_code_stays_as_it_is_and_keeps_its_key(code: str) -> None:
    assert tidy_code(tidy_code(code)) == tidy_code(code)
    assert match_key(tidy_code(code)) == match_key(code)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("26.10229", "26.10229"),
        ("dạ số phiếu bn-2026/0015 ạ", "BN-2026/0015"),
        ("H36/2611/0042", "H36/2611/0042"),
        ("1234", None),
        ("0912345678", None),
        ("84912345678", None),
        ("060199001234", None),
        ("260123456", None),
        ("thủ tục 1.004222", None),
        ("ngày 20/11/2026", None),
        ("nghị định 118/2025/NĐ-CP", None),
        ("phí 150.000 hả em", None),
        ("em ơi cho chị hỏi là cái vụ 26.10229 hôm trước nộp ở phường ấy", None),
        ("em quên mang giấy rồi", None),
        ("bộ 26.10229 hay 26.10230", None),
    ],
)
def test_a_code_of_no_known_shape_is_taken_where_a_code_was_asked_for(said: str, code: str | None) -> None:
    assert loose_code(said) == code
