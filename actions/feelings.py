"""One human sentence where a citizen tells of a birth, a wedding or a death (``feelings.vi.yml``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from nlu.text import fold, tokens

_FILE = Path(__file__).parent / "feelings.vi.yml"
_NEAR = 3  # words between a relative and what happened to them


@dataclass(frozen=True)
class Feeling:
    """What is said, and when: the folded words that tell of it, and the procedures that follow from it."""

    say: str
    words: tuple[str, ...]
    kin: frozenset[str]
    verbs: frozenset[str]
    procedures: frozenset[str]

    def is_told(self, said: Sequence[str]) -> bool:
        """Tell whether the folded words of a message tell of it."""
        message = f" {' '.join(said)} "
        return any(f" {words} " in message for words in self.words) or self._befell(said)

    def _befell(self, said: Sequence[str]) -> bool:
        places = [place for place, word in enumerate(said) if word in self.verbs]
        return any(self.kin & set(said[max(place - _NEAR, 0) : place]) for place in places)


def opening(message: str, procedure: str) -> str:
    """Return the sentence that belongs before the first answer about a procedure, or ""."""
    said = [fold(word) for word in tokens(message)]
    told = (feeling.say for feeling in _feelings() if procedure in feeling.procedures and feeling.is_told(said))
    return next(told, "")


@lru_cache(maxsize=1)
def _feelings() -> tuple[Feeling, ...]:
    return tuple(
        Feeling(
            say=entry["say"],
            words=tuple(map(fold, entry["words"])),
            kin=frozenset(map(fold, entry.get("kin", ()))),
            verbs=frozenset(map(fold, entry.get("verbs", ()))),
            procedures=frozenset(entry["procedures"]),
        )
        for entry in yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    )
