"""A record as rows of tables, and its fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from knowledge import notes
from knowledge.models import Fee, LegalBasis, Mode, Paper, RelatedProcedure, Statement
from knowledge.records import FeeRecord, ProcedureRecord

# A source's own remark is kept beside the other sentences, so that an export loses nothing.
SOURCE_NOTE = "source"


def fingerprint(record: ProcedureRecord, coverage: str) -> str:
    """Return the SHA-256 of what a record says; the order of its fee lines says nothing."""
    facts = record.dict(exclude={"fees"})
    facts["fees"] = sorted(json.dumps(row, sort_keys=True, default=str) for row in fee_rows(record))
    facts["coverage"] = coverage
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


def version_row(record: ProcedureRecord, origin: str, coverage: str, editor: str) -> dict[str, Any]:
    """Return the columns of procedure_versions that the record itself decides."""
    return {
        "name": record.name,
        "short_name": record.short_name,
        "field": record.field,
        "summary": record.summary,
        "audience": record.audience.value,
        "levels": [level.value for level in record.levels],
        "former_codes": list(record.former_codes),
        "where": record.agency.where,
        "boundary_free": record.boundary_free,
        "coverage": coverage,
        "papers_known": record.papers is not None,
        "status": record.status.value,
        "source_name": record.source.name,
        "source_url": record.source.url,
        "decision": record.source.decision,
        "checked_on": record.source.checked_on,
        "valid_from": record.valid_from,
        "valid_to": record.valid_to,
        "origin": origin,
        "fingerprint": fingerprint(record, coverage),
        "editor": editor,
    }


def child_rows(record: ProcedureRecord) -> dict[type, list[dict[str, Any]]]:
    """Return the rows that hang on a version, by table; times hang on modes, see ``time_rows``."""
    return {
        Mode: [_mode_row(mode) for mode in record.modes],
        Fee: list(fee_rows(record)),
        Paper: [_paper_row(position, paper) for position, paper in enumerate(record.papers or ())],
        Statement: list(_statement_rows(record)),
        LegalBasis: [{"number": text.number, "title": text.title} for text in record.legal_basis],
        RelatedProcedure: [
            {"code": other.code, "relation": other.relation, "note": other.note} for other in record.related
        ],
    }


def time_rows(record: ProcedureRecord) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each processing time with the name of its mode."""
    for mode in record.modes:
        for time in mode.times:
            row = time.dict(exclude={"unit", "case"})
            yield mode.mode.value, {**row, "unit": time.unit.value, "case_name": time.case}


def fee_rows(record: ProcedureRecord) -> Iterator[dict[str, Any]]:
    """Yield one row per fee line and mode; mode None stands for every mode."""
    for fee in record.fees:
        for mode in fee.modes or (None,):
            yield {**_fee_row(fee), "mode": mode.value if mode else None}


def _fee_row(fee: FeeRecord) -> dict[str, Any]:
    row = fee.dict(exclude={"kind", "status", "modes", "case"})
    return {**row, "kind": fee.kind.value, "status": fee.status.value, "case_name": fee.case}


def _mode_row(mode: Any) -> dict[str, Any]:
    level = mode.online_level.value if mode.online_level else None
    return {"mode": mode.mode.value, "online_level": level, "note": mode.note}


def _paper_row(position: int, paper: Any) -> dict[str, Any]:
    return {**paper.dict(exclude={"case"}), "case_name": paper.case, "position": position}


def _statement_rows(record: ProcedureRecord) -> Iterator[dict[str, Any]]:
    kinds = {
        "step": record.steps,
        "condition": record.conditions,
        "result": record.results,
        SOURCE_NOTE: (record.source.note,) if record.source.note else (),
    }
    for kind, texts in kinds.items():
        for position, text in enumerate(texts):
            yield {"kind": kind, "position": position, "text": text}
    for kind, position, text in notes.kinds(record.notes):
        yield {"kind": kind, "position": position, "text": text}
