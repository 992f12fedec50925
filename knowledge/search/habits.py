"""What citizens take for granted and the records cannot tell: what is asked daily, and what is one thing to them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

_FILE = Path(__file__).parent.parent / "data" / "search" / "habits.yml"


@dataclass(frozen=True)
class Habits:
    """``daily`` codes are meant unless something points at a rarer kind; each of ``same`` is one thing to a citizen."""

    daily: frozenset[str] = frozenset()
    same: tuple[tuple[str, ...], ...] = ()


@lru_cache(maxsize=1)
def load_habits() -> Habits:
    """Read knowledge/data/search/habits.yml."""
    raw = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return Habits(frozenset(map(str, raw["daily"])), tuple(tuple(map(str, codes)) for codes in raw["same"]))
