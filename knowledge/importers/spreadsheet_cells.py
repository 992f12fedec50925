"""Cells of the province's spreadsheet: amounts, days, times, papers as people write them."""

from __future__ import annotations

import datetime as dt
import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from knowledge.records import ModeName
from nlu.text import fold

_FILE = Path(__file__).parent / "spreadsheet.vi.yml"
_AMOUNT = re.compile(r"^(\d{1,3}(?:[. ,]\d{3})+|\d+)(?:[.,]0+)?\s*(?:đồng|đ|vnđ|vnd)?\s*(?:/\s*(.+))?$", re.IGNORECASE)
_NUMBERISH = re.compile(r"^[\d.,\s]+(?:đồng|đ|vnđ|vnd)?$", re.IGNORECASE)
_TIME = re.compile(r"^(\d+)(?:\s*[-–]\s*(\d+))?\s*(.*)$")
_DAY = re.compile(r"^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$")
_LEAST = 1000  # no fee is smaller: such a number was typed in thousands


class CellError(ValueError):
    """A cell cannot be understood; the message says what was expected, ``column`` where it is another one."""

    def __init__(self, message: str, column: str = "") -> None:
        super().__init__(message)
        self.column = column


class SuspiciousAmount(CellError):
    """An amount below 1.000 đồng: probably written in thousands."""


@cache
def sheet_words() -> dict[str, Any]:
    """Return the columns and words of the spreadsheet."""
    return yaml.safe_load(_FILE.read_text(encoding="utf-8"))


def says(text: str, kind: str) -> bool:
    """Tell whether a cell says one of the words of a kind (free, unknown, done, same_day, immediate)."""
    return fold(text) in {fold(word) for word in sheet_words()["words"][kind]}


def cell_text(value: object) -> str:
    """Return a cell's text: whole numbers without a tail, days as dd/mm/yyyy."""
    if value is None:
        return ""
    if isinstance(value, (dt.datetime, dt.date)):
        return value.strftime("%d/%m/%Y")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def read_day(text: str, column: str) -> dt.date:
    """Return the day written dd/mm/yyyy (or yyyy-mm-dd) in a cell of the column."""
    match = _DAY.match(text)
    try:
        return dt.date(int(match[3]), int(match[2]), int(match[1])) if match else dt.date.fromisoformat(text)
    except ValueError as error:
        raise CellError(f"{text!r} is not a day; write dd/mm/yyyy", column) from error


def read_fee(text: str) -> dict[str, Any]:
    """Return kind with amount, per or rule of a fee cell; all of them without source and period."""
    if says(text, "free"):
        return {"kind": "free"}
    if says(text, "unknown"):
        return {"kind": "unknown"}
    match = _AMOUNT.match(text)
    if match is None:
        if _NUMBERISH.match(text):
            raise CellError(f"{text!r} is not an amount; write 25.000")
        return {"kind": "rule", "rule": text}
    amount = int(re.sub(r"\D", "", match[1]))
    if amount < _LEAST:
        raise SuspiciousAmount(f"{text!r} is below 1.000 đồng; write the whole amount, like 135.000")
    return {"kind": "amount", "amount": amount, "per": (match[2] or "").strip()}


def read_time(text: str, unit: str) -> dict[str, Any]:
    """Return the processing time of a cell; ``unit`` is that of the row, for bare numbers."""
    if says(text, "same_day"):
        return {"unit": "same_day"}
    if says(text, "immediate"):
        return {"unit": "immediate"}
    match = _TIME.match(text)
    units = {fold(word): name for word, name in sheet_words()["words"]["units"].items()}
    named = fold((match[3] if match else "") or unit)
    if match is None or named not in units:
        raise CellError(f"{text!r} is not a time with a unit; write 7 ngày làm việc")
    return {"amount": int(match[1]), "max_amount": int(match[2]) if match[2] else None, "unit": units[named]}


def read_paper(line: str) -> dict[str, Any]:
    """Return a paper from its line; (bản chính), (02 bản sao), (xuất trình) at the end are understood."""
    name, marks = line.strip().lstrip("-•+ ").strip(), ""
    match = re.match(r"^(.*?)\s*\(([^()]*)\)\s*[.;]?$", name)
    patterns = sheet_words()["papers"]
    if match and re.search("|".join(patterns.values()), match[2], re.IGNORECASE):
        name, marks = match[1], match[2]
    return {
        "name": name,
        "originals": _count(patterns["original"], marks),
        "copies": _count(patterns["copy"], marks),
        "present": bool(re.search(patterns["present"], marks, re.IGNORECASE)),
    }


def read_levels(text: str) -> list[str]:
    """Return the levels a cell names."""
    known = {fold(word): level for word, level in sheet_words()["words"]["levels"].items()}
    words = [fold(word.strip()) for word in re.split(r"[,;\n]", text) if word.strip()]
    unknown = [word for word in words if word not in known]
    if unknown:
        raise CellError(f"{', '.join(unknown)!r} is not a level; write xã, tỉnh, bộ or khác")
    return list(dict.fromkeys(known[word] for word in words))


def lines(text: str, also: str = "") -> list[str]:
    """Return the lines of a cell, without blank ones; ``also`` names one more separator."""
    parts = re.split(rf"[\n{also}]", text) if also else text.split("\n")
    return [part.strip() for part in parts if part.strip()]


def mode_of(column: str) -> ModeName:
    """Return the mode of a column such as fee_online or time_in_person."""
    return ModeName(column.split("_", 1)[1])


def _count(pattern: str, marks: str) -> int | None:
    match = re.search(rf"(\d+)?\s*(?:{pattern})", marks, re.IGNORECASE)
    return int(match[1] or 1) if match else None
