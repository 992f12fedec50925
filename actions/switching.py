"""Turning to something else in a conversation ("còn hộ chiếu thì sao?")."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import yaml

from nlu.text import fold, tokens

_FILE = Path(__file__).with_name("openers.yml")


def turns_away(said: str) -> bool:
    """Tell whether a text begins as people begin who turn to something else; often it is more of the same after all."""
    words, phrases = tuple(map(fold, tokens(said))), _phrases()
    while words and (length := _length(words, phrases["before"])) and not _length(words, phrases["openers"]):
        words = words[length:]
    return bool(_length(words, phrases["openers"]))


def _length(words: tuple[str, ...], phrases: tuple[tuple[str, ...], ...]) -> int:
    return next((len(phrase) for phrase in phrases if words[: len(phrase)] == phrase), 0)


@lru_cache(maxsize=1)
def _phrases() -> dict[str, tuple[tuple[str, ...], ...]]:
    raw = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return {name: tuple(tuple(fold(phrase).split()) for phrase in said) for name, said in raw.items()}
