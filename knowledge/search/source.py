"""What the search index reads from the database, in a handful of queries."""

from __future__ import annotations

from collections import defaultdict

import sqlalchemy as sa
from sqlalchemy.orm import Session

from knowledge.models import Alias, Paper, Procedure, ProcedureVersion, Revision
from knowledge.search.index import Entry
from knowledge.store import changes_knowledge

_NEWEST = sa.select(sa.func.max(ProcedureVersion.id)).scalar_subquery()
_NUMBER = sa.select(Revision.number).where(Revision.name == "knowledge").scalar_subquery()
_MARK = sa.select(_NUMBER, _NEWEST)
_READ = "knowledge_mark"  # of a session: the transaction in which the mark was read, and the mark


def revision(session: Session) -> tuple[int, int]:
    """Return a mark that changes with every change of knowledge; read once in a transaction that changes none."""
    transaction = session.get_transaction() or session.begin()
    read = session.info.get(_READ)
    if read is not None and read[0] is transaction and not changes_knowledge(session):
        return read[1]
    number, newest = session.execute(_MARK).one()
    session.info[_READ] = (transaction, (number or 0, newest or 0))
    return number or 0, newest or 0


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
