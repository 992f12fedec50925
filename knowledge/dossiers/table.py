"""The office's own table of dossiers: one is given out only to who proves that it is theirs."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from knowledge.models import Dossier
from knowledge.proof import bind, matches
from nlu.dossier_codes import match_key

_NOBODYS = "0" * 64  # a seal that no digits have


def find_proven(session: Session, code: str, sealed: str, secret: bytes) -> Dossier | None:
    """Return the dossier only when the code and one of its two seals fit.

    A wrong code and a wrong proof cannot be told apart by the caller, nor by the time it takes.
    """
    found = proven_id(session, Dossier, code, sealed, secret)
    return session.get(Dossier, found) if found is not None else None


def proven_id(session: Session, table: Any, code: str, sealed: str, secret: bytes, *only: Any) -> int | None:
    """Return the id of the row with that code and one of the seals; ``only`` are further conditions.

    The same query gives one row, and two seals are compared, whether there is such a code or not.
    """
    key = match_key(code)
    wanted = sa.select(sa.literal(key).label("key")).subquery()
    joined = wanted.outerjoin(table, sa.and_(table.key == wanted.c.key, *only))
    row = session.execute(sa.select(table.id, table.id_seal, table.phone_seal).select_from(joined)).one()
    return row.id if fits(sealed, key, (row.id_seal, row.phone_seal), secret) else None


def fits(sealed: str, key: str, kept: tuple[str | None, ...], secret: bytes) -> bool:
    """Tell whether sealed digits fit one of the seals that are kept with a dossier; all are compared."""
    given = bind(sealed, key, secret)
    compared = [matches(given, seal or _NOBODYS) for seal in kept]
    return any(compared)
