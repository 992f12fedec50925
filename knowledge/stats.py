"""Counts of what is known and of what importers doubted, as lines of text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from knowledge.importers.base import Issue
from knowledge.importers.runner import Report
from knowledge.models import Alias, Fee, ImportIssue, ImportRun, Procedure, ProcedureVersion

_SHOWN = 20
OUTCOMES = ("read", "created", "changed", "unchanged", "kept", "rejected")


def summary(reports: Iterable[Report], every_doubt: bool = False) -> Iterator[str]:
    """Yield a line per source, its first refused rows, and its doubts (counted, or each of them)."""
    for report in reports:
        counts = ", ".join(f"{report.count(outcome)} {outcome}" for outcome in OUTCOMES if report.count(outcome))
        yield f"{report.source.split('@')[0]}: {counts or 'no rows'}"
        refused = [(row, issue) for row, issue in report.issues if issue.rejected]
        yield from (_line("refused", row, issue) for row, issue in refused[:_SHOWN])
        if len(refused) > _SHOWN:
            yield f"  … and {len(refused) - _SHOWN} more refused rows, all in the table import_issues"
        doubts = [(row, issue) for row, issue in report.issues if not issue.rejected]
        if every_doubt:
            yield from (_line("doubtful", row, issue) for row, issue in doubts)
        else:
            counted = Counter(issue.reason.value for _row, issue in doubts)
            yield from (f"  doubtful {count:5} {reason}" for reason, count in counted.most_common())


def _line(word: str, row: int, issue: Issue) -> str:
    return f"  {word} row {row} {issue.code} {issue.reason.value}: {issue.detail}"


def stats(session: Session) -> Iterator[str]:
    """Yield counts of procedures and versions, then the table of import issues by reason."""
    current = ProcedureVersion.superseded_at.is_(None)
    yield f"procedures: {_count(session, Procedure)}"
    groups = (ProcedureVersion.coverage, ProcedureVersion.origin, ProcedureVersion.status)
    query = sa.select(*groups, sa.func.count()).where(current).group_by(*groups).order_by(*groups)
    for coverage, origin, status, count in session.execute(query):
        yield f"  {coverage} {origin} {status}: {count}"
    yield f"versions: {_count(session, ProcedureVersion)}, aliases: {_count(session, Alias)}"
    kinds = sa.select(Fee.kind, sa.func.count()).join(ProcedureVersion).where(current).group_by(Fee.kind)
    yield "fee lines: " + ", ".join(f"{count} {kind}" for kind, count in session.execute(kinds.order_by(Fee.kind)))
    yield ""
    yield from issue_table(session)


def issue_table(session: Session) -> Iterator[str]:
    """Yield the Markdown table of the newest run of each source, rows by outcome and issues by reason."""
    runs = [run for run in _newest_runs(session) if run.read]
    names = [run.source.split("@")[0] for run in runs]
    yield "| | " + " | ".join(names) + " |"
    yield "|---|" + "---|" * len(runs)
    for outcome in ("read", "rejected"):
        yield f"| rows {outcome} | " + " | ".join(str(getattr(run, outcome)) for run in runs) + " |"
    counted = _issues(session, [run.id for run in runs])
    for reason in sorted({reason for _run, reason in counted}):
        yield f"| {reason} | " + " | ".join(str(counted.get((run.id, reason), 0)) for run in runs) + " |"


def _newest_runs(session: Session) -> list[ImportRun]:
    newest: dict[tuple[str, str], ImportRun] = {}
    for run in session.execute(sa.select(ImportRun).order_by(ImportRun.id)).scalars():
        newest[run.importer, run.source.split("@")[0]] = run
    return [newest[key] for key in sorted(newest)]


def _issues(session: Session, runs: list[int]) -> dict[tuple[int, str], int]:
    issue = ImportIssue
    query = sa.select(issue.run_id, issue.reason, sa.func.count()).where(issue.run_id.in_(runs))
    rows = session.execute(query.group_by(issue.run_id, issue.reason))
    return {(run_id, reason): count for run_id, reason, count in rows}


def _count(session: Session, model: type) -> int:
    return session.execute(sa.select(sa.func.count()).select_from(model)).scalar_one()
