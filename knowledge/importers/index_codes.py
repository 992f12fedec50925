"""The short forms of the index table: ``t7w ob10d`` for times, ``t20000@75/2022/TT-BTC`` for fees.

Modes are t (in person), o (online), b (by post). A time is ``7w`` or ``3-15w`` with w working
days, d days, h hours, m months, ``?`` unit not known; a mode alone has no known time.
A fee is ``modes=value@text<last day+`` where value is an amount in đồng, ``free``, ``?`` (not
known) or words; ``@text`` is left out for the portal itself and ``+`` says that the portal has a
remark or several cases. No modes before ``=`` stands for every mode.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

from knowledge.importers.phrases import phrases, portal
from knowledge.records import (
    FeeKind,
    FeeRecord,
    Level,
    ModeName,
    ModeRecord,
    OnlineLevel,
    Status,
    TimeRecord,
    TimeUnit,
)

LEVELS = {Level.COMMUNE: "c", Level.PROVINCE: "p", Level.MINISTRY: "m", Level.OTHER: "o"}
_MODES = {ModeName.IN_PERSON: "t", ModeName.ONLINE: "o", ModeName.POST: "b"}
_NAMES = {letter: mode for mode, letter in _MODES.items()}
_UNITS = {
    TimeUnit.WORKING_DAY: "w",
    TimeUnit.DAY: "d",
    TimeUnit.HOUR: "h",
    TimeUnit.MONTH: "m",
    TimeUnit.UNKNOWN: "?",
}
_TIME = re.compile(r"^([tob]+)(?:(\d+)(?:-(\d+))?([wdhm?]))?$")
_FEE = re.compile(r"^([tob]*)=(.+?)(?:@(.+?))?(?:<(\d{4}-\d\d-\d\d))?(\+?)$")


def write_modes(modes: Iterable[ModeRecord]) -> str:
    """Return the modes with their times; several cases become the range they span."""
    letters: dict[str, str] = {}
    for mode in modes:
        time = _span(mode.times)
        letters[time] = letters.get(time, "") + _MODES[mode.mode]
    return " ".join(f"{names}{time}" for time, names in letters.items())


def read_modes(text: str) -> tuple[ModeRecord, ...]:
    """Return the modes of a line; raises ValueError on a form that is none."""
    units = {letter: unit for unit, letter in _UNITS.items()}
    modes = []
    for part in text.split():
        match = _TIME.match(part)
        if match is None:
            raise ValueError(f"not a time: {part!r}")
        names, amount, most, unit = match.groups()
        times = (TimeRecord(amount=_number(amount), max_amount=_number(most), unit=units[unit]),) if unit else ()
        modes += [_mode(_NAMES[name], times) for name in names]
    return tuple(modes)


def write_fees(fees: Iterable[FeeRecord]) -> str:
    """Return the fees, one per mode: several cases of a mode are not told apart here, so they are unknown."""
    by_modes: dict[tuple[ModeName, ...], list[FeeRecord]] = {}
    for fee in fees:
        by_modes.setdefault(fee.modes, []).append(fee)
    if _overlapping(list(by_modes)):
        return "=?+"
    return "|".join(_write_fee(modes, found) for modes, found in by_modes.items())


def read_fees(text: str, checked_on: dt.date) -> tuple[FeeRecord, ...]:
    """Return the fees of a line, as read on the day; raises ValueError on a form that is none."""
    return tuple(_read_fee(part, checked_on) for part in text.split("|")) if text else ()


def _overlapping(groups: list[tuple[ModeName, ...]]) -> bool:
    named = [mode for modes in groups for mode in modes]
    return len(set(named)) < len(named) or (() in groups and len(groups) > 1)


def _mode(name: ModeName, times: tuple[TimeRecord, ...]) -> ModeRecord:
    level = OnlineLevel.UNKNOWN if name is ModeName.ONLINE else None
    return ModeRecord(mode=name, online_level=level, times=times)


def _number(digits: str | None) -> int | None:
    return int(digits) if digits else None


def _span(times: Iterable[TimeRecord]) -> str:
    counted = [time for time in times if time.amount]
    units = {time.unit for time in counted}
    if len(units) != 1:
        return ""
    amounts = [amount for time in counted for amount in (time.amount, time.max_amount) if amount]
    least, most = min(amounts), max(amounts)
    return f"{least}{f'-{most}' if most > least else ''}{_UNITS[units.pop()]}"


def _write_fee(modes: tuple[ModeName, ...], fees: list[FeeRecord]) -> str:
    letters = "".join(_MODES[mode] for mode in modes)
    fee = fees[0]
    if len(fees) > 1:
        return f"{letters}=?+"
    value = {FeeKind.FREE: "free", FeeKind.UNKNOWN: "?"}.get(fee.kind) or fee.rule or str(fee.amount)
    text = "" if fee.legal_source in ("", portal()) else f"@{fee.legal_source}"
    until = f"<{fee.valid_to}" if fee.valid_to else ""
    return f"{letters}={value}{text}{until}{'+' if fee.note or fee.case else ''}"


def _read_fee(part: str, checked_on: dt.date) -> FeeRecord:
    match = _FEE.match(part)
    if match is None:
        raise ValueError(f"not a fee: {part!r}")
    letters, value, text, until, more = match.groups()
    kinds = {"free": FeeKind.FREE, "?": FeeKind.UNKNOWN}
    kind = kinds.get(value) or (FeeKind.AMOUNT if value.isdigit() else FeeKind.RULE)
    known = kind is not FeeKind.UNKNOWN
    return FeeRecord(
        kind=kind,
        modes=tuple(_NAMES[letter] for letter in letters),
        amount=int(value) if kind is FeeKind.AMOUNT else None,
        rule=value if kind is FeeKind.RULE else "",
        legal_source=(text or portal()) if known else "",
        valid_from=checked_on if known else None,
        valid_to=dt.date.fromisoformat(until) if until else None,
        status=Status.UNVERIFIED,
        note=phrases()["more_in_source"] if more else "",
    )
