"""Importing the office's own table of dossiers: doing it again changes nothing, a changed status adds an event."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from knowledge.dossiers.reading import Line, LineReader, Problem
from knowledge.dossiers.sheet import import_texts, open_sheet
from knowledge.dossiers.standings import refresh
from knowledge.models import Apology, Dossier, DossierEvent, utc_now
from knowledge.profile import Profile

OWN = "own"  # the source of what an office imports
_BATCH = 500
_SHOWN = 50  # problems; a file with the wrong status in every line says so often enough
_KEPT = (
    "code procedure_code procedure_name unit status received_at due_at new_due_at finished_at returned_at "
    "note id_seal phone_seal"
).split()
_DOSSIERS, _EVENTS = Dossier.__table__, DossierEvent.__table__


@dataclass
class Report:
    """What a file gave: counts of lines (read, created, changed, unchanged, refused) and its problems."""

    source: str
    strangers: tuple[str, ...] = ()
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    demo_gone: int = 0

    def lines(self) -> Iterator[str]:
        """Yield what is printed for who imports."""
        texts = import_texts()
        names = ("read", "created", "changed", "unchanged", "refused")
        yield texts("report.summary", source=self.source, **{name: self.counts[name] for name in names})
        if self.demo_gone:
            yield texts("report.demo_gone", count=self.demo_gone)
        if self.strangers:
            yield texts("report.unknown_columns", source=self.source, columns=", ".join(self.strangers))
        yield from (problem.text() for problem in self.problems[:_SHOWN])
        if len(self.problems) > _SHOWN:
            yield texts("report.more", count=len(self.problems) - _SHOWN)


def import_dossiers(
    session: Session, path: Path, profile: Profile, secret: bytes, now: dt.datetime | None = None
) -> Report:
    """Import a file and return its report. Demo dossiers make way for real ones.

    Commits every few hundred lines: a large file must not keep citizens' messages waiting, and a
    broken import is simply done again.

    Raises:
        ImportFileError: the file cannot be read at all.
    """
    sheet = open_sheet(path)
    report = Report(path.name, sheet.strangers)
    reader = LineReader(profile, secret)
    lines = _each_once((reader.read(number, cells) for number, cells in sheet.lines), report)
    report.demo_gone = _remove_demo(session)
    while batch := list(islice(lines, _BATCH)):
        _keep_granted(session, batch)
        _save(session, batch, report, now or utc_now())
        session.commit()
    refresh(session, now or utc_now(), profile)
    return report


def _remove_demo(session: Session) -> int:
    demo = sa.select(Dossier.id).where(Dossier.source == "demo")
    session.execute(sa.delete(_EVENTS).where(_EVENTS.c.dossier_id.in_(demo)))
    return int(session.execute(sa.delete(_DOSSIERS).where(_DOSSIERS.c.source == "demo")).rowcount)


def _each_once(lines: Iterable[Line], report: Report) -> Iterator[dict[str, Any]]:
    """Yield the values of lines that are not refused; of lines with one code the first."""
    seen: dict[str, int] = {}
    for line in lines:
        report.counts["read"] += 1
        report.problems += line.problems
        if line.values is None:
            report.counts["refused"] += 1
        elif line.values["key"] in seen:
            report.counts["refused"] += 1
            report.problems.append(Problem(line.number, "code", "twice", {"line": seen[line.values["key"]]}))
        else:
            seen[line.values["key"]] = line.number
            yield line.values


def _keep_granted(session: Session, batch: list[dict[str, Any]]) -> None:
    """Let no empty cell take back a date that was set anew, and approved, here."""
    silent = {values["key"]: values for values in batch if values.get("new_due_at", "absent") is None}
    granted = sa.select(Dossier.key).join(Apology, Apology.dossier_id == Dossier.id).where(Apology.state == "approved")
    for key in session.scalars(granted.where(Dossier.key.in_(silent))):
        del silent[key]["new_due_at"]


def _save(session: Session, batch: list[dict[str, Any]], report: Report, now: dt.datetime) -> None:
    keys = [values["key"] for values in batch]
    standing = {row.key: row for row in session.execute(sa.select(_DOSSIERS).where(_DOSSIERS.c.key.in_(keys)))}
    created = [values for values in batch if values["key"] not in standing]
    changed = [values for values in batch if values["key"] in standing and _differs(values, standing[values["key"]])]
    seen = _DOSSIERS.c.id.in_([row.id for row in standing.values()])
    session.execute(sa.update(_DOSSIERS).where(seen).values(seen_at=now))
    _insert(session, created, now)
    for values in changed:
        _update(session, values, standing[values["key"]], now)
    unchanged = len(batch) - len(created) - len(changed)
    report.counts.update(created=len(created), changed=len(changed), unchanged=unchanged)


def _differs(values: dict[str, Any], row: Any) -> bool:
    return any(values[name] != row._mapping[name] for name in _KEPT if name in values)


def _insert(session: Session, created: list[dict[str, Any]], now: dt.datetime) -> None:
    if not created:
        return
    empty = {**dict.fromkeys(_KEPT), "unit": "", "note": "", "procedure_code": "", "id_seal": "", "phone_seal": ""}
    common = {"source": OWN, "updated_at": now, "seen_at": now}
    rows = [{**empty, **values, "procedure_name": _named(values), **common} for values in created]
    session.execute(sa.insert(_DOSSIERS), rows)
    keys = [values["key"] for values in created]
    found = session.execute(
        sa.select(_DOSSIERS.c.id, _DOSSIERS.c.status).where(_DOSSIERS.c.key.in_(keys)).order_by(_DOSSIERS.c.id)
    )
    session.execute(sa.insert(_EVENTS), [_event(row.id, row.status, now) for row in found])


def _named(values: dict[str, Any]) -> str:
    return values.get("procedure_name") or values.get("procedure_code") or ""


def _update(session: Session, values: dict[str, Any], row: Any, now: dt.datetime) -> None:
    fresh = {name: values[name] for name in _KEPT if name in values}
    session.execute(sa.update(_DOSSIERS).where(_DOSSIERS.c.id == row.id).values(**fresh, source=OWN, updated_at=now))
    if values["status"] != row.status:
        session.execute(sa.insert(_EVENTS), [_event(row.id, values["status"], now)])


def _event(dossier_id: int, status: int, now: dt.datetime) -> dict[str, Any]:
    return {"dossier_id": dossier_id, "at": now, "status": status, "text": ""}
