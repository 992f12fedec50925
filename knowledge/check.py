"""Checks of the bundled records: what a writer must mend, as lines "file: problem → what to do"."""

from __future__ import annotations

import csv
import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from knowledge.errors import RecordError
from knowledge.importers.bundled import FOLDER
from knowledge.importers.index import TABLE
from knowledge.records import FeeKind, FeeRecord, ProcedureRecord, Status, TimeUnit, read_record
from nlu.text import fold

_STALE = dt.timedelta(days=365)


@dataclass(frozen=True)
class _Library:
    """Every record by its file name, the codes of the index, and the day of the check."""

    records: dict[str, ProcedureRecord]
    codes: frozenset[str]
    today: dt.date


def check_bundled(folder: Path = FOLDER, today: dt.date | None = None) -> Iterator[str]:
    """Yield one line per finding; none means that the records hold together."""
    records: dict[str, ProcedureRecord] = {}
    for path in sorted(folder.rglob("*.yml")):
        name = str(path.relative_to(folder))
        try:
            records[name] = read_record(path)
        except RecordError as error:
            yield f"{name}: {str(error).removeprefix(str(path)).lstrip(': ')} → write it as knowledge/records.py says"
    if not records:
        yield f"{folder}: no records → is this the right folder?"
        return
    library = _Library(records, _index_codes(), today or dt.date.today())
    for check in _CHECKS:
        yield from check(library)


def _index_codes() -> frozenset[str]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return frozenset(line["code"] for line in csv.DictReader(file))


def _fees_sourced(library: _Library) -> Iterator[str]:
    for name, record in library.records.items():
        for fee in record.fees:
            if fee.kind is not FeeKind.UNKNOWN and not (fee.legal_source and fee.valid_from):
                yield f"{name}: {_fee(fee)} has no source or period → add legal_source and valid_from"


def _fees_current(library: _Library) -> Iterator[str]:
    for name, record in library.records.items():
        for fee in record.fees:
            ended = fee.valid_to is not None and fee.valid_to < library.today
            if ended and not any(_succeeds(other, fee, library.today) for other in record.fees):
                yield f"{name}: {_fee(fee)} ended on {fee.valid_to} → add what applies now, or an unknown fee"


def _succeeds(other: FeeRecord, fee: FeeRecord, today: dt.date) -> bool:
    same = other.case == fee.case and (not other.modes or not fee.modes or bool(set(other.modes) & set(fee.modes)))
    return same and (other.valid_to is None or other.valid_to >= today)


def _aliases_distinct(library: _Library) -> Iterator[str]:
    owners: dict[str, list[str]] = defaultdict(list)
    for name, record in library.records.items():
        for alias in record.aliases:
            owners[alias.lower()].append(name)
    for alias, names in owners.items():
        if len(set(names)) > 1:
            yield f"{names[0]}: alias {alias!r} stands in {names[1]} too → keep it in one of them"


def _names_distinct(library: _Library) -> Iterator[str]:
    owners: dict[str, str] = {}
    for name, record in library.records.items():
        first = owners.setdefault(fold(record.short_name), name)
        if first != name:
            yield f"{name}: short_name {record.short_name!r} is also that of {first} → tell them apart"


def _codes_distinct(library: _Library) -> Iterator[str]:
    owners: dict[str, str] = {}
    for name, record in library.records.items():
        first = owners.setdefault(record.code, name)
        if first != name:
            yield f"{name}: code {record.code} stands in {first} → keep one file"


def _related_exist(library: _Library) -> Iterator[str]:
    known = library.codes | {record.code for record in library.records.values()}
    for name, record in library.records.items():
        for other in record.related:
            if other.code not in known:
                yield f"{name}: related code {other.code} is not known → correct or remove it"
            elif other.code == record.code:
                yield f"{name}: related to itself → remove it"


def _times_have_units(library: _Library) -> Iterator[str]:
    for name, record in library.records.items():
        for mode in record.modes:
            if any(time.unit is TimeUnit.UNKNOWN and time.amount and not time.note for time in mode.times):
                yield f"{name}: a time of {mode.mode.value} has no unit → find it, or say so in a note"


def _verified_have_source(library: _Library) -> Iterator[str]:
    for name, record in library.records.items():
        source = record.source
        if record.status is Status.VERIFIED and not (source.decision and record.legal_basis):
            yield f"{name}: verified without decision or legal basis → add them, or say partial"


def _checked_lately(library: _Library) -> Iterator[str]:
    for name, record in library.records.items():
        checked_on = record.source.checked_on
        if checked_on > library.today:
            yield f"{name}: checked_on {checked_on} lies in the future → correct the day"
        elif library.today - checked_on > _STALE:
            yield f"{name}: last checked on {checked_on} → compare with the portal and set checked_on"


def _fee(fee: FeeRecord) -> str:
    return f"fee {fee.amount or fee.kind.value}{f' ({fee.case})' if fee.case else ''}"


_CHECKS: tuple[Callable[[_Library], Iterator[str]], ...] = (
    _fees_sourced,
    _fees_current,
    _codes_distinct,
    _names_distinct,
    _aliases_distinct,
    _related_exist,
    _times_have_units,
    _verified_have_source,
    _checked_lately,
)
