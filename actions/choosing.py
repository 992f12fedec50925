"""Choices among procedures: their names, and what a typed answer chooses: a number, an ordinal, words of an option."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import sqlalchemy as sa
import yaml
from sqlalchemy.orm import Session

from knowledge.models import Procedure, ProcedureVersion
from nlu.text import fold, tokens

_FILE = Path(__file__).parent / "ordinals.yml"
_LEAST_SHARE = 0.6


def chosen(said: str, options: Mapping[str, str]) -> str:
    """Return the key of the option that the text chooses, or "" when it chooses none.

    ``options`` maps keys to titles, in the order in which they were offered.
    """
    if not options:
        return ""
    keys = list(options)
    position = _position(said, len(keys))
    if position is not None:
        return keys[position] if -len(keys) <= position < len(keys) else ""
    return _by_words(said, options)


def _position(said: str, count: int) -> int | None:
    words = [fold(word) for word in tokens(said)]
    ordinals, fillers = _ordinals()
    rest = [word for word in words if word not in fillers]
    phrase = " ".join(rest)
    if re.fullmatch(r"\d{1,2}", phrase):
        return int(phrase) - 1 if phrase != "0" else count
    return ordinals.get(phrase)


def _by_words(said: str, options: Mapping[str, str]) -> str:
    """An option is chosen when the text is short and its words stand in that option alone."""
    words = {fold(word) for word in tokens(said)} - _ordinals()[1]
    if not words or len(words) > 6:
        return ""
    shares = {key: len(words & set(map(fold, tokens(title)))) / len(words) for key, title in options.items()}
    best = max(shares.values())
    winners = [key for key, share in shares.items() if share == best]
    return winners[0] if best >= _LEAST_SHARE and len(winners) == 1 else ""


@lru_cache(maxsize=1)
def _ordinals() -> tuple[dict[str, int], frozenset[str]]:
    raw = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    ordinals = {fold(phrase): position for position, phrases in raw["positions"].items() for phrase in phrases}
    return ordinals, frozenset(fold(word) for word in raw["fillers"])


def names_of(session: Session, codes: Sequence[str]) -> dict[str, str]:
    """Return the short names of codes in their order; unknown codes are left out."""
    if not codes:
        return {}
    rows = session.execute(
        sa.select(Procedure.code, ProcedureVersion.short_name)
        .join(ProcedureVersion, ProcedureVersion.procedure_id == Procedure.id)
        .where(ProcedureVersion.superseded_at.is_(None), Procedure.code.in_(list(codes)))
    )
    names = dict(rows.all())
    return {code: names[code] for code in codes if code in names}
