"""What must not be kept: identity and card numbers, codes sent by SMS, passwords, proofs.

Numbers are judged by shape and by what stands around them, so that dossier and procedure codes,
amounts and dates stay readable.
"""

from __future__ import annotations

import re
import unicodedata

from knowledge.dossiers.codes import code_spans
from nlu.text import fold

MARK = "•"
PROOF_MARK = MARK * 4

# A number glued to letters, or to the digits of a code, is that code's business.
_START = r"(?<!\w)(?<!\d[./\-–])"
_END = r"(?!\w)(?![./\-–]\d)"
_MONEY_AFTER = r"(?!\s*(?:d|dong|vnd|usd|trieu|ty|nghin|ngan)\b)"
_MONEY_BEFORE = re.compile(r"\b(?:gia|tien|von|phi|luong|khoang|hon|tong)(?:\s+la|\s+khoang)?\s*:?\s*$")

_WHOLE = re.compile(rf"{_START}(?:\d{{9}}|\d{{12}}|\d{{16}}|\d{{19}}){_END}{_MONEY_AFTER}")
_GROUPED = re.compile(
    rf"{_START}(?<!\d )(?:\d{{4}}(?:[ .\-]\d{{4}}){{2,3}}|\d{{3}}(?:[ \-]\d{{3}}){{2,3}}){_END}(?! \d){_MONEY_AFTER}"
)
_NAMED_IDENTITY = re.compile(
    r"\b(?:cccd|cmnd|cmt|cmtnd|can cuoc|chung minh|dinh danh|so the|tai khoan|stk)\b[^\d\n]{0,25}?"
    rf"(\d(?:[ .\-]?\d){{8,18}}){_END}"
)
_NAMED_CODE = re.compile(
    r"\b(?:otp|ma xac nhan|ma xac thuc|ma pin|pin|cvv)\b[^\d\n]{0,20}?(\d(?:[ .\-]?\d){2,7})(?!\w)"
)
_NAMED_TAIL = re.compile(r"\bso cuoi\b[^\d\n]{0,30}?(\d(?:[ .\-]?\d){3})(?!\w)(?![./\-–]\d)")
_PASSWORD = re.compile(
    r"\b(?:mat khau|password|passwd|pass|mk)\b(?:"
    r"[^\n:=]{0,25}?(?:\bla\b|:|=)\s*(?=\S*[\d:=@#$%!_])(\S{4,})"
    r"|\s*[:=]\s*(\S{4,})"
    r"|\s+(?=\S*\d)(?=\S*[^\W\d]|\d{6})(\S{6,}))"
)

_FOUR_DIGITS_PHRASE = re.compile(r"(?<!\d[ .\-])\b[4４]\s*(?:chu\s*)?so\b")
_PROOF_LENGTHS = (4, 9, 10, 11, 12)
_NUMBER = re.compile(r"\d(?:[ .\-]?\d)*")

_LONE = re.compile(rf"{_START}(?:\d{{3,4}}(?:[ .\-]\d{{3,4}}){{2,}}|\d(?: ?\d)*){_END}")

# Payment cards, whole or in their usual groups; the last digit checks the others.
_CARD = re.compile(
    rf"{_START}(?<!\d )(?:\d{{13,19}}|\d{{4}}(?:[ \-]\d{{4}}){{2,3}}[ \-]\d{{1,4}}|\d{{4}}[ \-]\d{{6}}[ \-]\d{{5}})"
    rf"{_END}(?! \d){_MONEY_AFTER}"
)


def mask(text: str) -> str:
    """Return NFC text with every sign of a secret replaced by a dot."""
    chars = list(text)
    for start, end in _secrets(fold(text)):
        chars[start:end] = [char if char.isspace() else MARK for char in chars[start:end]]
    return "".join(chars)


def _secrets(folded: str) -> list[tuple[int, int]]:
    spans = [match.span() for match in _WHOLE.finditer(folded) if not _is_money(folded, match)]
    spans += [match.span() for match in _GROUPED.finditer(folded) if not _is_money(folded, match)]
    for pattern in (_NAMED_IDENTITY, _NAMED_TAIL):
        spans += [match.span(1) for match in pattern.finditer(folded)]
    return spans + _keys(folded)


def _keys(folded: str) -> list[tuple[int, int]]:
    """Return what opens an account: nobody at an office ever asks for it."""
    spans = [match.span() for match in _CARD.finditer(folded) if _is_card(match.group())]
    spans += [match.span(1) for match in _NAMED_CODE.finditer(folded)]
    return spans + [match.span(match.lastindex or 0) for match in _PASSWORD.finditer(folded)]


def gives_key(text: str) -> bool:
    """Tell whether the text holds a card number, a one-time code or a password: the writer is to be warned."""
    return bool(_keys(fold(text)))


def _is_card(grouped: str) -> bool:
    """Check the last digit (Luhn)."""
    digits = [unicodedata.digit(char) for char in reversed(grouped) if char.isdigit()]
    doubled = (digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _is_money(folded: str, match: re.Match[str]) -> bool:
    """Nine digits after a word for money are an amount; longer ones hardly ever are."""
    short = sum(char.isdigit() for char in match.group()) == 9
    return short and bool(_MONEY_BEFORE.search(folded, max(0, match.start() - 24), match.start()))


def mask_beside_codes(text: str, fewest: int = 4) -> str:
    """Return masked text in which other numbers beside dossier codes are masked too: they may be somebody's proof.

    Only numbers of ``fewest`` digits or more, standing alone; codes, days and amounts stay.
    """
    chars, codes = list(text), code_spans(text)
    for match in _LONE.finditer(text):
        is_code = any(start < match.end() and match.start() < end for start, end in codes)
        if not is_code and sum(map(str.isdigit, match.group())) >= fewest:
            chars[match.start() : match.end()] = [char if char.isspace() else MARK for char in match.group()]
    return "".join(chars)


def find_proof(text: str) -> str | None:
    """Return the four digits (as ASCII) when the text holds exactly one number: of four digits, or a whole one.

    Who types the whole identity or phone number proves with its last four; the rest goes nowhere.
    """
    folded = _FOUR_DIGITS_PHRASE.sub(" ", fold(text))
    numbers = [match.group() for match in _NUMBER.finditer(folded)]
    if len(numbers) != 1:
        return None
    digits = "".join(str(unicodedata.digit(char)) for char in numbers[0] if char.isdigit())
    return digits[-4:] if len(digits) in _PROOF_LENGTHS else None


_PHONE = re.compile(rf"{_START}(?:\+?84|0)[ .\-]?(\d(?:[ .\-]?\d){{8}}){_END}")


def find_phone(text: str) -> str | None:
    """Return the first Vietnamese mobile or land line number in a text, as ten digits."""
    found = _PHONE.search(text)
    return "0" + re.sub(r"\D", "", found.group(1)) if found else None
