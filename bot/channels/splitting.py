"""Cutting a long text where a reader would: between paragraphs, lines, sentences, words; never inside a number."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

# From the best place to the worst. A code, or an amount with its unit ("15 ngày", "1 500 000 đ"), stays whole:
# no cut follows a digit, nor a dash between digits.
_PLACES = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n"),
    re.compile(r"(?<=[.!?…;:])(?<!\d[.:])[ \t]+"),
    re.compile(r"(?<![\d\s])(?<!\d \-)(?<!\d\-)(?<!\d –)[ \t]+(?![\-–/] ?\d)"),
    re.compile(r"\s+"),
)
_LEAST_SHARE = 4  # a piece holds at least the fourth part of what fits, unless only a worse place would do that


def pieces(text: str, longest: int) -> Iterator[tuple[int, int]]:
    """Yield start and end of each piece, at most ``longest`` code points; between pieces only blanks are left out."""
    start, stop = _trimmed(text, 0, len(text))
    while start < stop:
        end = stop if stop - start <= longest else _cut(text, start, start + longest)
        first, last = _trimmed(text, start, end)
        if first < last:
            yield first, last
        start, _ = _trimmed(text, end, stop)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _cut(text: str, start: int, limit: int) -> int:
    """Return where to end the piece: the last good place up to ``limit``."""
    least = start + max(1, (limit - start) // _LEAST_SHARE)
    for place in _PLACES:
        found = _last(place, text, start, limit)
        if found >= least:
            return found
    # a long word stands in the way: rather a short piece than a cut through it
    return max(_last(_PLACES[-2], text, start, limit), 0) or _anywhere(text, start, limit)


def _last(place: re.Pattern[str], text: str, start: int, limit: int) -> int:
    """Return the last such place up to ``limit``, -1 when there is none."""
    found = [match.start() for match in place.finditer(text, start, limit + 4) if match.start() <= limit]
    return found[-1] if found and found[-1] > start else -1


def _anywhere(text: str, start: int, limit: int) -> int:
    """No place at all: cut, but not between a letter and its mark."""
    end = limit
    while end > start + 1 and unicodedata.combining(text[end]):
        end -= 1
    return end if end > start + 1 else limit
