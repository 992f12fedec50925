"""Phrases kept in YAML lists, looked for in what citizens type."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from nlu.text import fold, has_marks, place_tones, tokens

_MARKED = 1 / 3  # so many of the words of a text typed with marks have some; "ko" has become "không" in any text
_ByFirst = dict[str, list[list[str]]]


class Phrases:
    """A list of phrases, by their first words: with marks, and as they are typed without."""

    def __init__(self, phrases: Sequence[str]) -> None:
        placed = [place_tones(phrase) for phrase in phrases]
        self._marked, self._folded = _by_first(placed), _by_first(map(fold, placed))

    def length(self, words: Sequence[str], start: int, are_marked: bool) -> int:
        """Return how many words the longest phrase has that begins at a word, 0 when none does."""
        known = (self._marked if are_marked else self._folded).get(words[start], ()) if start < len(words) else ()
        return max((len(one) for one in known if words[start : start + len(one)] == one), default=0)


def _by_first(phrases: Iterable[str]) -> _ByFirst:
    found: _ByFirst = defaultdict(list)
    for phrase in phrases:
        words = phrase.split()
        found[words[0]].append(words)
    return found


class Said:
    """The words of a text; one typed with marks says only what has the same marks ("con" is not "còn")."""

    def __init__(self, text: str) -> None:
        self.words = tokens(text)
        self._are_marked = sum(map(has_marks, self.words)) > len(self.words) * _MARKED
        self._as_typed = self.words if self._are_marked else list(map(fold, self.words))

    def length(self, start: int, phrases: Phrases) -> int:
        """Return how many words the longest phrase has that begins at a word, 0 when none does."""
        return phrases.length(self._as_typed, start, self._are_marked)


def read(file: Path) -> Any:
    """Return what stands in a YAML file."""
    return yaml.safe_load(file.read_text(encoding="utf-8"))
