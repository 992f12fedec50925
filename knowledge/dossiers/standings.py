"""The small table of dossiers that are late or soon due: made every night and after every import, read by unit heads.

A million dossiers hold a few thousand of them. Work is done in short transactions, so that no message has to wait.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, sessionmaker

from knowledge.connectors.registry import dossier_settings
from knowledge.dossiers.standing import IS_RUNNING, PROMISED, soon_ends
from knowledge.models import Dossier, DossierStanding, Procedure, ProcedureVersion, StandingRun
from knowledge.places import gazetteer_of
from knowledge.profile import Profile

_BATCH = 500
_LEASE = dt.timedelta(minutes=30)  # whoever has not ended a night's work by then is taken for dead
_USUAL, _UNKNOWN = 50, 99  # ranks of fields: those that come first have lower ones
_TABLE = DossierStanding.__table__
_NAMES = (Dossier.id, Dossier.code, Dossier.procedure_code, Dossier.procedure_name, Dossier.unit)


def nightly(sessions: sessionmaker, now: dt.datetime, profile: Profile) -> bool:
    """Do the work of the day that has begun; False = this or another process has done it, or is about it."""
    day = now.astimezone(profile.time_zone).date()
    with sessions.begin() as session:
        if not _claim(session, day, now):
            return False
    with sessions() as session:
        refresh(session, now, profile)
        session.execute(sa.update(StandingRun).where(StandingRun.day == day).values(done_at=now))
        session.commit()
    return True


def _claim(session: Session, day: dt.date, now: dt.datetime) -> bool:
    """Take the day's work: by writing its row first, or after who did so has not been heard of for too long."""
    known = session.execute(sa.select(StandingRun.done_at).where(StandingRun.day == day)).one_or_none()
    if known is not None and known.done_at is not None:
        return False
    fresh = {"day": day, "started_at": now}
    added = _insert(session)(StandingRun.__table__).values(fresh).on_conflict_do_nothing(index_elements=["day"])
    if session.execute(added).rowcount == 1:
        return True
    dead = sa.and_(StandingRun.day == day, StandingRun.done_at.is_(None), StandingRun.started_at < now - _LEASE)
    taken = sa.update(StandingRun).where(dead).values(started_at=now).execution_options(synchronize_session=False)
    return int(session.execute(taken).rowcount) == 1


def refresh(session: Session, now: dt.datetime, profile: Profile) -> None:
    """Bring the table up to the moment; commits again and again. Two at once do no harm: the later moment wins."""
    shelve, end, after = _shelves(session, profile), soon_ends(now, profile), None
    while rows := _batch(session, end, after):
        _write(session, [_values(row, shelve, now, profile) for row in rows])
        session.commit()
        after = rows[-1]
    session.execute(_TABLE.delete().where(_TABLE.c.computed_at < now))
    session.commit()


def restand(session: Session, dossier: Dossier, now: dt.datetime, profile: Profile) -> None:
    """Bring the row of one dossier up to the moment, within the caller's transaction."""
    session.flush()
    wanted = sa.and_(Dossier.id == dossier.id, IS_RUNNING, soon_ends(now, profile) >= PROMISED)
    row = session.execute(sa.select(*_NAMES, PROMISED.label("due")).where(wanted)).one_or_none()
    if row is None:
        session.execute(_TABLE.delete().where(_TABLE.c.dossier_id == dossier.id))
    else:
        _write(session, [_values(row, _shelves(session, profile, row.procedure_code), now, profile)])


def _batch(session: Session, end: dt.datetime, after: Any) -> list[Any]:
    """Return the next rows by promise; ``after`` is the last one of those before."""
    wanted = sa.select(*_NAMES, PROMISED.label("due")).where(IS_RUNNING, end >= PROMISED)
    if after is not None:
        later = sa.or_(after.due < PROMISED, sa.and_(after.due == PROMISED, Dossier.id > after.id))
        wanted = wanted.where(after.due <= PROMISED, later)
    return list(session.execute(wanted.order_by(PROMISED, Dossier.id).limit(_BATCH)))


@dataclass(frozen=True)
class _Shelf:
    rank: int
    field: str
    name: str


def _shelves(session: Session, profile: Profile, code: str | None = None) -> Callable[[Any], _Shelf]:
    """Return what tells the field of a row, its rank, and the name of its procedure; of one code alone, if given."""
    first: list[str] = dossier_settings(profile).get("first_fields", [])
    current = (
        sa.select(Procedure.code, ProcedureVersion.field, ProcedureVersion.short_name)
        .join(ProcedureVersion, ProcedureVersion.procedure_id == Procedure.id)
        .where(ProcedureVersion.superseded_at.is_(None))
    )
    wanted = current if code is None else current.where(Procedure.code == code)
    known: Mapping[str, Any] = {row.code: row for row in session.execute(wanted)}

    def shelve(row: Any) -> _Shelf:
        found = known.get(row.procedure_code)
        if found is None or not found.field:
            return _Shelf(_UNKNOWN, "", found.short_name if found else row.procedure_name)
        rank = first.index(found.field) if found.field in first else _USUAL
        return _Shelf(rank, found.field, found.short_name)

    return shelve


def _values(row: Any, shelve: Callable[[Any], _Shelf], now: dt.datetime, profile: Profile) -> dict[str, Any]:
    shelf = shelve(row)
    return {
        "dossier_id": row.id,
        "code": row.code,
        "rank": shelf.rank,
        "field": shelf.field,
        "procedure_code": row.procedure_code,
        "procedure_name": shelf.name,
        "unit": row.unit,
        "unit_code": unit_code_of(row.unit, profile),
        "due_at": row.due,
        "computed_at": now,
    }


@lru_cache(maxsize=2000)
def unit_code_of(unit: str, profile: Profile) -> str:
    """Return the commune of today that a unit's name tells, "" for other offices and names of several communes."""
    found = {code for place in gazetteer_of(profile).find(unit) for code in place.units}
    return found.pop() if len(found) == 1 else ""


def _write(session: Session, rows: list[dict[str, Any]]) -> None:
    statement = _insert(session)(_TABLE)
    fresh = {column.name: statement.excluded[column.name] for column in _TABLE.columns if not column.primary_key}
    newer = _TABLE.c.computed_at <= statement.excluded.computed_at
    session.execute(statement.on_conflict_do_update(index_elements=["dossier_id"], set_=fresh, where=newer), rows)


def _insert(session: Session) -> Any:
    return sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
