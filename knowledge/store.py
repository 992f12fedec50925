"""Writing procedures: versions, precedence of origins, and the revision that search follows.

A record becomes a new version only when it says something new, and only when it does not come
from a weaker origin than the version that stands. Old versions are never touched again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from knowledge.compare import differences
from knowledge.models import (
    Agency,
    Alias,
    Fee,
    LegalBasis,
    Mode,
    Paper,
    Procedure,
    ProcedureVersion,
    RelatedProcedure,
    Revision,
    Statement,
    Time,
    utc_now,
)
from knowledge.records import ProcedureRecord
from knowledge.rows import child_rows, fingerprint, time_rows, version_row
from knowledge.views import load_views

ORIGINS = ("index", "national", "bundled", "spreadsheet", "console")
_CODE = re.compile(r"(?<![\d.])(\d\.\d{6})(?!\d)")
_COUNTED_IN = "revision_counted_in"  # of a session: the transaction that has counted its change
_CHILDREN = (Mode, Fee, Paper, Statement, LegalBasis, RelatedProcedure)


@dataclass(frozen=True)
class Incoming:
    """A record on its way in: where it comes from, how much it covers, who edits."""

    record: ProcedureRecord
    origin: str
    coverage: str = "full"
    editor: str = ""

    def __post_init__(self) -> None:
        if self.origin not in ORIGINS:
            raise ValueError(f"unknown origin {self.origin!r}")


@dataclass(frozen=True)
class Saved:
    """What became of a record: created, changed, unchanged or kept (a better one stands).

    ``differences`` are filled for ``kept``: what the weaker source says otherwise on amounts and times.
    """

    code: str
    outcome: str
    differences: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Standing:
    procedure_id: int
    version_id: int | None
    number: int
    origin: str
    fingerprint: str


def save_record(
    session: Session, record: ProcedureRecord, origin: str, coverage: str = "full", editor: str = ""
) -> str:
    """Save one record; return created, changed, unchanged or kept."""
    return save_records(session, [Incoming(record, origin, coverage, editor)])[0].outcome


def save_records(session: Session, incoming: Sequence[Incoming]) -> list[Saved]:
    """Save many records with a handful of statements; the caller commits.

    A code that occurs twice is saved twice, in order.
    """
    saved: list[Saved] = []
    for batch in _without_repeats(incoming):
        saved.extend(_save_batch(session, batch))
    return saved


def current_version(session: Session, code: str) -> ProcedureVersion | None:
    """Return the version of a procedure that stands now, or None."""
    query = (
        sa.select(ProcedureVersion)
        .join(Procedure)
        .where(Procedure.code == code, ProcedureVersion.superseded_at.is_(None))
    )
    return session.execute(query).scalar_one_or_none()


def resolve_code(session: Session, text: str) -> str | None:
    """Return the code of the procedure a text names, today's or a former one.

    Local suffixes (1.012796.H36, 2.000635.000.00.00.H21) are ignored.
    """
    match = _CODE.search(text)
    if match is None:
        return None
    code = match.group(1)
    if session.execute(sa.select(Procedure.id).where(Procedure.code == code)).first():
        return code
    former = sa.cast(ProcedureVersion.former_codes, sa.Text).like(f'%"{code}"%')
    query = sa.select(Procedure.code).join(ProcedureVersion).where(former, ProcedureVersion.superseded_at.is_(None))
    return session.execute(query).scalars().first()


def revision(session: Session) -> int:
    """Return the number of the knowledge revision; it grows with every change."""
    number = session.execute(sa.select(Revision.number).where(Revision.name == "knowledge")).scalar()
    return number or 0


def bump_revision(session: Session) -> None:
    """Count a change of knowledge, once per transaction."""
    transaction = session.get_transaction() or session.begin()
    if changes_knowledge(session):
        return
    session.info[_COUNTED_IN] = transaction
    grow = sa.update(Revision).where(Revision.name == "knowledge").values(number=Revision.number + 1)
    if session.execute(grow.execution_options(synchronize_session=False)).rowcount == 0:
        session.execute(sa.insert(Revision).values(name="knowledge", number=1))


def changes_knowledge(session: Session) -> bool:
    """Tell whether the session's transaction has counted a change of knowledge."""
    transaction = session.get_transaction()
    return transaction is not None and session.info.get(_COUNTED_IN) is transaction


def _without_repeats(incoming: Iterable[Incoming]) -> Iterator[list[Incoming]]:
    batch: dict[str, Incoming] = {}
    for item in incoming:
        if item.record.code in batch:
            yield list(batch.values())
            batch = {}
        batch[item.record.code] = item
    if batch:
        yield list(batch.values())


def _save_batch(session: Session, batch: list[Incoming]) -> list[Saved]:
    session.flush()
    standing = _standing(session, [item.record.code for item in batch])
    outcomes = {item.record.code: _outcome(item, standing.get(item.record.code)) for item in batch}
    to_write = [item for item in batch if outcomes[item.record.code] in ("created", "changed")]
    if to_write:
        _write(session, to_write, standing)
        bump_revision(session)
    kept = [item for item in batch if outcomes[item.record.code] == "kept"]
    differing = _differences(session, kept)
    return [Saved(code, outcome, differing.get(code, ())) for code, outcome in outcomes.items()]


