"""The communes that people and texts belong to."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from knowledge.models import AdminUnit


def units(session: Session) -> dict[str, str]:
    """Return the names of all units of today by code, in the order of their names."""
    found = session.scalars(sa.select(AdminUnit).order_by(AdminUnit.name))
    return {unit.code: f"{unit.kind} {unit.name}" for unit in found}
