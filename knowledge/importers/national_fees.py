"""Fees of the national portal's rows: an amount only where the row itself bears it out.

The field alone is never believed: "free" next to a note is not free, amounts are sometimes given
in thousands or glued to the processing time, and some rest on texts that have ended. Whatever
stays in doubt becomes ``unknown`` and keeps the note, which is the source's own words.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from knowledge.importers.base import Issue, Reason
from knowledge.importers.phrases import legal_numbers, pattern, phrases, portal
from knowledge.records import FeeKind, FeeRecord, ModeName, Status

_AMOUNT = re.compile(r"(?<![\d.,/])(\d{1,3}(?:[.,]\d{3})+|\d{4,9})(?![\d/]|[.,]\d)")
_PART = re.compile(r"(?:^|[\n;])\s*(?:phí|lệ phí)\s*:", re.IGNORECASE)
_RAW = re.compile(r"^\s*(?P<value>.*?)\s*(?P<currency>đồng|vnđ|vnd|usd)?\s*(?:\((?P<note>.*)\))?\s*$", re.I | re.S)
_BULLETS = re.compile(r"^[-+*•\s]+")
_BRACKETED = re.compile(r"^\([^()]*\)$")
_WHOLE = re.compile(r"^(?:\d+|\d{1,3}(?:[.,]\d{3})+)$")
_FIRST = re.compile(r"[.;]\s")  # the first sentence is about the fee, the next ones about extras
_TOO_MUCH = 1_000_000_000


@dataclass(frozen=True)
class RowFacts:
    """What a whole row says that bears on each of its fees."""

    status: str
    field: str
    legal: tuple[str, ...]
    checked_on: dt.date
    zero_is_doubtful: bool

    @property
    def province_decides(self) -> bool:
        """Tell whether the province sets fees of this kind."""
        rules = phrases()["fees"]
        return self.field in rules["province_fields"] or any(text in rules["province_texts"] for text in self.legal)


@dataclass(frozen=True)
class Stated:
    """One fee as the source states it: ``amount`` None where it gives words (``raw``) or nothing."""

    mode: ModeName
    amount: int | None
    currency: str
    raw: str
    note: str
    flags: tuple[str, ...] = ()
    case: str = ""


def stated_fees(mode: ModeName, row: dict[str, Any], case: str) -> Iterator[Stated]:
    """Yield the fees of one mode row; nothing when the source leaves the field empty."""
    flags = tuple(row.get("flags") or ())
    raw = row.get("fee_raw") or ""
    parts = [part for part in _PART.split(raw) if part.strip()]
    if len(parts) > len(row.get("fees") or ()):
        for part in parts:
            yield _from_raw(mode, part, case, several=len(parts) > 1)
        return
    several = len(row.get("fees") or ()) > 1
    for fee in row.get("fees") or ():
        note = _clean(fee.get("note"))
        yield Stated(
            mode=mode,
            amount=fee.get("amount"),
            currency=fee.get("currency") or "",
            raw=fee.get("label") or "",
            note=note,
            flags=flags,
            case=_case(note) if several else case,
        )


def _from_raw(mode: ModeName, part: str, case: str, several: bool) -> Stated:
    match = _RAW.match(part)
    assert match is not None  # every group is optional
    value, currency, note = (_clean(match[name]) for name in ("value", "currency", "note"))
    foreign = currency.upper() == "USD"
    amount = None if foreign else _whole(value)
    if amount is None and not foreign and value:
        note = f"{value} ({note})" if note else value
    return Stated(
        mode=mode,
        amount=amount,
        currency="USD" if foreign else "VND",
        raw=f"{value} {currency}".strip(),
        note=note,
        case=_case(note) if several else case,
    )


def _whole(value: str) -> int | None:
    if pattern("fees", "zero_words").match(value):
        return 0
    return int(re.sub(r"\D", "", value)) if _WHOLE.match(value) else None


def _case(note: str) -> str:
    return note if len(note) <= 200 else ""


def judge(fee: Stated, facts: RowFacts) -> tuple[FeeRecord, Issue | None]:
    """Return the fee that may be told to a citizen, and the doubt if there is one."""
    if fee.currency == "USD":
        words = fee.raw if fee.amount is None else f"{fee.amount} USD"
        return _rule(fee, facts, words), _doubt(Reason.FOREIGN_CURRENCY, fee, words)
    if fee.amount is None:
        reason = Reason.FEE_IN_WORDS if len(fee.note) > 10 else Reason.NONE_GIVEN
        return _unknown(fee), _doubt(reason, fee)
    return _judge_zero(fee, facts) if fee.amount == 0 else _judge_amount(fee, facts)


def _judge_zero(fee: Stated, facts: RowFacts) -> tuple[FeeRecord, Issue | None]:
    reason = _doubt_about_zero(fee, facts)
    if reason:
        return _unknown(fee), _doubt(reason, fee)
    doubt = _doubt(Reason.ZERO_MAY_MEAN_EMPTY, fee, "free") if facts.zero_is_doubtful else None
    return _known(fee, facts, FeeKind.FREE), doubt


def _doubt_about_zero(fee: Stated, facts: RowFacts) -> Reason | None:
    bare = bool(pattern("fees", "empty_note").match(fee.note))
    said_free = bool(pattern("fees", "free_note").match(fee.note))
    if pattern("fees", "for_some").search(fee.note):
        return Reason.FREE_FOR_SOME
    if "free_label_but_note" in fee.flags or not (bare or said_free):
        return Reason.FREE_LABEL_BUT_NOTE
    if facts.status != "free":
        return Reason.FEE_CHECK_AT_SOURCE
    return Reason.PROVINCE_SETS_FEE if facts.province_decides and not said_free else None


def _judge_amount(fee: Stated, facts: RowFacts) -> tuple[FeeRecord, Issue | None]:
    amount, reason = _confirmed(fee)
    if amount is None or amount >= _TOO_MUCH:
        return _unknown(fee), _doubt(reason or Reason.AMOUNT_UNCONFIRMED, fee)
    until, ended = _period(fee.note, facts.checked_on)
    doubt = _doubt_about_amount(fee, amount, facts, ended, until is not None)
    if doubt:
        return _unknown(fee), _doubt(doubt, fee)
    reason = reason or (Reason.PERIOD_IN_NOTE if until else None)
    known = _known(fee, facts, FeeKind.AMOUNT, amount, until)
    return known, _doubt(reason, fee, str(amount)) if reason else None


def _confirmed(fee: Stated) -> tuple[int | None, Reason | None]:
    """Return the amount in đồng that the note bears out; a plausible, unflagged amount needs no note."""
    assert fee.amount is not None
    in_note = note_amounts(fee.note)
    if "time_fee_glued" in fee.flags:
        digits = str(fee.amount)
        tails = {int(digits[cut:]) for cut in range(1, len(digits)) if digits[cut] != "0"}
        candidates = tails | {tail * 1000 for tail in tails}
        found = candidates & in_note
        return (found.pop() if len(found) == 1 and len(in_note) == 1 else None), Reason.TIME_FEE_GLUED
    if "amount_probably_in_thousands" in fee.flags or fee.amount < 1000:
        thousands = fee.amount * 1000
        return (thousands if thousands in in_note else None), Reason.AMOUNT_IN_THOUSANDS
    return fee.amount, None


def _doubt_about_amount(fee: Stated, amount: int, facts: RowFacts, ended: bool, limited: bool) -> Reason | None:
    in_note = note_amounts(fee.note)
    if ended:
        return Reason.PERIOD_ENDED
    if pattern("fees", "province").search(fee.note):
        return Reason.PROVINCE_SETS_FEE
    if pattern("fees", "rate").search(fee.note):
        return Reason.RATE_IN_NOTE
    if limited and in_note != {amount}:
        return Reason.PERIOD_IN_NOTE  # which of the amounts is limited cannot be told
    if in_note and amount not in in_note:
        return Reason.AMOUNT_NOT_IN_NOTE
    if facts.status == "check" and amount not in in_note:
        return Reason.FEE_CHECK_AT_SOURCE
    return None


def note_amounts(note: str) -> set[int]:
    """Return the amounts of at least 1.000 that a note names; numbers of legal texts are none."""
    for number in legal_numbers(note):
        note = note.replace(number, " ")
    found = {int(re.sub(r"\D", "", match)) for match in _AMOUNT.findall(note)}
    return {amount for amount in found if amount >= 1000 and not 1990 <= amount <= 2040}


def _period(note: str, checked_on: dt.date) -> tuple[dt.date | None, bool]:
    """Return the last day a note or its legal text sets, and whether that day had passed when read."""
    days = [_day(*match) for match in pattern("fees", "end_day").findall(note)]
    ends = phrases()["fees"]["text_ends"]
    days += [ends[number] for number in legal_numbers(note) if number in ends]
    known = [day for day in days if day is not None]
    if any(day < checked_on for day in known):
        return None, True
    return (min(known) if known else None), False


def _day(day: str, month: str, year: str) -> dt.date | None:
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        return None


def _known(
    fee: Stated, facts: RowFacts, kind: FeeKind, amount: int | None = None, until: dt.date | None = None
) -> FeeRecord:
    return FeeRecord(
        kind=kind,
        modes=(fee.mode,),
        case=fee.case,
        amount=amount,
        legal_source=_legal_source(fee.note if kind is FeeKind.AMOUNT else _FIRST.split(fee.note)[0]),
        valid_from=facts.checked_on,
        valid_to=until,
        status=Status.UNVERIFIED,
        note=_note(fee),
    )


def _rule(fee: Stated, facts: RowFacts, words: str) -> FeeRecord:
    return FeeRecord(
        kind=FeeKind.RULE,
        modes=(fee.mode,),
        case=fee.case,
        rule=words,
        legal_source=_legal_source(fee.note),
        valid_from=facts.checked_on,
        status=Status.UNVERIFIED,
        note=_note(fee),
    )


def _unknown(fee: Stated) -> FeeRecord:
    return FeeRecord(kind=FeeKind.UNKNOWN, modes=(fee.mode,), case=fee.case, status=Status.UNVERIFIED, note=_note(fee))


def _legal_source(note: str) -> str:
    return ", ".join(legal_numbers(note)) or portal()


def _note(fee: Stated) -> str:
    return "" if fee.note == fee.case or pattern("fees", "empty_note").match(fee.note) else fee.note


def _doubt(reason: Reason, fee: Stated, taken: str = "unknown") -> Issue:
    return Issue(reason, f"{fee.mode.value}: {fee.raw or fee.amount} ({fee.note[:160]}) -> {taken}")


def _clean(text: str | None) -> str:
    joined = _BULLETS.sub("", " ".join((text or "").split()))
    return joined[1:-1].strip() if _BRACKETED.match(joined) else joined
