"""Codes, numbers, amounts and dates in free text, found by regular expressions on the raw message.

Word segmentation cuts codes ("000.15" "." "H36-…"), so these never look at tokens. Shapes: domain.md 2.5.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nlu.dossier_codes import find_spans
from nlu.text import fold


@dataclass(frozen=True)
class Found:
    """One entity: offsets in the message, name, and value in its canonical form."""

    start: int
    end: int
    name: str
    value: str | int


_PROCEDURE = re.compile(
    r"(?<![\w.,])(?P<code>[1-6]\.\d{6})(?:\.(?:\d{3}\.\d{2}\.\d{2}\.)?[hHgG]\d{2}(?:\.\d{1,3})*)?(?![\d\w])"
)
_MONEY_WORD = re.compile(
    r"(?<![\w.,])(?P<number>\d{1,3}(?:[., ]\d{3})+|\d+(?:[.,]\d{1,2})?)\s*"
    r"(?P<unit>triệu|trieu|tr|củ|nghìn|nghin|ngàn|ngan|ng|k|đồng|dong|vnđ|vnd|đ|d|tỷ|tỉ|ty)(?P<rest>\s?\d)?(?!\w)",
    re.IGNORECASE,
)
_UNITS = {
    "trieu": 10**6,
    "tr": 10**6,
    "cu": 10**6,
    "nghin": 1000,
    "ngan": 1000,
    "ng": 1000,
    "k": 1000,
    "ty": 10**9,
    "ti": 10**9,
}
_FULL_DATE = re.compile(
    r"(?<![\w/.\-])(?:ngày\s+|ngay\s+)?(?P<d>[0-3]?\d)\s?(?:[/.\-]|\s*tháng\s*|\s*thang\s*)\s?(?P<m>[01]?\d)"
    r"(?:\s?(?:[/.\-]|\s*năm\s*|\s*nam\s*)\s?(?P<y>20\d{2}|19\d{2}|\d{2}))?(?![\w/\-])",
    re.IGNORECASE,
)
_DAY_ONLY = re.compile(
    r"(?<!\w)(?:ngày|ngay|hôm|hom|bữa|bua|mùng|mung|mồng|mong)\s+(?P<d>[0-3]?\d)(?![\w/.,\-]|\s*(?:ngày|ngay|k|tr|đ))",
    re.IGNORECASE,
)
_PHONE = re.compile(r"(?<![\w.])(?:\+?84|0)(?:[\s.\-]?\d){8,10}(?![\w])")
_IDENTITY = re.compile(r"(?<![\w.\-/])(?:0\d{2}[\s.]?\d{3}[\s.]?\d{3}[\s.]?\d{3}|[1-3]\d{8})(?![\w\-/])")


def find_codes(text: str) -> list[Found]:
    """Return codes, amounts, dates, phone and identity numbers of the text, none overlapping, in order."""
    taken: list[Found] = []
    for finder in _FINDERS:
        for found in finder(text):
            if not any(_overlap(found, other) for other in taken):
                taken.append(found)
    return sorted(taken, key=lambda found: found.start)


def _overlap(one: Found, two: Found) -> bool:
    return one.start < two.end and two.start < one.end


def _dossiers(text: str) -> Iterator[Found]:
    for span in find_spans(text):
        yield Found(span.start, span.end, "dossier_code", span.code)


def _procedures(text: str) -> Iterator[Found]:
    for match in _PROCEDURE.finditer(text):
        yield Found(match.start(), match.end(), "procedure_code", match["code"])


def _amounts(text: str) -> Iterator[Found]:
    for match in _MONEY_WORD.finditer(text):
        value = _amount(match["number"], fold(match["unit"]), (match["rest"] or "").strip())
        if value is not None:
            yield Found(match.start(), match.end(), "amount", value)


def _amount(number: str, unit: str, rest: str) -> int | None:
    """Return the amount in đồng: "1tr5" is 1 500 000; a bare "5 d" is too small to be money."""
    factor = _UNITS.get(unit, 1)
    grouped = re.fullmatch(r"\d{1,3}(?:[., ]\d{3})+", number)
    base = float(re.sub(r"[., ]", "", number)) if grouped else float(number.replace(",", "."))
    value = int(base * factor) + (int(rest) * factor // 10 if rest else 0)
    return value if value >= 1000 else None


def _dates(text: str) -> Iterator[Found]:
    for match in _FULL_DATE.finditer(text):
        value = _date(match["d"], match["m"], match["y"])
        if value and (match["y"] or not re.fullmatch(r"\d+[.\-]\d+", match.group())):
            yield Found(match.start(), match.end(), "date", value)
    for match in _DAY_ONLY.finditer(text):
        if 1 <= int(match["d"]) <= 31:
            yield Found(match.start(), match.end(), "date", f"---{int(match['d']):02d}")


def _date(day: str, month: str, year: str | None) -> str | None:
    """Return ISO 8601: ``2026-07-15``, or ``--07-15`` where no year was written; None for no real date."""
    full = int(year) + (2000 if int(year) < 100 else 0) if year else 2024
    try:
        value = dt.date(full, int(month), int(day)).isoformat()
    except ValueError:
        return None
    return value if year else f"--{value[5:]}"


def _phones(text: str) -> Iterator[Found]:
    for match in _PHONE.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        digits = "0" + digits[2:] if digits.startswith("84") else digits
        if re.fullmatch(r"0[35789]\d{8}|02\d{8,9}", digits):
            yield Found(match.start(), match.end(), "phone", digits)


def _identities(text: str) -> Iterator[Found]:
    for match in _IDENTITY.finditer(text):
        yield Found(match.start(), match.end(), "id_number", re.sub(r"\D", "", match.group()))


_FINDERS: tuple[Callable[[str], Iterator[Found]], ...] = (
    _dossiers,
    _procedures,
    _amounts,
    _dates,
    _phones,
    _identities,
)