def _standing(session: Session, codes: list[str]) -> dict[str, _Standing]:
    version, older = ProcedureVersion, aliased(ProcedureVersion)
    newest = sa.select(sa.func.max(older.number)).where(older.procedure_id == Procedure.id).scalar_subquery()
    current = sa.and_(version.procedure_id == Procedure.id, version.superseded_at.is_(None))
    columns = (Procedure.code, Procedure.id, version.id, newest, version.origin, version.fingerprint)
    query = sa.select(*columns).outerjoin(version, current)
    found: dict[str, _Standing] = {}
    for part in _chunks(codes):
        for code, *values in session.execute(query.where(Procedure.code.in_(part))):
            procedure_id, version_id, number, origin, print_ = values
            found[code] = _Standing(procedure_id, version_id, number or 0, origin or "", print_ or "")
    return found


def _outcome(item: Incoming, standing: _Standing | None) -> str:
    if standing is None or standing.version_id is None:
        return "created"
    if ORIGINS.index(item.origin) < ORIGINS.index(standing.origin):
        return "kept"
    same = standing.fingerprint == fingerprint(item.record, item.coverage)
    return "unchanged" if same else "changed"


def _write(session: Session, items: list[Incoming], standing: dict[str, _Standing]) -> None:
    new_codes = [item.record.code for item in items if item.record.code not in standing]
    _insert(session, Procedure, [{"code": code} for code in new_codes])
    standing = {**standing, **_standing(session, new_codes)}
    _supersede(session, [standing[item.record.code].version_id for item in items])
    agencies = _agency_ids(session, items)
    rows = []
    for item in items:
        place = standing[item.record.code]
        agency = item.record.agency
        row = version_row(item.record, item.origin, item.coverage, item.editor)
        rows.append(
            {
                **row,
                "procedure_id": place.procedure_id,
                "number": place.number + 1,
                "agency_id": agencies[agency.name, agency.level.value],
            }
        )
    _insert(session, ProcedureVersion, rows)
    _write_children(session, items, standing)
    _replace_aliases(session, items, standing)


def _supersede(session: Session, version_ids: list[int | None]) -> None:
    for part in _chunks([version_id for version_id in version_ids if version_id is not None]):
        close = sa.update(ProcedureVersion).where(ProcedureVersion.id.in_(part)).values(superseded_at=utc_now())
        session.execute(close.execution_options(synchronize_session=False))


def _agency_ids(session: Session, items: list[Incoming]) -> dict[tuple[str, str], int]:
    wanted = {(item.record.agency.name, item.record.agency.level.value) for item in items}
    known = _known_agencies(session)
    _insert(session, Agency, [{"name": name, "level": level} for name, level in sorted(wanted - known.keys())])
    return _known_agencies(session)


def _known_agencies(session: Session) -> dict[tuple[str, str], int]:
    query = sa.select(Agency.name, Agency.level, Agency.id)
    return {(name, level): key for name, level, key in session.execute(query)}


def _write_children(session: Session, items: list[Incoming], before: dict[str, _Standing]) -> None:
    after = _standing(session, [item.record.code for item in items])
    versions = {item.record.code: after[item.record.code].version_id for item in items}
    rows: dict[type, list[dict[str, Any]]] = {model: [] for model in _CHILDREN}
    for item in items:
        for model, found in child_rows(item.record).items():
            rows[model] += [{**row, "version_id": versions[item.record.code]} for row in found]
    for model, found in rows.items():
        _insert(session, model, found)
    _write_times(session, items, versions)


def _write_times(session: Session, items: list[Incoming], versions: dict[str, int | None]) -> None:
    modes: dict[tuple[int, str], int] = {}
    for part in _chunks(list(versions.values())):
        query = sa.select(Mode.version_id, Mode.mode, Mode.id).where(Mode.version_id.in_(part))
        modes.update({(version_id, mode): key for version_id, mode, key in session.execute(query)})
    rows = []
    for item in items:
        version_id = versions[item.record.code]
        for mode, row in time_rows(item.record):
            rows.append({**row, "mode_id": modes[version_id, mode]})  # type: ignore[index]
    _insert(session, Time, rows)


def _replace_aliases(session: Session, items: list[Incoming], standing: dict[str, _Standing]) -> None:
    keys = {item.record.code: standing[item.record.code].procedure_id for item in items}
    for origin in {item.origin for item in items}:
        for part in _chunks([keys[item.record.code] for item in items if item.origin == origin]):
            gone = sa.delete(Alias).where(Alias.procedure_id.in_(part), Alias.origin == origin)
            session.execute(gone.execution_options(synchronize_session=False))
    left = _alias_texts(session, list(keys.values()))
    rows = [
        {"procedure_id": keys[item.record.code], "text": alias, "origin": item.origin}
        for item in items
        for alias in item.record.aliases
        if (keys[item.record.code], alias) not in left
    ]
    _insert(session, Alias, rows)


def _alias_texts(session: Session, procedure_ids: list[int]) -> set[tuple[int, str]]:
    found: set[tuple[int, str]] = set()
    for part in _chunks(procedure_ids):
        query = sa.select(Alias.procedure_id, Alias.text).where(Alias.procedure_id.in_(part))
        found.update((procedure_id, text) for procedure_id, text in session.execute(query))
    return found


def _differences(session: Session, kept: list[Incoming]) -> dict[str, tuple[str, ...]]:
    full = {item.record.code: item.record for item in kept if item.coverage == "full"}
    views = load_views(session, list(full))
    return {code: differences(views[code].record, record) for code, record in full.items() if code in views}


def _insert(session: Session, model: type, rows: list[dict[str, Any]]) -> None:
    if rows:
        session.execute(sa.insert(model.__table__), rows)  # type: ignore[attr-defined]


def _chunks(values: list, size: int = 400) -> Iterator[list]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
