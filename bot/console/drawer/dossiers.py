"""A dossier as staff see it: status, dates, days late, events. There is no applicant in these records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from knowledge.answers.status import status_texts
from knowledge.dossiers.codes import find_codes, match_key
from knowledge.dossiers.standing import Kind, promised_at, standing
from knowledge.dossiers.standings import unit_code_of
from knowledge.models import Dossier, DossierEvent
from knowledge.profile import Profile

_MOST = 3
_SHOWN = 2  # characters at the end of a code that stay readable


@dataclass(frozen=True)
class Shown:
    """A dossier with the name of its status, and how many working days it is late (0 = it is not).

    ``is_pressing``: its date is past or near. ``unit_code`` is the commune whose it is, "" = of another office.
    """

    dossier: Dossier
    status: str
    days_late: int
    events: tuple[DossierEvent, ...]
    is_pressing: bool
    unit_code: str

    @property
    def due(self) -> dt.datetime | None:
        """The promised moment that counts: the new one wins."""
        return promised_at(self.dossier)


def codes_in(texts: Iterable[str]) -> list[str]:
    """Return the dossier codes that were named, the newest first."""
    found = [code for text in texts for code in find_codes(text)]
    return list(dict.fromkeys(found))[:_MOST]


def covered(code: str) -> str:
    """Return a code whose running number cannot be read in passing."""
    start, dash, number = code.rpartition("-")
    return f"{start}{dash}{'•' * max(0, len(number) - _SHOWN)}{number[-_SHOWN:]}"


def find(session: Session, typed: str, profile: Profile, now: dt.datetime) -> Shown | None:
    """Return the dossier of a code as typed, None when there is none in the office's table."""
    code = next(iter(find_codes(typed)), "") or typed
    dossier = session.scalar(sa.select(Dossier).where(Dossier.key == match_key(code)))
    if dossier is None:
        return None
    name = (status_texts().get("statuses").get(dossier.status) or status_texts().get("unknown"))["name"]
    stands = standing(dossier, now, profile)
    return Shown(
        dossier,
        name,
        days_late=stands.days if stands.kind is Kind.OVERDUE else 0,
        events=tuple(dossier.events),
        is_pressing=stands.kind in (Kind.OVERDUE, Kind.DUE_SOON),
        unit_code=unit_code_of(dossier.unit, profile),
    )
