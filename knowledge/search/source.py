"""What the search index reads from the database, in a handful of queries."""

from __future__ import annotations

from collections import defaultdict

import sqlalchemy as sa
from sqlalchemy.orm import Session

from knowledge.models import Alias, Paper, Procedure, ProcedureVersion, Revision
from knowledge.search.index import Entry


def revision(session: Session) -> tuple[int, int]:
    """Return a mark that changes with every change of knowledge."""
    number = session.scalar(sa.select(Revision.number).where(Revision.name == "knowledge")) or 0
    newest = session.scalar(sa.select(sa.func.max(ProcedureVersion.id))) or 0
    return number, newest


def read_entries(session: Session) -> list[Entry]:
    """Return one entry per current procedure, ordered by code."""
    names = _grouped(session, sa.select(Alias.procedure_id, Alias.text))
    papers = _grouped(
        session,
        sa.select(Paper.version_id, Paper.name)
        .join(ProcedureVersion, ProcedureVersion.id == Paper.version_id)
        .where(ProcedureVersion.superseded_at.is_(None)),
    )
    rows = session.execute(
        sa.select(Procedure.id, Procedure.code, ProcedureVersion)
        .join(ProcedureVersion, ProcedureVersion.procedure_id == Procedure.id)
        .where(ProcedureVersion.superseded_at.is_(None))
        .order_by(Procedure.code)
    )
    return [
        Entry(
            code=code,
            short_name=version.short_name,
            names=(version.short_name, version.name, *names[procedure_id]),
            field=version.field,
            body=" . ".join([version.summary, *papers[version.id]]),
            levels=tuple(version.levels),
            audience=version.audience,
            coverage=version.coverage,
        )
        for procedure_id, code, version in rows
    ]


def _grouped(session: Session, query: sa.sql.Select) -> dict[int, list[str]]:
    grouped: dict[int, list[str]] = defaultdict(list)
    for key, text in session.execute(query):
        grouped[key].append(text)
    return grouped
