"""What the pages of apologies show."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.console.access import Form, key_of
from bot.console.apology import drafting
from bot.console.apology.drafting import Desk
from bot.console.apology.letter import compose
from bot.console.audit import record
from knowledge.calendar import calendar_of
from knowledge.deadlines import proposed
from knowledge.dossiers.notices import NoticeKind
from knowledge.dossiers.standing import standing, working_days
from knowledge.dossiers.standings import unit_code_of
from knowledge.dossiers.subscriptions import reach
from knowledge.models import Apology, Dossier, Staff

_ON_A_PAGE = 50
_PROPOSED = (3, 5, 10)  # working days


def listed(desk: Desk, query: Form) -> dict[str, Any]:
    """Return a page of the apologies in one state."""
    wanted = sa.select(Apology, Dossier).join(Dossier, Dossier.id == Apology.dossier_id)
    wanted = wanted.where(Apology.state == query["state"]).order_by(Apology.id.desc())
    before = key_of(query["before"])
    if before is not None:
        wanted = wanted.where(Apology.id < before)
    if desk.person.unit_code:
        wanted = wanted.where(Dossier.unit.in_(_own_units(desk, query["state"])))
    found = desk.session.execute(wanted.limit(_ON_A_PAGE + 1)).all()
    shown = found[:_ON_A_PAGE]
    return {
        "rows": shown,
        "names": _names(desk.session, [row.Apology for row in shown]),
        "more": shown[-1].Apology.id if len(found) > _ON_A_PAGE else "",
        "states": drafting.STATES,
    }


def _own_units(desk: Desk, state: str) -> list[str]:
    """Return how the person's unit is written in the dossiers that have apologies in a state."""
    written = sa.select(Dossier.unit).join(Apology, Apology.dossier_id == Dossier.id)
    written = written.where(Apology.state == state).distinct()
    own = desk.person.unit_code
    return [unit for unit in desk.session.scalars(written) if unit_code_of(unit, desk.profile) == own]


def blank(desk: Desk, dossier_id: int) -> dict[str, Any]:
    """Return what stands beside an empty form: the dossier, and days that may be promised."""
    dossier = desk.dossier(dossier_id)
    shown = {**_about(desk, dossier), "obstacle": drafting.obstacle(dossier, desk.now, desk.profile)}
    record(desk.session, desk.person.id, "dossier_viewed", f"dossier:{dossier.code}")
    return shown


def one(desk: Desk, apology_id: int, view: bool) -> dict[str, Any]:
    """Return an apology with its letter; ``view``: somebody looks at it, which is a line of the audit."""
    apology, dossier = desk.find(apology_id)
    day, is_draft = apology.new_due_at.astimezone(desk.profile.time_zone).date(), apology.state == drafting.DRAFT
    is_promised = apology.state == drafting.APPROVED
    shown = {
        **_about(desk, dossier),
        "apology": apology,
        "reach": reach(desk.session, dossier.key, NoticeKind.NEW_DATE.value) if is_promised else None,
        "letter": compose(apology, dossier, desk.profile),
        "names": _names(desk.session, [apology]),
        "new_day": day,
        "delay": working_days(apology.due_at, apology.new_due_at, desk.profile),
        "is_provisional": calendar_of(desk.profile).is_provisional(day),
        "obstacle": drafting.obstacle(dossier, desk.now, desk.profile) if is_draft else "",
        "is_own": apology.author_id == desk.person.id,
    }
    if view:  # last: what is written keeps others from writing
        record(desk.session, desk.person.id, "apology_viewed", f"apology:{apology.id}", dossier=dossier.code)
    return shown


def _about(desk: Desk, dossier: Dossier) -> dict[str, Any]:
    due = dossier.due_at or desk.now
    days = {count: proposed(count, due, desk.now, desk.profile) for count in (1, *_PROPOSED)}
    stands = standing(dossier, desk.now, desk.profile)
    return {"dossier": dossier, "stands": stands, "earliest": days.pop(1), "proposals": days}


def _names(session: Session, apologies: list[Apology]) -> dict[int, str]:
    keys = {key for one in apologies for key in (one.author_id, one.decided_by) if key}
    return {row.id: row.name for row in session.execute(sa.select(Staff.id, Staff.name).where(Staff.id.in_(keys)))}
