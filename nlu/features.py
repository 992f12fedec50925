"""What the linear classifiers see of a message: n-grams of the accented and of the folded text.

Both views are kept because marks carry meaning (thuế/thuê) and half of the citizens type none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from nlu.text import Lexicon, fold, normalise

Span = tuple[int, int, str]  # start, end, entity name

_WORD = re.compile(r"<\w+>|\d+|[^\W\d_]+|[?!]")
_EDGE = "_"
_CLAUSE_END = re.compile(r"[,;:?!.]|\b(?:và|va|với|rồi|roi|còn)\b", re.IGNORECASE)
_SHORTEST_CLAUSE = 2  # words


def mask(text: str, spans: Iterable[Span]) -> str:
    """Return text with every span replaced by ``<name>``, so that values are not learnt by heart."""
    parts, last = [], 0
    for start, end, name in sorted(spans):
        if start >= last:
            parts += [text[last:start], f" <{name}> "]
            last = end
    return "".join([*parts, text[last:]])


def words(text: str, spans: Iterable[Span], lexicon: Lexicon) -> list[str]:
    """Return the lower-case words of the masked and normalised message; numbers become ``<n>``."""
    clean = normalise(mask(text, spans), lexicon).lower()
    return [_shape(word) for word in _WORD.findall(clean)]


def clauses(text: str, spans: Iterable[Span], lexicon: Lexicon) -> list[list[str]]:
    """Return the words of each clause of a message that has several, else nothing."""
    parts = [part for part in _CLAUSE_END.split(mask(text, spans)) if len(part.split()) >= _SHORTEST_CLAUSE]
    return [words(part, (), lexicon) for part in parts] if len(parts) > 1 else []


def _shape(word: str) -> str:
    """Small numbers stay ("2" may choose an option), long ones lose their digits."""
    return word if not word.isdigit() or len(word) < 2 else f"<n{min(len(word), 5)}>"


def word_ngrams(tokens: Sequence[str]) -> list[str]:
    """Return words and pairs of words in both views; the edges of the message count as words."""
    if not tokens:
        return []
    grams: list[str] = []
    for view, row in (("a", list(tokens)), ("f", [fold(token) for token in tokens])):
        padded = [_EDGE, *row, _EDGE]
        grams += [f"{view}:{word}" for word in row]
        grams += [f"{view}:{one} {two}" for one, two in zip(padded, padded[1:])]
    return grams + [f"s:{len(tokens)}" if len(tokens) < 4 else "s:long"]


def char_ngrams(tokens: Sequence[str]) -> list[str]:
    """Return the folded character n-grams (2 to 5 letters) that stay inside one word and its borders."""
    return [gram for token in tokens for gram in _word_chars(token)]


@lru_cache(maxsize=65_536)  # a corpus of 20,000 messages holds some 5,000 different words
def _word_chars(token: str) -> tuple[str, ...]:
    word = f" {fold(token)} "
    return tuple(word[i : i + size] for size in range(2, 6) for i in range(len(word) - size + 1))


def strip_marks(tokens: Sequence[str]) -> list[str]:
    """Return the words as typed by somebody without a Vietnamese keyboard."""
    return [fold(token) for token in tokens]
