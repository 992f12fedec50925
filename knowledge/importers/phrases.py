"""The national portal's wording (``national.vi.yml``) as patterns and tables, read once on first use."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from re import Pattern
from typing import Any

import yaml

_FILE = Path(__file__).parent / "national.vi.yml"
_LEGAL = re.compile(r"\d{1,4}/\d{4}/[A-ZĐ][A-ZĐ0-9]*(?:[-/][A-ZĐ][A-ZĐ0-9]*g?)*")


@cache
def phrases() -> dict[str, Any]:
    """Return the tables of the file."""
    return yaml.safe_load(_FILE.read_text(encoding="utf-8"))


@cache
def pattern(*path: str) -> Pattern[str]:
    """Return the pattern at a path of keys, compiled without regard to case."""
    value: Any = phrases()
    for key in path:
        value = value[key]
    return re.compile(value, re.IGNORECASE)


def portal() -> str:
    """Return the name under which the national portal is quoted."""
    return phrases()["portal"]


def legal_numbers(text: str) -> tuple[str, ...]:
    """Return the numbers of legal texts in a text, like 75/2022/TT-BTC, each once, in order."""
    return tuple(dict.fromkeys(_LEGAL.findall(text)))
