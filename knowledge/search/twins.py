"""One procedure under several codes, one for each level of government or way of filing: twins.

A citizen who asks to replace a card means one of them without knowing it: they must not compete, nor be choices.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nlu.text import folded_tokens

if TYPE_CHECKING:
    from knowledge.search.index import Entry

_ASIDE = re.compile(r"\(([^()]*)\)")
# An aside of these words alone says who carries it out: "(thực hiện tại cấp tỉnh)", "(tại Công an xã)", "(cấp Bộ)".
_LEVELS = frozenset("thuc hien tai o cap tinh xa huyen trung uong bo cong an cuc quan ly xuat nhap canh".split())
_OPENING = ["thu", "tuc"]
_WAY = re.compile(r" thuc hien bang dich vu cong\b.*")  # "… trực tuyến toàn trình", "… một phần hoặc trực tiếp"


def twin_groups(entries: Sequence[Entry], same: Sequence[Sequence[str]] = ()) -> np.ndarray:
    """Return a number for each entry; twins share it. ``same`` are codes known to be twins."""
    known = {code: f"={codes[0]}" for codes in same for code in codes}
    numbers: dict[str, int] = {}
    return np.array(
        [numbers.setdefault(known.get(entry.code) or _bare(entry.official), len(numbers)) for entry in entries],
        dtype=np.int64,
    )


def _bare(name: str) -> str:
    words = folded_tokens(_ASIDE.sub(lambda found: "" if _is_level(found.group(1)) else found.group(0), name))
    return _WAY.sub("", " ".join(words[2:] if words[:2] == _OPENING else words))


def _is_level(aside: str) -> bool:
    return set(folded_tokens(aside)) <= _LEVELS


def pooled(shares: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return the shares with those of twins given to the likeliest of them."""
    given = np.zeros_like(shares)
    leaders: dict[int, int] = {}
    for place in np.argsort(-shares, kind="stable"):
        given[leaders.setdefault(int(groups[place]), int(place))] += shares[place]
    return given
