"""Copies of what another system said, for the time when it does not answer.

Only what was proven to be theirs is copied, so that a copy tells nobody that a code exists.
"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from knowledge.dossiers.facts import Facts
from knowledge.dossiers.table import proven_id
from knowledge.models import DossierCopy
from nlu.dossier_codes import match_key

LONGEST_KEPT = dt.timedelta(days=7)  # an older status would mislead


class Copies:
    """The copies of one system."""

    def __init__(self, sessions: sessionmaker, source: str, secret: bytes) -> None:
        self._sessions = sessions
        self._source = source
        self._secret = secret

    def keep(self, facts: Facts, seals: tuple[str, str]) -> None:
        """Put a copy in the place of the one before; those that are too old go."""
        key = match_key(facts.code)
        with suppress(IntegrityError), self._sessions.begin() as session:  # its twin of the same moment will do
            old = sa.or_(DossierCopy.key == key, DossierCopy.fetched_at < facts.seen_at - LONGEST_KEPT)
            self._remove(session, old)
            row = DossierCopy(source=self._source, key=key, facts=facts.to_json(), fetched_at=facts.seen_at)
            row.id_seal, row.phone_seal = seals
            session.add(row)

    def find_proven(self, code: str, sealed: str, now: dt.datetime) -> Facts | None:
        """Return the copy, marked as one, when the digits fit and it is not too old."""
        young = (DossierCopy.source == self._source, DossierCopy.fetched_at >= now - LONGEST_KEPT)
        with self._sessions() as session:
            found = proven_id(session, DossierCopy, code, sealed, self._secret, *young)
            row = session.get(DossierCopy, found) if found is not None else None
        return replace(Facts.from_json(row.facts), is_copy=True) if row is not None else None

    def _remove(self, session: Session, which: sa.sql.ColumnElement) -> None:
        rows = sa.delete(DossierCopy).where(DossierCopy.source == self._source, which)
        session.execute(rows.execution_options(synchronize_session=False))
