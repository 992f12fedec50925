"""Codes of dossiers as citizens type, dictate and scan them: found in free text, and told to be the same.

Forgiven: lower case, blanks or other dashes between the parts, the letter O for a zero, missing zeros.
Shapes seen: ``000.15.H36-231221-0001``, ``G09.20-20260609-0092637``, ``03706/2026/07906`` (social insurance).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class CodeSpan:
    """A code found in a text: where it stands, and how it is written properly."""

    start: int
    end: int
    code: str


_DASHES = re.compile(r"\s*[-‐‑‒–—−_]\s*")
_DASH = _DASHES.pattern
_D = r"[0-9oO]"
_UNIT = rf"(?:{_D}{{1,3}}\s?\.\s?){{0,4}}[a-zA-Z]\s?{_D}{{2}}(?:\s?\.\s?{_D}{{1,3}}){{0,4}}"
_WRITTEN = re.compile(
    rf"(?<![\w.])(?P<unit>{_UNIT}){_DASH}(?P<day>{_D}{{8}}|{_D}{{6}}){_DASH}(?P<number>{_D}{{1,7}})(?!\w)"
)
_SPACED = re.compile(
    rf"(?<![\w.])(?P<unit>(?:{_D}{{2,3}}[.\s]){{0,4}}[hHgG]{_D}{{2}}(?:[.\s]{_D}{{1,3}}){{0,4}})[-\s](?P<day>20\d{{6}}|\d{{6}})[-\s](?P<number>\d{{3,7}})(?!\w)"
)
_INSURANCE = re.compile(r"(?<![\w/])(?P<all>\d{5}/20\d{2}/\d{3,6})(?![\w/])")
_SEPARATORS = re.compile(r"[\s./\-‐‑‒–—−_]+")
_LETTER_AND_NUMBER = re.compile(r"[A-Z][0-9O]+")


def find_spans(text: str) -> Iterator[CodeSpan]:
    """Yield the codes in a text; the patterns are tried one after the other and may overlap."""
    for pattern in (_WRITTEN, _SPACED):
        for match in pattern.finditer(text):
            parts = (_unit(match["unit"]), _digits(match["day"]), _digits(match["number"]))
            yield CodeSpan(match.start(), match.end(), "-".join(parts))
    for match in _INSURANCE.finditer(text):
        yield CodeSpan(match.start(), match.end(), match["all"])


def match_key(code: str) -> str:
    """Return what all spellings of a code share: its groups in upper case, without zeros before numbers."""
    groups = filter(None, _SEPARATORS.split(code.strip().upper()))
    return ".".join(_key_of(group) for group in groups)


def _key_of(group: str) -> str:
    digits = _digits(group)
    if digits.isdecimal():
        return digits.lstrip("0") or "0"
    return group[0] + digits[1:] if _LETTER_AND_NUMBER.fullmatch(group) else group


def _unit(unit: str) -> str:
    dotted = re.sub(r"\s+", ".", re.sub(r"\s*\.\s*", ".", unit)).upper()
    return re.sub(r"([A-Z])\.(?=\d{2}\b)", r"\1", _digits(dotted))


def _digits(part: str) -> str:
    """Scanned or hand-copied codes hold the letter O where a zero belongs."""
    return part.upper().replace("O", "0")
