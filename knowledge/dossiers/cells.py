"""Cells of the table of dossiers: moments, status, numbers that are sealed at once, notes without names."""

from __future__ import annotations

import datetime as dt
import re

from knowledge.profile import Profile

_COMPACT = (8, 12, 14)  # digits of yyyyMMdd, yyyyMMddHHmm, yyyyMMddHHmmss
_VIETNAMESE = {10: "%d/%m/%Y", 16: "%d/%m/%Y %H:%M", 19: "%d/%m/%Y %H:%M:%S"}
_FIRST_YEAR, _LAST_YEAR = 2000, 2100
_NUMBER = re.compile(r"[\d\s.+()-]+")
_MOST_DIGITS = 13  # an identity number has 12; a Vietnamese phone number with its country code 11
_PROOF = 4
_LONG_NUMBER = re.compile(r"(?<![\d.-])\+?\d(?:[ .-]?\d){8,}(?![\d-])")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


class CellError(ValueError):
    """A cell cannot be understood; ``key`` names the reason, ``values`` fill its sentence."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


def read_moment(text: str, profile: Profile, at_end: bool) -> dt.datetime | None:
    """Return the moment in a cell, None for an empty one.

    Both shapes of the national format are understood, ISO 8601 and ``yyyyMMddHHmmss``, and dd/mm/yyyy. A
    bare day, which some systems write as midnight, is its first office hour, or the last with ``at_end``.

    Raises:
        CellError: it is no day.
    """
    if not text:
        return None
    try:
        moment = _moment(text)
    except ValueError as error:
        raise CellError("bad_moment", value=text[:30]) from error
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise CellError("bad_moment", value=text[:30])
    local = moment.astimezone(profile.time_zone) if moment.tzinfo else moment.replace(tzinfo=profile.time_zone)
    if local.time() == dt.time():
        clock = profile.hours[-1][1] if at_end else profile.hours[0][0]
        return dt.datetime.combine(local, clock, profile.time_zone)
    return local


def _moment(text: str) -> dt.datetime:
    if text.isdecimal() and len(text) in _COMPACT:
        full = text.ljust(_COMPACT[-1], "0")
        text = f"{full[:4]}-{full[4:6]}-{full[6:8]}T{full[8:10]}:{full[10:12]}:{full[12:]}"
    if text[2:3] == "/" and len(text) in _VIETNAMESE:
        return dt.datetime.strptime(text, _VIETNAMESE[len(text)])
    return dt.datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", text))


def read_status(text: str) -> int:
    """Return the national status in a cell.

    Raises:
        CellError: it is none.
    """
    if not text:
        raise CellError("empty")
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= 10):
        raise CellError("bad_status", value=text[:30])
    return int(text)


def last_digits(text: str) -> str:
    """Return the last four digits of the one number in a cell, "" for an empty one.

    Raises:
        CellError: it is no number, too short or too long, or damaged by a spreadsheet (6.01E+10).
    """
    if not text:
        return ""
    digits = re.sub(r"\D", "", text) if _NUMBER.fullmatch(text) else ""
    if not _PROOF <= len(digits) <= _MOST_DIGITS:
        raise CellError("bad_number")
    return digits[-_PROOF:]


def clean_note(note: str, owner: str, mark: str) -> str:
    """Return a note with ``mark`` in place of the owner's name, of long numbers and of e-mail addresses."""
    kept = re.sub(re.escape(owner), mark, note, flags=re.IGNORECASE) if owner else note
    return _LONG_NUMBER.sub(mark, _ADDRESS.sub(mark, kept))
