"""What an apology says, line by line, from the province's ``apology.yml``; files are made elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from bot.console.apology.drafting import APPROVED
from knowledge.models import Apology, Dossier
from knowledge.profile import Profile

_DAY = "%d/%m/%Y"

Paragraph = tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class Letter:
    """A letter; paragraphs are pieces of (text, bold). ``marks`` say at its top why it must not go out yet."""

    marks: tuple[str, ...]
    agency: tuple[str, str]
    state: tuple[str, str]
    number: str
    place_and_date: str
    title: tuple[str, str]
    addressee: str
    paragraphs: tuple[Paragraph, ...]
    receivers: tuple[str, ...]
    signature: tuple[str, str]


def compose(apology: Apology, dossier: Dossier, profile: Profile) -> Letter:
    """Return the letter of an apology. The name of who is written to is not known here and stays blank."""
    words = _words(profile)
    fixed = {name: words[name] for name in ("number", "place_and_date", "addressee")}
    pairs: dict[str, Any] = {name: tuple(words[name]) for name in ("state", "title", "receivers", "signature")}
    return Letter(
        marks=tuple(_marks(apology, dossier, words)),
        agency=(words["superior"], dossier.unit.upper() or words["agency"]),
        paragraphs=tuple(_paragraphs(apology, dossier, words, profile)),
        **fixed,
        **pairs,
    )


@lru_cache(maxsize=4)
def _words(profile: Profile) -> Mapping[str, Any]:
    return MappingProxyType(profile.read_yaml("apology.yml"))


def _marks(apology: Apology, dossier: Dossier, words: Mapping[str, Any]) -> list[str]:
    standing = {
        "not_approved": apology.state != APPROVED,
        "not_compared": words["compared"] is not True,
        "demo": dossier.source == "demo",
    }
    return [words[name] for name, holds in standing.items() if holds]


def _paragraphs(apology: Apology, dossier: Dossier, words: Mapping[str, Any], profile: Profile) -> list[Paragraph]:
    zone = profile.time_zone
    due, new_due = apology.due_at.astimezone(zone), apology.new_due_at.astimezone(zone)
    written = apology.changed_at.astimezone(zone)
    unit = dossier.unit or words["agency_within"]
    places = {
        "unit": unit,
        "procedure": dossier.procedure_name,
        "code": words["code"].format(code=dossier.procedure_code) if dossier.procedure_code else "",
        "dossier": dossier.code,
        "received": f"{dossier.received_at.astimezone(zone):{_DAY}}" if dossier.received_at else "",
        "due": f"{due:{_DAY}}",
        "hour": f"{due:%H}",
        "minute": f"{due:%M}",
        "reason": apology.reason,
        "new_due": f"{new_due:{_DAY}}",
    }
    names = [
        "received" if dossier.received_at else "received_unknown",
        "promised",
        "late" if written > due else "soon",
        "reason",
        "sorry",
        "end",
    ]
    return [_filled(words[name], places) for name in names]


def _filled(line: str, places: Mapping[str, str]) -> Paragraph:
    """Return a line with its places filled in; ``**`` of the line means bold, ``**`` that somebody typed does not."""
    pieces = [(piece.format(**places), bool(number % 2)) for number, piece in enumerate(line.split("**"))]
    (first, is_bold), *others = pieces
    return ((first[:1].upper() + first[1:], is_bold), *others)
