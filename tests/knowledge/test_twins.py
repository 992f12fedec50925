"""One procedure under several codes."""

from __future__ import annotations

import numpy as np
import pytest

from knowledge.search.index import Entry
from knowledge.search.twins import pooled, twin_groups


def entry(name: str, code: str = "1.000001") -> Entry:
    return Entry(code, name, (name,), "", "", (), "citizen", "full")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Cấp lại thẻ căn cước", "Cấp lại thẻ căn cước (thực hiện tại cấp tỉnh)", True),
        ("Thủ tục đăng ký khai sinh", "Đăng ký khai sinh", True),
        ("Giao khu vực biển (cấp Bộ)", "Giao khu vực biển (cấp tỉnh)", True),
        (
            "Cấp lại biển số xe thực hiện bằng dịch vụ công trực tuyến toàn trình",
            "Cấp lại biển số xe thực hiện bằng dịch vụ công trực tuyến một phần hoặc trực tiếp",
            True,
        ),
        ("Đăng ký kết hôn", "Đăng ký kết hôn lưu động", False),
        ("Nuôi con nuôi (trong nước)", "Nuôi con nuôi (nước ngoài)", False),
        ("Tố cáo Công an cấp tỉnh", "Tố cáo Công an cấp xã", False),
    ],
)
def test_twins_differ_by_level_or_way_alone(one, other, same):
    groups = twin_groups([entry(one), entry(other)])
    assert bool(groups[0] == groups[1]) is same


def test_known_twins_need_no_name_in_common():
    entries = [entry("Đính chính", "1"), entry("Sửa sai sót", "2"), entry("Sửa sai sót", "3")]
    assert twin_groups(entries).tolist() == [0, 1, 1]
    assert twin_groups(entries, [("1", "2")]).tolist() == [0, 0, 1]


def test_the_likeliest_twin_stands_for_all():
    assert pooled(np.array([0.2, 0.3, 0.4]), np.array([1, 2, 1])).tolist() == pytest.approx([0.0, 0.3, 0.6])
