"""Reading a procedure as answers need it: one frozen view, few queries.

``ProcedureView.record`` has the shape of the written record (``knowledge.records``), so answers,
export and comparison speak of the same names. It is built without validation: what stands in
the tables is shown as it stands.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from knowledge import notes
from knowledge.models import Fee, Mode, Procedure, ProcedureVersion, Statement
from knowledge.records import (
    AgencyRecord,
    Audience,
    FeeKind,
    FeeRecord,
    LegalRecord,
    Level,
    ModeName,
    ModeRecord,
    OnlineLevel,
    PaperRecord,
    ProcedureRecord,
    RelatedRecord,
    SourceRecord,
    Status,
    TimeRecord,
    TimeUnit,
)
from knowledge.rows import SOURCE_NOTE


@dataclass(frozen=True)
class ProcedureView:
    """The version of a procedure that stands, as read for the day ``on``.

    ``record.fees`` holds every fee line, past and future ones too; ``fees`` those of the day.
    ``coverage`` is full or index; ``number`` counts versions from 1.
    """

    record: ProcedureRecord
    coverage: str
    origin: str
    number: int
    on: dt.date

    @property
    def code(self) -> str:
        """Return the national code."""
        return self.record.code

    @property
    def fees(self) -> tuple[FeeRecord, ...]:
        """Return the fee lines that apply on the day of the view."""
        return self.fees_on(self.on)

    def fees_on(self, day: dt.date) -> tuple[FeeRecord, ...]:
        """Return the fee lines whose period holds the day (both ends inclusive, open ends always)."""
        return tuple(fee for fee in self.record.fees if _applies(fee, day))


def load_view(session: Session, code: str, on: dt.date | None = None) -> ProcedureView | None:
    """Return the view of one procedure by its code, or None when it is not known."""
    return load_views(session, [code], on).get(code)


def load_views(session: Session, codes: Iterable[str], on: dt.date | None = None) -> dict[str, ProcedureView]:
    """Return views by code for the codes that are known; eager, about ten queries per 400 codes."""
    wanted, found = list(codes), {}
    day = on or dt.date.today()
    for start in range(0, len(wanted), 400):
        query = _eager_query().where(Procedure.code.in_(wanted[start : start + 400]))
        for version in session.execute(query).scalars():
            found[version.procedure.code] = _view(version, day)
    return found


def _applies(fee: FeeRecord, day: dt.date) -> bool:
    begun = fee.valid_from is None or fee.valid_from <= day
    return begun and (fee.valid_to is None or day <= fee.valid_to)


def _eager_query() -> Any:
    version = ProcedureVersion
    return (
        sa.select(version)
        .join(version.procedure)
        .where(version.superseded_at.is_(None))
        .options(
            joinedload(version.agency),
            joinedload(version.procedure).selectinload(Procedure.aliases),
            selectinload(version.modes).selectinload(Mode.times),
            *(
                selectinload(part)
                for part in (version.fees, version.papers, version.statements, version.legal_bases, version.related)
            ),
        )
        .execution_options(populate_existing=True)
    )


def _view(version: ProcedureVersion, on: dt.date) -> ProcedureView:
    return ProcedureView(_record(version), version.coverage, version.origin, version.number, on)


def _record(version: ProcedureVersion) -> ProcedureRecord:
    return ProcedureRecord.construct(
        code=version.procedure.code,
        name=version.name,
        short_name=version.short_name,
        field=version.field,
        audience=Audience(version.audience),
        summary=version.summary,
        aliases=tuple(alias.text for alias in sorted(version.procedure.aliases, key=lambda alias: alias.id)),
        former_codes=tuple(version.former_codes),
        agency=_agency(version),
        levels=tuple(Level(level) for level in version.levels),
        boundary_free=version.boundary_free,
        modes=tuple(_mode(mode) for mode in version.modes),
        fees=_fees(version.fees),
        papers=tuple(_paper(paper) for paper in version.papers) if version.papers_known else None,
        steps=_statements(version, "step"),
        conditions=_statements(version, "condition"),
        results=_statements(version, "result"),
        legal_basis=tuple(LegalRecord.construct(number=t.number, title=t.title) for t in version.legal_bases),
        related=tuple(RelatedRecord.construct(code=r.code, relation=r.relation, note=r.note) for r in version.related),
        notes=notes.from_rows((one.kind, one.position, one.text) for one in version.statements),
        source=_source(version),
        status=Status(version.status),
        valid_from=version.valid_from,
        valid_to=version.valid_to,
    )


def _agency(version: ProcedureVersion) -> AgencyRecord:
    agency = version.agency
    return AgencyRecord.construct(name=agency.name, level=Level(agency.level), where=version.where)


def _source(version: ProcedureVersion) -> SourceRecord:
    return SourceRecord.construct(
        name=version.source_name,
        url=version.source_url,
        decision=version.decision,
        checked_on=version.checked_on,
        note=" ".join(_statements(version, SOURCE_NOTE)),
    )


def _statements(version: ProcedureVersion, kind: str) -> tuple[str, ...]:
    statements: list[Statement] = version.statements
    return tuple(statement.text for statement in statements if statement.kind == kind)


def _mode(mode: Mode) -> ModeRecord:
    return ModeRecord.construct(
        mode=ModeName(mode.mode),
        online_level=OnlineLevel(mode.online_level) if mode.online_level else None,
        times=tuple(_time(time) for time in mode.times),
        note=mode.note,
    )


def _time(time: Any) -> TimeRecord:
    return TimeRecord.construct(
        amount=time.amount,
        max_amount=time.max_amount,
        unit=TimeUnit(time.unit),
        case=time.case_name,
        note=time.note,
    )


def _paper(paper: Any) -> PaperRecord:
    fields = ("name", "originals", "copies", "present", "form", "replaced_by_data", "note")
    return PaperRecord.construct(case=paper.case_name, **{field: getattr(paper, field) for field in fields})


def _fees(rows: list[Fee]) -> tuple[FeeRecord, ...]:
    """Join rows that differ in their mode only: the inverse of ``rows.fee_rows``."""
    fields = ("amount", "per", "rule", "paid", "legal_source", "valid_from", "valid_to", "note")
    modes: dict[tuple, list[ModeName]] = {}
    for row in rows:
        key = (row.kind, row.status, row.case_name, row.mode is None, *(getattr(row, field) for field in fields))
        modes.setdefault(key, []).extend([ModeName(row.mode)] if row.mode else [])
    return tuple(
        FeeRecord.construct(
            kind=FeeKind(kind), status=Status(status), case=case, modes=tuple(names), **dict(zip(fields, values))
        )
        for (kind, status, case, _every, *values), names in modes.items()
    )
