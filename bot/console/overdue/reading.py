"""Late and soon due dossiers out of their small table; no name, number or note of a citizen is read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.console.access import key_of
from knowledge.dossiers.standing import working_days
from knowledge.models import Apology, DossierStanding, StandingRun
from knowledge.profile import Profile

LATE, SOON = "late", "soon"
KINDS = (LATE, SOON)
NO_FIELD = "none"  # of procedures that are in no record
_ROW = DossierStanding
_ORDER = (_ROW.rank, _ROW.field, _ROW.procedure_code, _ROW.due_at, _ROW.dossier_id)


@dataclass(frozen=True)
class Scope:
    """Whose dossiers are read: of a commune by its code, "" = of the whole province; ``unit`` narrows by a name."""

    unit_code: str
    unit: str = ""

    def conditions(self) -> list[Any]:
        """Return the conditions on ``DossierStanding``."""
        own = [_ROW.unit_code == self.unit_code] if self.unit_code else []
        return [*own, _ROW.unit == self.unit] if self.unit else own


@dataclass(frozen=True)
class Counted:
    """How many are late and how many soon due: of a field, a procedure, or all; ``key`` is its filter."""

    key: str
    name: str
    late: int
    soon: int
    parts: tuple[Counted, ...] = ()

    @classmethod
    def sum(cls, parts: Iterable[Counted], key: str = "", name: str = "") -> Counted:
        """Return all parts as one."""
        parts = tuple(parts)
        return cls(key, name, sum(one.late for one in parts), sum(one.soon for one in parts), parts)


@dataclass(frozen=True)
class Line:
    """One dossier; ``days`` are working days late, or left; ``apology_id`` of the one that is not rejected."""

    row: DossierStanding
    is_late: bool
    days: int
    apology_id: int | None
    apology_state: str

    @property
    def dossier_id(self) -> int:
        """The number of the dossier."""
        return int(self.row.dossier_id)


def fields(session: Session, scope: Scope, now: dt.datetime) -> list[Counted]:
    """Return the counts by field: those that the province wants first, then the largest backlog; procedures within."""
    late, names = sa.func.sum(sa.case((_ROW.due_at < now, 1), else_=0)), (_ROW.procedure_code, _ROW.procedure_name)
    grouped = (
        sa.select(_ROW.rank, _ROW.field, *names, late.label("late"), sa.func.count(_ROW.dossier_id).label("total"))
        .where(*scope.conditions())
        .group_by(_ROW.rank, _ROW.field, *names)
        .order_by(_ROW.rank, _ROW.field)
    )
    found = []
    for (rank, field), rows in groupby(session.execute(grouped), key=lambda row: (row.rank, row.field)):
        parts = [_procedure(row) for row in rows]
        found.append((rank, Counted.sum(sorted(parts, key=_backlog), field or NO_FIELD, field)))
    return [one for _, one in sorted(found, key=lambda pair: (pair[0], _backlog(pair[1])))]


def _procedure(row: Any) -> Counted:
    return Counted(row.procedure_code or row.procedure_name, row.procedure_name, row.late, row.total - row.late)


def _backlog(one: Counted) -> tuple[int, int, str]:
    return -one.late, -one.soon, one.name


def lines(
    session: Session, scope: Scope, query: Mapping[str, str], now: dt.datetime, profile: Profile, most: int
) -> list[Line]:
    """Return so many dossiers in their order: by field, then procedure, the oldest promise first.

    ``query`` has ``kind`` (late, soon), ``field``, ``procedure`` and ``after``, the number of the dossier before.
    """
    is_late = query["kind"] == LATE
    wanted = [*scope.conditions(), *_narrowed(query), _ROW.due_at < now if is_late else _ROW.due_at >= now]
    live = sa.and_(Apology.dossier_id == _ROW.dossier_id, Apology.state != "rejected")
    found = session.execute(
        sa.select(_ROW, Apology.id, Apology.state)
        .outerjoin(Apology, live)
        .where(*wanted, *_after(session, query["after"]))
        .order_by(*_ORDER)
        .limit(most)
    )
    return [
        Line(row, is_late, working_days(min(row.due_at, now), max(row.due_at, now), profile), apology, state or "")
        for row, apology, state in found
    ]


def _narrowed(query: Mapping[str, str]) -> list[Any]:
    found = []
    if query["field"]:
        found.append(_ROW.field == ("" if query["field"] == NO_FIELD else query["field"]))
    if query["procedure"]:
        nameless = sa.and_(_ROW.procedure_code == "", _ROW.procedure_name == query["procedure"])
        found.append(sa.or_(_ROW.procedure_code == query["procedure"], nameless))
    return found


def _after(session: Session, key: str) -> list[Any]:
    """Return the condition that rows come after that of a dossier; none when it stands here no longer."""
    number = key_of(key)
    last = session.get(_ROW, number) if number is not None else None
    if last is None:
        return []
    values = [sa.literal(getattr(last, column.key), column.type) for column in _ORDER]
    return [sa.tuple_(*_ORDER) > sa.tuple_(*values)]


def units(session: Session, scope: Scope) -> list[str]:
    """Return the names of the units in a scope that have such dossiers."""
    wanted = sa.select(_ROW.unit).where(*Scope(scope.unit_code).conditions(), _ROW.unit != "").distinct()
    return list(session.scalars(wanted.order_by(_ROW.unit)))


def as_of(session: Session) -> dt.datetime | None:
    """Return when the table was last brought up to date, None when it never was."""
    oldest = session.scalar(sa.select(sa.func.min(_ROW.computed_at, type_=_ROW.computed_at.type)))
    last = sa.select(StandingRun.done_at).where(StandingRun.done_at.is_not(None)).order_by(StandingRun.day.desc())
    found: dt.datetime | None = oldest or session.scalar(last.limit(1))
    return found
