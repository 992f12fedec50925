"""The national portal's procedure files (JSON lines), as records with every doubt said.

Takes a folder that holds ``procedures_2026.jsonl`` and its siblings, or one of these files.
Each row becomes a record of coverage ``full`` and status ``unverified``, or is refused with a reason.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy.orm import Session

from knowledge.errors import ImportFileError
from knowledge.importers import national_text as text
from knowledge.importers.base import Importer, Issue, Reason, Row, refused
from knowledge.importers.national_fees import RowFacts, judge, stated_fees
from knowledge.importers.phrases import pattern, phrases, portal
from knowledge.notes import NoteRecord
from knowledge.records import (
    AgencyRecord,
    Audience,
    FeeKind,
    FeeRecord,
    Level,
    ModeName,
    ModeRecord,
    OnlineLevel,
    ProcedureRecord,
    SourceRecord,
    Status,
    TimeRecord,
)
from knowledge.store import Incoming

_CODE = re.compile(r"^\d\.\d{6}$")
_LOCAL = re.compile(r"^(\d\.\d{6})(\.[0-9A-Z]+)+$")


def accepts(path: Path) -> bool:
    """Tell whether the path is a folder of JSON lines or one such file."""
    if path.is_dir():
        return next(path.glob("*.jsonl"), None) is not None
    return path.suffix == ".jsonl"


def read(_session: Session, path: Path) -> Iterator[Row]:
    """Yield the rows of ``read_files``; the store is not needed to understand them."""
    return read_files(path)


def read_files(path: Path) -> Iterator[Row]:
    """Yield a row per line of the known files; other files are reported, garbage lines refused.

    Raises:
        ImportFileError: none of the known files is there, or one is not UTF-8.
    """
    files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    known = [file for file in files if file.name in phrases()["files"]]
    if not known:
        names = ", ".join(phrases()["files"])
        raise ImportFileError(f"{path}: none of the national files is here ({names})")
    seen: set[str] = set()
    for file in known:
        yield from _read_file(file, seen)
    for file in files:
        if file not in known:
            yield refused(file.name, 0, Reason.UNKNOWN_FILE, "not one of the procedure files; nothing was read")


def _read_file(file: Path, seen: set[str]) -> Iterator[Row]:
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield _read_line(file.name, number, line, seen)


def _read_line(source: str, number: int, line: bytes, seen: set[str]) -> Row:
    try:
        row = json.loads(line.decode("utf-8"))
        code = str(row["code"]).strip()
    except (ValueError, KeyError, TypeError) as error:
        return refused(source, number, Reason.NOT_JSON, f"{type(error).__name__}: {line[:80]!r}")
    local = _LOCAL.match(code)
    code = local[1] if local else code
    if not _CODE.match(code):
        return refused(source, number, Reason.BAD_CODE, code, code[:20])
    if code in seen:
        return refused(source, number, Reason.DUPLICATE_CODE, "an earlier row has this code", code)
    seen.add(code)
    try:
        reading = _Reading(row, code, phrases()["files"][source])
        return Row(source, number, Incoming(reading.record(), "national"), reading.doubts())
    except (ValidationError, ValueError, KeyError, TypeError, AttributeError) as error:
        return refused(source, number, Reason.INVALID_RECORD, f"{type(error).__name__}: {error}"[:300], code)


@dataclass
class _Reading:
    """One row on its way to a record; ``issues`` grows while it is read."""

    row: dict[str, Any]
    code: str
    file: dict[str, Any]
    issues: list[Issue] = field(default_factory=list)

    def doubts(self) -> tuple[Issue, ...]:
        """Return one issue per reason, the first seen."""
        first: dict[Reason, Issue] = {}
        for issue in self.issues:
            first.setdefault(issue.reason, issue)
        return tuple(first.values())

    def record(self) -> ProcedureRecord:
        """Return the record; raises ValidationError where the row cannot be one."""
        row = self.row
        papers, remarks, issues = text.read_papers(row, flags_only=self.file["zero_is_doubtful"])
        legal, legal_issues = text.read_legal(row)
        self.issues += issues + legal_issues
        modes = self._modes()
        self._general_doubts()
        levels = self._levels()
        return ProcedureRecord(
            code=self.code,
            name=text.clean(row["name"]),
            short_name=text.short_name(row["name"]),
            field=text.clean(row.get("field") or row.get("field_inferred")),
            audience=self._audience(),
            agency=self._agency(levels),
            levels=levels,
            modes=modes,
            fees=self._fees({mode.mode for mode in modes}),
            papers=papers,
            steps=self._steps(),
            conditions=text.sentences(row.get("conditions")),
            results=tuple(dict.fromkeys(text.clean(result) for result in row.get("results") or () if result)),
            legal_basis=legal,
            notes=tuple(NoteRecord(text=remark) for remark in dict.fromkeys(remarks)),
            source=self._source(),
            status=Status.UNVERIFIED,
        )

    def _source(self) -> SourceRecord:
        url = self.row.get("url") or phrases()["portal_url"]
        decision = text.clean(self.row.get("decision"))
        return SourceRecord(name=portal(), url=url, decision=decision, checked_on=self.file["checked_on"])

    def _steps(self) -> tuple[str, ...]:
        steps = text.sentences(self.row.get("steps"))
        if steps and self.row.get("documents_parse_ok") is False and pattern("cut_off").search(steps[-1]):
            self.issues.append(Issue(Reason.STEPS_CUT, steps[-1][-160:]))
            return ()
        return steps

    def _general_doubts(self) -> None:
        if self.row.get("wording") == "from_notes":
            self.issues.append(Issue(Reason.SHORTENED_WORDING, "documents, results and conditions are abbreviated"))
        parts = [self.row.get(key) or "" for key in ("agency", "authority", "steps", "conditions")]
        parts += [paper["name"] for paper in self.row.get("documents") or ()]
        mention = next(text.mentions_district(parts), None)
        if mention:
            self.issues.append(Issue(Reason.DISTRICT_LEVEL_MENTIONED, mention))

    def _levels(self) -> tuple[Level, ...]:
        given = self.row.get("levels") or []
        if not given:
            given = self.row.get("levels_inferred") or []
            self.issues.append(Issue(Reason.LEVEL_UNKNOWN, f"inferred: {', '.join(given) or 'nothing'}"))
        known = phrases()["levels"]
        unknown = [level for level in given if level.lower() not in known]
        if unknown:
            self.issues.append(Issue(Reason.LEVEL_UNKNOWN, ", ".join(unknown)))
        return tuple(dict.fromkeys(Level(known.get(level.lower(), "other")) for level in given))

    def _audience(self) -> Audience:
        targets = ", ".join(self.row.get("target") or ())
        if pattern("citizens").search(targets) or not targets:
            return Audience.CITIZEN
        return Audience.BUSINESS if pattern("businesses").search(_no_exceptions(targets)) else Audience.ORGANISATION

    def _agency(self, levels: tuple[Level, ...]) -> AgencyRecord:
        catalog = ", ".join(self.row.get("agencies_catalog") or ())
        name = text.clean(self.row.get("agency") or catalog or self.row.get("authority"))
        if not name:
            self.issues.append(Issue(Reason.AGENCY_MISSING, f"issuer: {self.row.get('issuer')}"))
        return AgencyRecord(name=name.rstrip("."), level=_agency_level(name, levels))

    def _mode_rows(self) -> Iterator[tuple[ModeName, dict[str, Any], str]]:
        known = phrases()["modes"]
        rows = self.row.get("modes") or []
        for row in rows:
            name = known.get(row["mode"].lower())
            if name is None:
                self.issues.append(Issue(Reason.MODE_UNKNOWN, row["mode"]))
                continue
            repeated = sum(other["mode"] == row["mode"] for other in rows) > 1
            yield ModeName(name), row, text.clean(row.get("note"))[:200] if repeated else ""

    def _modes(self) -> tuple[ModeRecord, ...]:
        times: dict[ModeName, list[TimeRecord]] = {}
        for mode, row, case in self._mode_rows():
            time, issue = text.read_time(row, case)
            times.setdefault(mode, []).extend([time] if time else [])
            self.issues += [issue] if issue else []
        return tuple(
            ModeRecord(
                mode=mode,
                online_level=OnlineLevel.UNKNOWN if mode is ModeName.ONLINE else None,
                times=tuple(dict.fromkeys(found)),
            )
            for mode, found in times.items()
        )

    def _fees(self, modes: set[ModeName]) -> tuple[FeeRecord, ...]:
        facts = RowFacts(
            status=self.row.get("fee_status") or "free",
            field=self.row.get("field") or "",
            legal=tuple(self.row.get("legal_basis_numbers") or ()),
            checked_on=self.file["checked_on"],
            zero_is_doubtful=self.file["zero_is_doubtful"],
        )
        found: list[FeeRecord] = []
        for mode, row, case in self._mode_rows():
            stated = list(stated_fees(mode, row, case))
            if not stated:
                self.issues.append(Issue(Reason.NONE_GIVEN, mode.value))
                found.append(FeeRecord(kind=FeeKind.UNKNOWN, modes=(mode,), case=case, status=Status.UNVERIFIED))
            for fee in stated:
                record, issue = judge(fee, facts)
                found.append(record)
                self.issues += [issue] if issue else []
        return _joined(found, modes)


def _joined(fees: list[FeeRecord], modes: set[ModeName]) -> tuple[FeeRecord, ...]:
    """Join fees that differ in their mode only; a fee of every mode names none."""
    by_content: dict[FeeRecord, list[ModeName]] = {}
    for fee in fees:
        by_content.setdefault(fee.copy(update={"modes": ()}), []).extend(fee.modes)
    return tuple(
        fee if set(names) == modes else fee.copy(update={"modes": tuple(dict.fromkeys(names))})
        for fee, names in by_content.items()
    )


def _agency_level(name: str, levels: tuple[Level, ...]) -> Level:
    if len(levels) == 1:
        return levels[0]
    for level in phrases()["agency_levels"]:
        if pattern("agency_levels", level).search(name):
            return Level(level)
    return levels[0] if levels else Level.OTHER


def _no_exceptions(targets: str) -> str:
    return re.sub(r"\([^)]*\)?|HTX\)", "", targets)


IMPORTER = Importer("national", accepts, read)
