"""Fees: only lines in force on the day, by case and mode; an unknown is said to be unknown."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

from knowledge.answers.parts import Context, Part, listing, text
from knowledge.answers.wording import day, decapitalised, joined, money
from knowledge.models import Fee
from knowledge.reply import Block

_COUNCIL = ("HĐND", "Hội đồng nhân dân")


def in_force(fees: list[Fee], today: dt.date) -> list[Fee]:
    """Return the fee lines that apply on the day."""
    return [
        fee
        for fee in fees
        if (fee.valid_from is None or fee.valid_from <= today) and (fee.valid_to is None or fee.valid_to >= today)
    ]


def fee(context: Context) -> Part:
    """Compose what it costs."""
    lines = in_force(context.version.fees, context.today)
    if not any(line.kind != "unknown" for line in lines):
        return _nobody_knows(context, lines)
    groups = _by_case(lines)
    blocks = _sentence(context, groups) if len(groups) == 1 else _list(context, groups)
    remarks = [*_changes(context, lines), *_notes(lines), _basis(context, lines)]
    return Part((*blocks, text(" ".join(remark for remark in remarks if remark))))


def _nobody_knows(context: Context, lines: list[Fee]) -> Part:
    notes = " ".join(line.note for line in lines)
    key = "fee.council" if any(word in notes for word in _COUNCIL) else "fee.none"
    sentence = context.texts(key, name=context.name, province=context.profile.province)
    return Part((text(sentence),), known=False)


def _by_case(lines: list[Fee]) -> dict[str, list[Fee]]:
    groups: dict[str, list[Fee]] = defaultdict(list)
    for line in lines:
        groups[line.case_name].append(line)
    return groups


def _sentence(context: Context, groups: dict[str, list[Fee]]) -> tuple[Block, ...]:
    ((case, lines),) = groups.items()
    texts = context.texts
    if not case and all(line.kind == "free" for line in lines) and _covers_all_modes(context, lines):
        return (text(texts("fee.free_sentence", name=context.name)),)
    said = _amounts(context, lines)
    said = f"{decapitalised(case)}: {said}" if case else said
    return (text(texts("fee.sentence", name=context.name, lines=said)),)


def _covers_all_modes(context: Context, lines: list[Fee]) -> bool:
    named = {line.mode for line in lines}
    return None in named or {mode.mode for mode in context.version.modes} <= named


def _list(context: Context, groups: dict[str, list[Fee]]) -> tuple[Block, ...]:
    items = []
    for case, lines in groups.items():
        said = _amounts(context, lines)
        items.append((f"{case}: {said}" if case else said[:1].upper() + said[1:], ""))
    return (text(context.texts("fee.title", name=context.name)), listing(items))


def _amounts(context: Context, lines: list[Fee]) -> str:
    """Return the amounts of one case; equal amounts of several modes are said once."""
    texts, by_amount = context.texts, defaultdict(list)
    for line in lines:
        by_amount[_amount(context, line)].append(line.mode)
    every = len(by_amount) == 1
    return joined(
        [
            amount
            if every and _is_general(context, modes)
            else texts("fee.by_mode", amount=amount, mode=joined(_mode_names(context, modes), texts))
            if None not in modes and not (every and lines[0].kind == "unknown")
            else amount
            for amount, modes in by_amount.items()
        ],
        texts,
    )


def _is_general(context: Context, modes: list[str | None]) -> bool:
    return None in modes or {mode.mode for mode in context.version.modes} <= set(modes)


def _mode_names(context: Context, modes: list[str | None]) -> list[str]:
    return [context.texts(f"mode.{mode}") for mode in modes if mode]


def _amount(context: Context, line: Fee) -> str:
    texts = context.texts
    if line.kind == "amount":
        label = f" ({texts('unverified')})" if line.status == "unverified" else ""
        per = texts("fee.per", per=line.per) if line.per else ""
        return texts("fee.amount", money=money(line.amount)) + per + label
    if line.kind == "free":
        label = f" ({texts('unverified')})" if line.status == "unverified" else ""
        return texts("fee.free") + label
    return decapitalised(line.rule.rstrip(".")) if line.kind == "rule" else texts("fee.unknown")


def _changes(context: Context, lines: list[Fee]) -> list[str]:
    """Say which amount ends and which one follows, so that nobody is surprised."""
    texts = context.texts
    ending = {(line.amount, line.valid_to) for line in lines if line.kind == "amount" and line.valid_to}
    said = [texts("fee.until", money=money(amount), day=day(to)) for amount, to in sorted(ending)]
    coming = {
        (line.valid_from, line.amount, line.case_name)
        for line in context.version.fees
        if line.kind == "amount" and line.valid_from and line.valid_from > context.today
    }
    for start, amount, case in sorted(coming):
        named = f" ({decapitalised(case)})" if case else ""
        said.append(texts("fee.from", day=day(start), money=money(amount), case=named))
    return said


def _notes(lines: list[Fee]) -> list[str]:
    unique = dict.fromkeys(line.note.rstrip(".") for line in lines if line.note)
    return [f"{note}." for note in unique]


def _basis(context: Context, lines: list[Fee]) -> str:
    sources = list(dict.fromkeys(line.legal_source for line in lines if line.legal_source))
    return context.texts("fee.basis", sources="; ".join(sources)) if sources else ""


def payment(context: Context) -> Part:
    """Compose when and how to pay without cash, which receipt to keep, and the scam warning."""
    texts = context.texts
    paid = next((line.paid for line in context.version.fees if line.paid), "")
    when = texts("payment.when", paid=paid[:1].upper() + paid[1:].rstrip(".")) + " " if paid else ""
    return Part((text(texts("payment.text", when=when)), text(texts("payment.scam"))))


def short(context: Context, mode: str) -> str:
    """Return the fee of one mode for a table cell."""
    lines = [line for line in in_force(context.version.fees, context.today) if line.mode in (None, mode)]
    usual = [line for line in lines if not line.case_name] or lines
    if not usual or any(line.kind in ("unknown", "rule") for line in usual):
        known = [line for line in usual if line.kind == "rule"]
        return known[0].rule if known and len(known[0].rule) < 60 else context.texts("unknown_value")
    amounts = sorted({line.amount or 0 for line in usual})
    if len(amounts) == 1:
        return money(amounts[0]) if amounts[0] else context.texts("fee.free_short")
    return context.texts("fee.range", low=money(amounts[0]), high=money(amounts[-1]))
