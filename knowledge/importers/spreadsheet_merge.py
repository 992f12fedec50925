"""One row of the province's spreadsheet laid over what stands: empty cells keep what is there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any

from knowledge.importers.national_text import short_name
from knowledge.importers.spreadsheet_cells import (
    CellError,
    SuspiciousAmount,
    lines,
    mode_of,
    read_day,
    read_fee,
    read_levels,
    read_paper,
    read_time,
    says,
    sheet_words,
)
from knowledge.importers.spreadsheet_write import cells_of
from knowledge.records import ModeName, ProcedureRecord
from knowledge.views import ProcedureView

_FEES = ("fee_in_person", "fee_online", "fee_post")
_TIMES = ("time_in_person", "time_online", "time_post")
_NEEDED = ("name", "field", "levels", "agency", "checked_on")
_PLAIN: dict[str, Callable[[str], Any]] = {
    "name": str,
    "short_name": str,
    "field": str,
    "levels": read_levels,
    "aliases": lambda text: lines(text, also=";"),
    "papers": lambda text: [read_paper(line) for line in lines(text)],
    "steps": lines,
    "results": lines,
    "legal_basis": lambda text: [_legal(line) for line in lines(text)],
}


class Merge:
    """The merging of one row; ``errors`` and ``suspicious`` are (column, message).

    Only ``changed`` cells are applied: a cell that says what an export would say changes nothing,
    so that a sheet written by ``export`` and read back loses no detail that has no column.
    """

    def __init__(self, cells: dict[str, str], code: str, standing: ProcedureView | None) -> None:
        self.cells = {column: text for column, text in cells.items() if text}
        exported = cells_of(standing) if standing else {}
        self.changed = {column for column, text in self.cells.items() if text != exported.get(column)}
        if self.changed & {"fee_source", "fee_from", "fee_to"}:
            self.changed |= self.cells.keys() & set(_FEES)
        self.errors: list[tuple[str, str]] = []
        self.suspicious: list[tuple[str, str]] = []
        self._facts = standing.record.dict() if standing else _empty(code)
        self._new = standing is None

    def record(self) -> ProcedureRecord | None:
        """Return the record, or None with ``errors`` filled; raises ValidationError on what does not fit."""
        self._check_needed()
        for column, read in _PLAIN.items():
            if column in self.changed:
                self._try(column, partial(self._set_plain, column, read))
        self._name_shortly()
        self._set_agency()
        self._try("checked_on", self._set_source)
        for column in _TIMES:
            if column in self.changed:
                self._try(column, partial(self._set_time, column))
        for column in _FEES:
            if column in self.changed:
                self._try(column, partial(self._set_fee, column))
        return None if self.errors else ProcedureRecord.parse_obj(self._facts)

    def _check_needed(self) -> None:
        missing = [column for column in _NEEDED if self._new and column not in self.cells]
        self.errors += [(column, "is needed for a procedure that is not known yet") for column in missing]

    def _try(self, column: str, act: Callable[[], None]) -> None:
        try:
            act()
        except SuspiciousAmount as doubt:
            self.suspicious.append((column, str(doubt)))
        except CellError as error:
            self.errors.append((error.column or column, str(error)))

    def _set(self, key: str, value: Any) -> None:
        self._facts[key] = value

    def _set_plain(self, column: str, read: Callable[[str], Any]) -> None:
        self._set(column, read(self.cells[column]))

    def _name_shortly(self) -> None:
        if "name" in self.cells and "short_name" not in self.cells and self._new:
            self._set("short_name", short_name(self.cells["name"]))

    def _set_agency(self) -> None:
        agency = dict(self._facts["agency"])
        agency["name"] = self.cells.get("agency", agency["name"])
        agency["where"] = self.cells.get("where", agency["where"])
        if self._new and self._facts["levels"]:
            agency["level"] = self._facts["levels"][0]
        self._set("agency", agency)

    def _set_source(self) -> None:
        source = dict(self._facts["source"])
        source.update({key: self.cells[key] for key in ("url", "decision") if key in self.cells})
        if "checked_on" in self.cells:
            source["checked_on"] = read_day(self.cells["checked_on"], "checked_on")
        self._set("source", source)

    def _set_time(self, column: str) -> None:
        time = read_time(self.cells[column], self.cells.get("time_unit", ""))
        mode = self._mode(mode_of(column))
        mode["times"] = [time]

    def _set_fee(self, column: str) -> None:
        fee = {"case": "", "valid_from": None, "valid_to": None, **read_fee(self.cells[column])}
        mode = mode_of(column)
        start = self._fee_start(fee)
        if fee["kind"] != "unknown":
            fee |= {"legal_source": self._needed("fee_source"), "valid_from": start, "valid_to": self._fee_end()}
        fee |= {"modes": [mode], "status": "verified" if says(self.cells.get("verified", ""), "done") else "partial"}
        self._mode(mode)
        kept = [line for old in self._facts["fees"] for line in self._older(old, mode, start)]
        self._set("fees", [*kept, fee])

    def _fee_start(self, fee: dict[str, Any]) -> dt.date | None:
        return None if fee["kind"] == "unknown" else read_day(self._needed("fee_from"), "fee_from")

    def _fee_end(self) -> dt.date | None:
        return read_day(self.cells["fee_to"], "fee_to") if "fee_to" in self.cells else None

    def _needed(self, column: str) -> str:
        if column not in self.cells:
            raise CellError("is needed beside a fee", column)
        return self.cells[column]

    def _older(self, fee: dict[str, Any], mode: ModeName, start: dt.date | None) -> list[dict[str, Any]]:
        """Return what is left of a standing fee line: other modes, other cases, and its own past."""
        modes = list(fee["modes"]) or [ModeName(one["mode"]) for one in self._facts["modes"]]
        if fee["case"] or mode not in modes:
            return [fee]
        others = [one for one in modes if one is not mode]
        left = [{**fee, "modes": others}] if others else []
        begun = fee["valid_from"]
        if start is None or begun is None or begun >= start:
            return left
        last = start - dt.timedelta(days=1)
        return [*left, {**fee, "modes": [mode], "valid_to": min(fee["valid_to"] or last, last)}]

    def _mode(self, name: ModeName) -> dict[str, Any]:
        modes = [dict(mode) for mode in self._facts["modes"]]
        self._set("modes", modes)
        for mode in modes:
            if mode["mode"] == name:
                return mode
        level = "unknown" if name is ModeName.ONLINE else None
        modes.append({"mode": name, "online_level": level, "times": []})
        return modes[-1]


def _empty(code: str) -> dict[str, Any]:
    return {
        "code": code,
        "levels": [],
        "agency": {"name": "", "level": "other", "where": ""},
        "modes": [],
        "fees": [],
        "source": {"name": sheet_words()["words"]["source"]},
        "status": "partial",
    }


def _legal(line: str) -> dict[str, str]:
    number, _colon, title = line.partition(":")
    return {"number": number.strip(), "title": title.strip()}
