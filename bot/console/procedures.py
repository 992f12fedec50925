"""Procedures as staff look for them: by any part of a name, with or without marks, then by what is meant."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import Session

from knowledge.models import Procedure, ProcedureVersion
from knowledge.search.finder import current_index
from knowledge.search.finder import find as find_meant
from knowledge.search.index import SearchIndex
from nlu.text import fold, nfc

_LEAST_PROBABILITY = 0.02  # of a procedure that only the meaning of the words leads to
_LIKELY_NONE = 0.5  # the chance that no procedure is meant at all, from which none is shown
_LONGEST = 200


@dataclass(frozen=True)
class Named:
    """A procedure by its code and its short name."""

    code: str
    name: str


_folded: WeakKeyDictionary[SearchIndex, list[tuple[Named, str]]] = WeakKeyDictionary()


def search(session: Session, text: str, limit: int = 8) -> list[Named]:
    """Return procedures for what was typed, best first: those whose names hold all its words come before others."""
    text = nfc(text)[:_LONGEST].strip()
    if not text:
        return []
    found = search_names(session, text, limit)
    if len(found) < limit:
        meant = find_meant(session, text, limit)
        if meant.outlook.none < _LIKELY_NONE:
            found += [Named(hit.code, hit.short_name) for hit in meant.hits if hit.probability >= _LEAST_PROBABILITY]
    return list({one.code: one for one in reversed(found)}.values())[::-1][:limit]


def search_names(session: Session, text: str, limit: int = 8) -> list[Named]:
    """Return the procedures whose code, or one of whose names, holds all words of a text; the shortest name first."""
    words = [f" {word}" for word in fold(nfc(text))[:_LONGEST].split()]
    if not words:
        return []
    found = [one for one, names in _names_of(current_index(session)) if all(word in names for word in words)]
    return sorted(found, key=lambda one: (len(one.name), one.code))[:limit]


def _names_of(index: SearchIndex) -> list[tuple[Named, str]]:
    """Return every procedure with all it is called by, folded; made once for each state of the records."""
    known = _folded.get(index)
    if known is None:
        known = [
            (Named(entry.code, entry.short_name), fold(nfc(" ".join(("", entry.code, *entry.names)))))
            for entry in index.entries
        ]
        _folded[index] = known
    return known


def names(session: Session, codes: Collection[str]) -> dict[str, str]:
    """Return the short names of procedures by code; codes that no record has are missing."""
    rows = session.execute(
        sa.select(Procedure.code, ProcedureVersion.short_name)
        .join(ProcedureVersion, ProcedureVersion.procedure_id == Procedure.id)
        .where(ProcedureVersion.superseded_at.is_(None), Procedure.code.in_(list(codes)))
    )
    return dict(rows.all())


def named(session: Session, codes: Collection[str]) -> list[Named]:
    """Return procedures in the order of their codes as given; one without a record is named by its code."""
    known = names(session, codes)
    return [Named(code, known.get(code, code)) for code in dict.fromkeys(codes)]
