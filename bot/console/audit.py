"""The audit: one line for every view of personal data and every change. The database refuses to change it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from knowledge.models import AuditEntry

_LONGEST_ACTION, _LONGEST_SUBJECT = 40, 60


def record(session: Session, staff_id: int | None, action: str, subject: str = "", **detail: Any) -> None:
    """Write who (None = the command line, or somebody unknown) did what to what.

    ``subject`` is a kind and a key such as ``conversation:<id>`` or ``staff:<id>``. ``detail`` is plain JSON and never
    holds a password, a secret, or what a citizen wrote.
    """
    entry = AuditEntry(
        staff_id=staff_id, action=action[:_LONGEST_ACTION], subject=subject[:_LONGEST_SUBJECT], detail=detail
    )
    session.add(entry)
