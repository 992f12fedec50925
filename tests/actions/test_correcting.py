"""What a correction tells is meant."""

from __future__ import annotations

import pytest

from actions.correcting import meant_instead


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("nhầm, em hỏi cái sao y kìa", "sao y kìa"),
        ("nhầm, tôi hỏi khai tử chứ không phải khai sinh", "khai tử"),
        ("không phải khai sinh mà là trích lục", "trích lục"),
        ("khong phai thuong tru, em hoi tam tru", "tam tru"),
        ("không, ý tôi là sang tên xe", "sang tên xe"),
        ("tui hỏi hộ chiếu chớ hổng phải căn cước", "hộ chiếu"),
        ("nhầm rồi", "nhầm rồi"),
        ("tách thửa đất", "tách thửa đất"),
        ("", ""),
    ],
)
def test_what_is_taken_back_is_left_out(said: str, meant: str) -> None:
    assert meant_instead(said) == meant
