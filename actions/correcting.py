"""What a citizen means instead of what was understood ("không phải khai sinh, ý em là trích lục")."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import yaml

from nlu.text import fold, tokens

_FILE = Path(__file__).parent / "corrections.yml"
_PART = re.compile(r"[,.;:!?]+\s")
Phrases = tuple[tuple[str, ...], ...]


def meant_instead(said: str) -> str:
    """Return the words of a correction that tell what is meant; all of them where none do."""
    parts = [tokens(part) for part in _PART.split(f"{said} ") if tokens(part)]
    while len(parts) > 1 and _opens(parts[0], _phrases()["denying"]):
        del parts[0]
    words = [word for part in parts for word in part]
    _, start = _find(words, _phrases()["instead"])
    kept = words[start:]
    end, _ = _find(kept, _phrases()["but_not"])
    kept = kept[:end] if end else kept
    while kept and (length := _opens(kept, _phrases()["openings"])):
        kept = kept[length:]
    return " ".join(kept or words)


def _opens(words: Sequence[str], phrases: Phrases) -> int:
    """Return how many words the phrase has that the words begin with, else 0."""
    folded = tuple(map(fold, words))
    return next((len(phrase) for phrase in phrases if folded[: len(phrase)] == phrase), 0)


def _find(words: Sequence[str], phrases: Phrases) -> tuple[int, int]:
    """Return where the first phrase begins and ends, (0, 0) without any."""
    for start in range(len(words)):
        length = _opens(words[start:], phrases)
        if length:
            return start, start + length
    return 0, 0


@lru_cache(maxsize=1)
def _phrases() -> dict[str, Phrases]:
    raw = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    cut = {name: [tuple(map(fold, phrase.split())) for phrase in phrases] for name, phrases in raw.items()}
    return {name: tuple(sorted(phrases, key=len, reverse=True)) for name, phrases in cut.items()}
