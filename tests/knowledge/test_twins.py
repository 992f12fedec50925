"""One procedure under several codes."""

from __future__ import annotations

import numpy as np
import pytest

from knowledge.search.index import Entry
from knowledge.search.twins import pooled, twin_groups


def entry(name: str) -> Entry:
    return Entry("1.000001", name, (name,), "", "", (), "citizen", "full")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Cấp lại thẻ căn cước", "Cấp lại thẻ căn cước (thực hiện tại cấp tỉnh)", True),
        ("Thủ tục đăng ký khai sinh", "Đăng ký khai sinh", True),
        ("Giao khu vực biển (cấp Bộ)", "Giao khu vực biển (cấp tỉnh)", True),
        ("Đăng ký kết hôn", "Đăng ký kết hôn lưu động", False),
        ("Nuôi con nuôi (trong nước)", "Nuôi con nuôi (nước ngoài)", False),
        ("Tố cáo Công an cấp tỉnh", "Tố cáo Công an cấp xã", False),
    ],
)
def test_twins_differ_by_level_alone(one, other, same):
    groups = twin_groups([entry(one), entry(other)])
    assert bool(groups[0] == groups[1]) is same


def test_the_likeliest_twin_stands_for_all():
    assert pooled(np.array([0.2, 0.3, 0.4]), np.array([1, 2, 1])).tolist() == pytest.approx([0.0, 0.3, 0.6])
