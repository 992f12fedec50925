"""Whom a conversation can be given to: colleagues with their presence, and units."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.console.person import Person
from bot.console.units import units
from bot.handoff import presence
from bot.handoff.rules import Rules
from knowledge.models import Procedure, ProcedureVersion, Staff, utc_now
from nlu.text import fold

_MOST_PEOPLE, _MOST_UNITS, _MOST_PROCEDURES = 20, 6, 12
_ORDER = ("ready", "busy", "away", "gone")


@dataclass(frozen=True)
class Colleague:
    """A person who can answer; ``presence`` is ready, busy, away, or gone when no console is open."""

    id: int
    name: str
    role: str
    unit: str
    presence: str


def find(session: Session, person: Person, text: str, rules: Rules) -> list[Colleague]:
    """Return the colleagues whose name, user name or unit has all words of a text; those who are there first."""
    names, now = units(session), utc_now()
    others = sa.select(Staff).where(presence.may_serve(""), Staff.id != person.id).order_by(Staff.name)
    found = []
    for staff in session.scalars(others):
        unit = names.get(staff.unit_code, staff.unit_code)
        state = "gone" if staff.seen_at is None or staff.seen_at <= now - rules.present_within else staff.presence
        if _has_words(f"{staff.name} {staff.username} {unit}", text):
            found.append(Colleague(staff.id, staff.name, staff.role, unit, state))
    return sorted(found, key=lambda one: _ORDER.index(one.presence))[:_MOST_PEOPLE]


def find_units(session: Session, text: str) -> dict[str, str]:
    """Return units by code whose name has all words of a text; those with staff when there is no text."""
    names = units(session)
    if text.strip():
        found = {code: name for code, name in names.items() if _has_words(name, text)}
    else:
        staffed = set(session.scalars(sa.select(Staff.unit_code).where(presence.may_serve("")).distinct()))
        found = {code: name for code, name in names.items() if code in staffed}
    return dict(list(found.items())[:_MOST_UNITS])


def find_procedures(session: Session, text: str) -> dict[str, str]:
    """Return short names of procedures by code that have all words of a text."""
    if not text.strip():
        return {}
    standing = sa.select(Procedure.code, ProcedureVersion.short_name).join(ProcedureVersion)
    rows = session.execute(standing.where(ProcedureVersion.superseded_at.is_(None)).order_by(Procedure.code))
    found = {row.code: row.short_name for row in rows if _has_words(f"{row.code} {row.short_name}", text)}
    return dict(list(found.items())[:_MOST_PROCEDURES])


def _has_words(whole: str, text: str) -> bool:
    folded = fold(whole)
    return all(word in folded for word in fold(text).split())
