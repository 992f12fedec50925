"""Running an importer: rows into the store, counts and doubts into import_runs and import_issues."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby, islice
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from knowledge.errors import ImportFileError
from knowledge.importers.base import Importer, Issue, Reason, Row
from knowledge.importers.registry import IMPORTERS
from knowledge.models import ImportIssue, ImportRun, utc_now
from knowledge.store import Saved, save_records

_BATCH = 500


@dataclass
class Report:
    """What one source gave: counts by outcome, and its issues as (row, issue)."""

    importer: str
    source: str
    counts: dict[str, int] = field(default_factory=dict)
    issues: list[tuple[int, Issue]] = field(default_factory=list)

    def count(self, outcome: str) -> int:
        """Return how many rows had the outcome (read, created, changed, unchanged, kept, rejected)."""
        return self.counts.get(outcome, 0)


def run_import(session: Session, path: Path, importer: Importer | None = None, mark: str = "") -> list[Report]:
    """Import a file or folder and return one report per source file; the caller commits.

    ``mark`` is kept with the run, so that a later look can tell what was loaded.

    Raises:
        ImportFileError: nothing at the path can be imported.
    """
    chosen = importer or find_importer(path)
    reports = [
        _import_source(session, chosen, source + mark, rows)
        for source, rows in groupby(chosen.read(session, path), key=lambda row: row.source)
    ]
    if not reports:
        raise ImportFileError(f"{path}: nothing to import")
    return reports


def find_importer(path: Path) -> Importer:
    """Return the importer that takes the path.

    Raises:
        ImportFileError: the path does not exist or no importer takes it.
    """
    if not path.exists():
        raise ImportFileError(f"{path}: no such file or folder")
    for importer in IMPORTERS:
        if importer.accepts(path):
            return importer
    known = ", ".join(importer.name for importer in IMPORTERS)
    raise ImportFileError(f"{path}: no importer takes this (known: {known}); see knowledge/README.md")


def _import_source(session: Session, importer: Importer, source: str, rows: Iterable[Row]) -> Report:
    run = ImportRun(importer=importer.name, source=source)
    session.add(run)
    session.flush()
    report = Report(importer.name, source)
    for batch in _batches(rows):
        _import_batch(session, batch, report)
    _finish(session, run, report)
    return report


def _import_batch(session: Session, batch: list[Row], report: Report) -> None:
    incoming = [row.incoming for row in batch if row.incoming is not None]
    saved = {one.code: one for one in save_records(session, incoming)}
    for row in batch:
        one = saved[row.incoming.record.code] if row.incoming else None
        if row.number:  # row 0 speaks of the file as a whole
            _count(report, "read")
            _count(report, one.outcome if one else "rejected")
        code = one.code if one else ""
        issues = (*row.issues, *_differences(one))
        report.issues += [(row.number, replace(issue, code=issue.code or code)) for issue in issues]


def _differences(saved: Saved | None) -> Iterator[Issue]:
    for line in saved.differences if saved else ():
        yield Issue(Reason.DIFFERS_FROM_BUNDLED, line)


def _count(report: Report, outcome: str) -> None:
    report.counts[outcome] = report.count(outcome) + 1


def _finish(session: Session, run: ImportRun, report: Report) -> None:
    for outcome, count in report.counts.items():
        setattr(run, outcome, count)
    run.finished_at = utc_now()
    rows = [
        {
            "run_id": run.id,
            "row": number,
            "code": issue.code,
            "reason": issue.reason.value,
            "detail": issue.detail,
            "rejected": issue.rejected,
        }
        for number, issue in report.issues
    ]
    session.flush()
    if rows:
        session.execute(sa.insert(ImportIssue.__table__), rows)


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, _BATCH)):
        yield batch
