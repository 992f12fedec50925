"""Who is signed in, as it crosses the console."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.console.roles import can
from knowledge.models import Staff


@dataclass(frozen=True)
class Person:
    """One signed-in person; ``unit_code`` "" = the whole province. ``session_id`` is the key of the row, no secret."""

    id: int
    username: str
    name: str
    role: str
    unit_code: str
    presence: str
    must_change: bool
    session_id: str = field(default="", repr=False)

    @classmethod
    def of(cls, staff: Staff, session_id: str) -> Person:
        """Return the person of a row."""
        return cls(
            id=staff.id,
            username=staff.username,
            name=staff.name,
            role=staff.role,
            unit_code=staff.unit_code,
            presence=staff.presence,
            must_change=staff.must_change,
            session_id=session_id,
        )

    def can(self, permission: str) -> bool:
        """Tell whether this person has a permission of ``bot.console.roles``."""
        return can(self.role, permission)
