"""The office's own table as a connector; it is there by default."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import sessionmaker

from knowledge.connectors.base import Factor
from knowledge.dossiers.facts import Facts, facts_of
from knowledge.dossiers.table import find_proven
from knowledge.models import Dossier
from nlu.dossier_codes import match_key


class OwnTable:
    """Looks into the table that the office imports, or into demo dossiers."""

    name = "own"
    factors = frozenset(Factor)
    recalls = True

    def __init__(self, sessions: sessionmaker, secret: bytes) -> None:
        self._sessions = sessions
        self._secret = secret

    def is_connected(self) -> bool:
        """Tell whether the table holds anything."""
        with self._sessions() as session:
            return session.scalar(sa.select(Dossier.id).limit(1)) is not None

    def prove(self, code: str, sealed: str) -> Facts | None:
        """Return the dossier when code and digits fit."""
        with self._sessions() as session:
            found = find_proven(session, code, sealed, self._secret)
            return facts_of(found) if found is not None else None

    def recall(self, code: str) -> Facts | None:
        """Return the dossier with the code."""
        with self._sessions() as session:
            found = session.scalar(sa.select(Dossier).where(Dossier.key == match_key(code)))
            return facts_of(found) if found is not None else None
