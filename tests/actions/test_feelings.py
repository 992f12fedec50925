"""A human sentence where something happened in the family, and none where a paper was lost."""

from __future__ import annotations

import pytest

from actions.feelings import opening

BIRTH, DEATH, MARRIAGE = "1.001193", "1.000656", "1.000894"


@pytest.mark.parametrize(
    ("said", "procedure", "expected"),
    [
        ("ba chong em mat hom qua, lam giay bao tu sao", DEATH, "chia buồn"),
        ("Bà ngoại tôi qua đời tuần trước", DEATH, "chia buồn"),
        ("cháu ngoại tui mới chào đời", BIRTH, "Chúc mừng"),
        ("vo em moi sanh be trai", BIRTH, "Chúc mừng"),
        ("tụi em sắp cưới", MARRIAGE, "Chúc mừng"),
    ],
)
def test_what_happened_is_answered_first(said: str, procedure: str, expected: str) -> None:
    assert expected in opening(said, procedure)


@pytest.mark.parametrize(
    ("said", "procedure"),
    [
        ("bị mất giấy chứng tử, xin lại", DEATH),
        ("đăng ký khai tử cần gì", DEATH),
        ("khai sinh cho con cần gì", BIRTH),
        ("ba chồng em mất hôm qua", BIRTH),
        ("", MARRIAGE),
    ],
)
def test_nothing_is_felt_where_nothing_is_told(said: str, procedure: str) -> None:
    assert opening(said, procedure) == ""
