"""Phrases kept in YAML lists, looked for in what citizens type."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from nlu.text import fold, has_marks, place_tones, tokens

Phrase = tuple[str, ...]
_MARKED = 1 / 3  # so many of the words of a text typed with marks have some; "ko" has become "không" in any text


class Said:
    """The words of a text; one typed with marks says only what has the same marks ("con" is not "còn")."""

    def __init__(self, text: str) -> None:
        self.words = tokens(text)
        marked = sum(map(has_marks, self.words)) > len(self.words) * _MARKED
        self._as_typed = self.words if marked else list(map(fold, self.words))
        self._is_marked = marked

    def length(self, start: int, phrases: Iterable[Phrase]) -> int:
        """Return how many words the longest phrase has that begins at a word, 0 when none does."""
        return max((len(phrase) for phrase in phrases if self._has(start, phrase)), default=0)

    def _has(self, start: int, phrase: Phrase) -> bool:
        wanted = phrase if self._is_marked else map(fold, phrase)
        return self._as_typed[start : start + len(phrase)] == list(wanted)


def read(file: Path) -> Any:
    """Return what stands in a YAML file."""
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def cut(phrases: Sequence[str]) -> tuple[Phrase, ...]:
    """Return the words of each phrase."""
    return tuple(tuple(place_tones(phrase).split()) for phrase in phrases)
