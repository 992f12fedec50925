"""What lists and searches show of citizens' words: telephone numbers and addresses of mail stay covered."""

from __future__ import annotations

import re

from bot.masking import MARK

_PHONE = re.compile(r"(?<![\w.\-/])(?:\+?84|0)(?:[ .\-]?\d){8,10}(?![\w/])")
_MAIL = re.compile(r"[\w.+\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63})+")


def veil(text: str) -> str:
    """Return a text with all but the last two digits of telephone numbers, and the names in mail addresses, covered."""
    return _MAIL.sub(_cover_mail, _PHONE.sub(_cover_phone, text))


def _cover_phone(found: re.Match[str]) -> str:
    number = found.group()
    return re.sub(r"\d", MARK, number[:-2]) + number[-2:]


def _cover_mail(found: re.Match[str]) -> str:
    name, _, place = found.group().partition("@")
    return f"{MARK * len(name)}@{place}"


def excerpt(text: str, most: int = 120) -> str:
    """Return the beginning of a text on one line, covered."""
    line = " ".join(veil(text).split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"
