"""Codes, numbers, amounts and dates in sentences as citizens type them."""

from __future__ import annotations

import pytest

from nlu.patterns import find_codes

TABLE = [
    ("000.15.H36-261110-0042 tới đâu rồi em", [("dossier_code", "000.15.H36-261110-0042")]),
    ("ma:000.15.h36-261110-0042, xem giup", [("dossier_code", "000.15.H36-261110-0042")]),
    ("hồ sơ H57.132-260804-0583.", [("dossier_code", "H57.132-260804-0583")]),
    ("h57.132 - 260804 - 583 xong chua", [("dossier_code", "H57.132-260804-583")]),
    ("000.OO.15.H36–261110–0042", [("dossier_code", "000.00.15.H36-261110-0042")]),
    ("000 15 h36 261110 0042", [("dossier_code", "000.15.H36-261110-0042")]),
    ("G09.20-20260609-0092637", [("dossier_code", "G09.20-20260609-0092637")]),
    ("03706/2026/07906 tra giùm", [("dossier_code", "03706/2026/07906")]),
    ("thủ tục 1.004222.H36 phí?", [("procedure_code", "1.004222")]),
    ("2.000635.000.00.00.H21", [("procedure_code", "2.000635")]),
    ("mã 1.001193, cần gì", [("procedure_code", "1.001193")]),
    ("sdt 0912 345 678", [("phone", "0912345678")]),
    ("+84 912345678", [("phone", "0912345678")]),
    ("tổng đài 0263.3540.616", [("phone", "02633540616")]),
    ("cccd 060090001234", [("id_number", "060090001234")]),
    ("cmnd cũ 260123456", [("id_number", "260123456")]),
    ("150.000 đ", [("amount", 150_000)]),
    ("50k, 2 triệu, 1tr5", [("amount", 50_000), ("amount", 2_000_000), ("amount", 1_500_000)]),
    ("bán đất 2 tỷ", [("amount", 2_000_000_000)]),
    ("hẹn ngày 15/11/2026", [("date", "2026-11-15")]),
    ("ngày 15 tháng 11", [("date", "--11-15")]),
    ("hẹn ngày 15 giờ 30 chưa có", [("date", "---15")]),
    ("12.5.2026 nộp", [("date", "2026-05-12")]),
    ("thông tư 75/2022, nghị định 118/2025", []),
    ("3 ngày làm việc", []),
    ("ngày 32/13", []),
    ("bằng B2 lên C1", []),
    ("đất 500m2 ở quốc lộ 28", []),
    ("1234", []),
]


@pytest.mark.parametrize(("text", "expected"), TABLE)
def test_find_codes(text, expected):
    assert [(found.name, found.value) for found in find_codes(text)] == expected


def test_offsets_point_at_what_was_typed():
    text = "mã 000.15.h36-261110-0042, gọi 0912345678 giúp"
    assert [text[found.start : found.end] for found in find_codes(text)] == ["000.15.h36-261110-0042", "0912345678"]
