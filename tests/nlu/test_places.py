"""Places with and without marks; ordinary words that look like a place are none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nlu.places import PlaceFinder, read_gazetteer, syllables
from nlu.text import place_tones

GAZETTEER = Path("nlu/data/entities/places.txt")
TABLE = [
    ("ở La Gi thì nộp chỗ nào", [("La Gi", None)]),
    ("o la gi nop dau", [("La Gi", None)]),
    ("thị xã La Gi", [("La Gi", "thị xã")]),
    ("toi o phan thiet", [("Phan Thiết", None)]),
    ("phuong mui ne", [("Mũi Né", "phường")]),
    ("Xã Hàm Thuận Bắc", [("Hàm Thuận Bắc", "xã")]),
    ("huyen tanh linh", [("Tánh Linh", "huyện")]),
    ("bảo lâm 2", [("Bảo Lâm 2", None)]),
    ("p.2 Bảo Lộc", [("2 Bảo Lộc", "phường")]),
    ("phường 3 Đà Lạt", [("Phường 3", "phường"), ("Đà Lạt", None)]),
    ("xã Hoà Thắng", [("Hòa Thắng", "xã")]),
    ("xã Đạ K'Nàng", [("Đạ K'Nàng", "xã")]),
    ("từ Hàm Tân qua Đức Linh", [("Hàm Tân", None), ("Đức Linh", None)]),
    ("so do la gi", []),
    ("sổ đỏ là gì", []),
    ("hội liên hiệp phụ nữ", []),
    ("tien loi qua", []),
    ("lam dong thoi hai giay", []),
    ("cat tien mat", []),
    ("đi lính về", []),
    ("TIEN LOI LA GI", []),
]


@pytest.fixture(scope="module")
def finder() -> PlaceFinder:
    return PlaceFinder(read_gazetteer(GAZETTEER.read_text(encoding="utf-8").splitlines()))


@pytest.mark.parametrize(("text", "expected"), TABLE)
def test_find(finder, text, expected):
    assert [(place.name, place.kind) for place in finder.find(text, syllables(text))] == expected


def test_offsets_cover_the_name_alone(finder):
    text = "nhà ở phường Mũi Né, gần biển"
    assert [text[place.start : place.end] for place in finder.find(text, syllables(text))] == ["Mũi Né"]


def test_every_entry_is_found_under_its_own_name(finder):
    entries = read_gazetteer(GAZETTEER.read_text(encoding="utf-8").splitlines())
    missed = [
        e.name
        for e in entries
        if e.name not in {p.name for p in finder.find(f"xã {e.name}", syllables(f"xã {e.name}"))}
    ]
    assert len(entries) > 350 and not missed


def test_all_units_of_today_are_in_the_gazetteer():
    source = Path("../shared/data/lamdong_communes.jsonl")
    if not source.exists():
        pytest.skip("the list of communes is not beside the repository")
    names = {entry.name for entry in read_gazetteer(GAZETTEER.read_text(encoding="utf-8").splitlines())}
    units = [
        json.loads(line)["name"].split(" - ")[0].replace("’", "'")
        for line in source.read_text(encoding="utf-8").splitlines()
    ]
    assert len(units) == 124 and not {place_tones(unit) for unit in units} - names


def test_an_unreadable_line_is_named():
    with pytest.raises(ValueError, match="= nothing"):
        read_gazetteer(["= nothing"])
