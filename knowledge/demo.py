"""Demo dossiers, so that a newcomer can try the status dialogue; never put beside real ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml
from sqlalchemy.orm import Session

from knowledge.dossiers.codes import match_key, tidy_code
from knowledge.errors import KnowledgeError
from knowledge.models import Dossier, DossierEvent
from knowledge.profile import Profile
from knowledge.proof import bind, seal

SOURCE = "demo"


class RealDossiers(KnowledgeError):
    """The database holds real dossiers; demo ones are not put beside them."""


_FILE = Path(__file__).parent / "data" / "demo" / "dossiers.yml"
_MORNING, _EVENING = dt.time(8, 30), dt.time(17, 0)


def seed(session: Session, profile: Profile, key: bytes, today: dt.date | None = None) -> Iterator[str]:
    """Put the demo dossiers in anew, dated from today; yield a line per dossier. The caller commits.

    Raises:
        RealDossiers: the table holds dossiers that are not demo ones.
    """
    real = session.scalar(sa.select(sa.func.count()).where(Dossier.source != SOURCE))
    if real:
        raise RealDossiers(f"{real} real dossiers are in this database; demo ones are not put beside them")
    for old in session.scalars(sa.select(Dossier)):
        session.delete(old)
    session.flush()
    clock = _Clock(today or profile.today(), profile)
    for entry in yaml.safe_load(_FILE.read_text(encoding="utf-8")):
        session.add(_dossier(entry, clock, key))
        yield f"{entry['code']}  status {entry['status']}  last digits {entry['id']} (ID) or {entry['phone']} (phone)"
    session.flush()


class _Clock:
    """Days relative to today, as moments in the province."""

    def __init__(self, today: dt.date, profile: Profile) -> None:
        self._today, self._zone = today, profile.time_zone

    def at(self, days: int | None, time: dt.time = _MORNING) -> dt.datetime | None:
        """Return the moment so many days from today, or None without a number."""
        if days is None:
            return None
        return dt.datetime.combine(self._today + dt.timedelta(days=days), time, self._zone)


def _dossier(entry: dict[str, Any], clock: _Clock, key: bytes) -> Dossier:
    events = [
        DossierEvent(at=clock.at(event["day"]), status=event["status"], text=event["text"]) for event in entry["events"]
    ]
    code = tidy_code(entry["code"])
    seals = {name: bind(seal(entry[name], key), match_key(code), key) for name in ("id", "phone")}
    return Dossier(
        code=code,
        procedure_code=entry["procedure"],
        procedure_name=entry["name"],
        unit=entry["unit"],
        status=entry["status"],
        received_at=clock.at(entry.get("received")),
        due_at=clock.at(entry.get("due"), _EVENING),
        new_due_at=clock.at(entry.get("new_due"), _EVENING),
        finished_at=clock.at(entry.get("finished")),
        returned_at=clock.at(entry.get("returned")),
        note=entry["events"][-1]["text"],
        id_seal=seals["id"],
        phone_seal=seals["phone"],
        source=SOURCE,
        updated_at=events[-1].at,
        events=events,
    )
