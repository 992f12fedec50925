"""From text to search features: words and pairs of words, with marks and without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import yaml

from nlu.text import Lexicon, fold, load_lexicon, place_tones, tokens

_DATA = Path(__file__).parent.parent / "data" / "search"


@dataclass(frozen=True)
class Wording:
    """Words that say nothing about the procedure, and phrases that mean others.

    ``stopwords`` holds words as written and, apart, without marks; ``kept`` folded pairs that tell.
    ``synonyms`` maps folded word tuples to the phrases to search as well. ``asides`` are folded
    phrases such as "mat bao nhieu" whose words mean something else elsewhere. ``lexicon`` holds
    abbreviations and teencode.
    """

    stopwords: frozenset[str]
    folded_stopwords: frozenset[str]
    kept: frozenset[str]
    synonyms: dict[tuple[str, ...], tuple[str, ...]]
    asides: tuple[tuple[str, ...], ...] = ()
    lexicon: Lexicon = field(default_factory=Lexicon)


@lru_cache(maxsize=1)
def load_wording(folder: Path = _DATA) -> Wording:
    """Read stop words and synonyms of the search room (knowledge/data/search)."""
    stop = yaml.safe_load((folder / "stopwords.yml").read_text(encoding="utf-8"))
    same = yaml.safe_load((folder / "synonyms.yml").read_text(encoding="utf-8"))
    asides = yaml.safe_load((folder / "asides.yml").read_text(encoding="utf-8"))
    return Wording(
        stopwords=frozenset(place_tones(str(word)) for word in stop["words"]),
        folded_stopwords=frozenset(fold(str(word)) for word in stop["words"]),
        kept=frozenset(fold(pair).replace(" ", "_") for pair in stop["kept"]),
        synonyms={tuple(fold(phrase).split()): tuple(means) for phrase, means in same.items()},
        asides=tuple(tuple(fold(phrase).split()) for phrase in asides),
        lexicon=load_lexicon(),
    )


def without_asides(text: str, wording: Wording) -> str:
    """Return the words of the text without its asides."""
    words = tokens(text)
    folded = [fold(word) for word in words]
    dropped: set[int] = set()
    for aside in wording.asides:
        for start in range(len(folded) - len(aside) + 1):
            if tuple(folded[start : start + len(aside)]) == aside:
                dropped.update(range(start, start + len(aside)))
    return " ".join(word for position, word in enumerate(words) if position not in dropped)


def text_features(text: str, marked: bool) -> list[str]:
    """Return words and adjacent pairs of the text; ``marked`` keeps the marks."""
    return word_features(tokens(text), marked)


def word_features(words: Sequence[str], marked: bool) -> list[str]:
    """Return the words and their adjacent pairs; ``marked`` keeps the marks."""
    said = list(words) if marked else [fold(word) for word in words]
    return said + [f"{a}_{b}" for a, b in zip(said, said[1:])]


def expand(text: str, wording: Wording) -> list[str]:
    """Return the phrases that citizens' words in the text stand for."""
    words = [fold(word) for word in tokens(text)]
    found: list[str] = []
    for length in range(1, 6):
        for start in range(len(words) - length + 1):
            found.extend(wording.synonyms.get(tuple(words[start : start + length]), ()))
    return found


def is_stop(feature: str, wording: Wording) -> bool:
    """Tell whether a word, or both halves of a pair, say nothing about the procedure."""
    if "_" in feature and fold(feature) in wording.kept:
        return False
    return all(_is_stop_word(part, wording) for part in feature.split("_"))


def _is_stop_word(word: str, wording: Wording) -> bool:
    folded = fold(word)
    return folded in wording.folded_stopwords if folded == word else word in wording.stopwords
