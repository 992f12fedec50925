"""Codes of dossiers: found in what citizens write, and in the one form in which they are said back."""

from __future__ import annotations

import re

from nlu.dossier_codes import CodeSpan, find_spans, match_key

__all__ = ["code_spans", "find_codes", "loose_code", "match_key", "tidy_code"]

_DASHES = re.compile(r"\s*[-‐‑‒–—−_]\s*")
_USUAL_WIDTH = {6: 4, 8: 7}  # digits of the running number, by those of the day before it
_LOOSE = re.compile(r"(?<![\w./-])[A-Za-z0-9][A-Za-z0-9./-]{4,39}(?![\w/-])")
_FEWEST_DIGITS = 5
_MOST_WORDS = 10  # a longer message says something else
# What has another shape of its own: procedures, days, numbers of legal texts, amounts, phones and identity numbers.
_OTHERS = re.compile(
    r"\d\.\d{6}(?:\..+)?|\d{1,2}[/.-]\d{1,2}[/.-]\d{4}|\d{4}-\d{1,2}-\d{1,2}|\d{1,4}/\d{4}.*|\d{1,3}(?:\.\d{3})+|\d{9,}"
)


def find_codes(text: str) -> list[str]:
    """Return the dossier codes in a text, in their order, each once and in its tidy form."""
    return list({match_key(span.code): tidy_code(span.code) for span in _spans(text)}.values())


def code_spans(text: str) -> list[tuple[int, int]]:
    """Return where the codes stand in a text."""
    return [(span.start, span.end) for span in _spans(text)]


def _spans(text: str) -> list[CodeSpan]:
    taken: list[CodeSpan] = []
    for span in find_spans(text):
        if not any(span.start < other.end and other.start < span.end for other in taken):
            taken.append(span)
    return sorted(taken, key=lambda span: span.start)


def loose_code(text: str) -> str | None:
    """Return the one thing in a text that may be a code of no shape we know; for answers to "which code?" alone."""
    if len(text.split()) > _MOST_WORDS:
        return None
    found = [match.group().rstrip(".") for match in _LOOSE.finditer(text)]
    codes = [one for one in found if sum(map(str.isdigit, one)) >= _FEWEST_DIGITS and not _OTHERS.fullmatch(one)]
    return tidy_code(codes[0]) if len(codes) == 1 else None


def tidy_code(code: str) -> str:
    """Return a code as it is said back: upper case, plain dashes, the usual number of digits at its end."""
    parts = _DASHES.sub("-", code.strip()).upper().split("-")
    day = parts[-2].replace("O", "0") if len(parts) > 2 else ""
    if not (day.isdecimal() and len(day) in _USUAL_WIDTH):
        return "-".join(parts)
    unit = re.sub(r"(?<=[\d.A-Z])O|O(?=[\d.])", "0", parts[0])
    number = parts[-1].replace("O", "0").zfill(_USUAL_WIDTH[len(day)])
    return "-".join([unit, *parts[1:-2], day, number])
