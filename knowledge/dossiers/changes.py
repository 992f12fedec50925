"""Changes of a dossier that people make here, beside what an import brings."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from knowledge.models import Dossier, DossierEvent


def new_date(session: Session, dossier: Dossier, due_at: dt.datetime, words: str, now: dt.datetime) -> bool:
    """Set the new date that an apology promises; ``words`` are what the citizen may read of it.

    A date is set anew once: False where that has been done. Who asked to be told of the dossier hears of it within
    minutes (``bot.notices``).
    """
    still = sa.and_(Dossier.id == dossier.id, Dossier.new_due_at.is_(None))
    fresh = sa.update(Dossier).where(still).values(new_due_at=due_at, updated_at=now)
    if session.execute(fresh.execution_options(synchronize_session=False)).rowcount != 1:
        return False
    session.refresh(dossier)
    session.add(DossierEvent(dossier_id=dossier.id, at=now, status=dossier.status, text=words))
    session.flush()
    return True
