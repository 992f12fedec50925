"""Dossiers: their codes as citizens type them, and the look-up by code and sealed proof."""

from __future__ import annotations

import re

import sqlalchemy as sa
from sqlalchemy.orm import Session

from knowledge.models import Dossier
from knowledge.proof import matches

_DASHES = re.compile(r"\s*[-‐‑‒–—−_]\s*")
_CODE = re.compile(
    r"(?<![\w.])((?:[\dOo]{2,3}\.){0,4}[A-Za-z][\dOo]{2}(?:\.[\dOo]{1,3}){0,4}-[\dOo]{6}(?:[\dOo]{2})?-[\dOo]{1,7})(?![\w])"
)
_SEQUENCE = 4


def find_codes(text: str) -> list[str]:
    """Return the dossier codes in a text, normalised, each once.

    Forgiven: lower case, blanks around and after dots and dashes, other dashes, O for 0, and
    missing zeros of the running number.
    """
    tight = re.sub(r"(?<=[\dA-Za-z])\s*\.\s*(?=\d|[A-Za-z][\dOo]{2}\b)", ".", _DASHES.sub("-", text))
    return list(dict.fromkeys(normalise_code(match) for match in _CODE.findall(tight)))


def normalise_code(code: str) -> str:
    """Return the one written form of a code: upper case, plain dashes, digits for O."""
    parts = _DASHES.sub("-", code.strip()).upper().split("-")
    unit = re.sub(r"(?<=[\d.A-Z])O|O(?=[\d.])", "0", parts[0])
    rest = [part.replace("O", "0") for part in parts[1:]]
    if rest:
        rest[-1] = rest[-1].zfill(_SEQUENCE)
    return "-".join([unit, *rest])


def look_up(session: Session, code: str, seal: str) -> Dossier | None:
    """Return the dossier only when the code and one of its two seals fit.

    A wrong code and a wrong proof cannot be told apart by the caller; both compare a seal.
    """
    dossier = session.scalar(sa.select(Dossier).where(Dossier.code == normalise_code(code)))
    kept = (dossier.id_seal, dossier.phone_seal) if dossier else ("0" * 64, "0" * 64)
    fits = [matches(seal, value) for value in kept]
    return dossier if dossier is not None and any(fits) else None
