"""From the place a citizen names, old or new, to the units of today."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy.orm import Session

from knowledge.models import AdminUnit, FormerAgency, FormerUnit, Office
from knowledge.profile import Profile
from nlu.text import fold, has_marks, place_tones, tokens

_KINDS = {
    "phường": "Phường",
    "p": "Phường",
    "xã": "Xã",
    "x": "Xã",
    "đặc khu": "Đặc khu",
    "thị trấn": "Thị trấn",
    "tt": "Thị trấn",
    "huyện": "huyện",
    "thị xã": "thị xã",
    "tx": "thị xã",
    "thành phố": "thành phố",
    "tp": "thành phố",
    "tỉnh": "tỉnh",
}
_PROVINCE = "tỉnh"
_PREPOSITIONS = frozenset({"o", "tai", "ve", "tu", "den", "toi", "qua", "len", "xuong", "ra"})
_DISTRICT_KINDS = frozenset({"huyện", "thị xã", "thành phố"})
_FOLDED_KINDS = {fold(written): kind for written, kind in _KINDS.items()}


@dataclass(frozen=True)
class Place:
    """A place named in a text.

    ``kind`` is the unit's kind (Phường, Xã, Thị trấn, huyện …). ``units`` are codes of today's
    units; more than one means that the citizen must say which. ``former`` tells an old name.
    ``words`` are the words of the text it was read from.
    """

    name: str
    kind: str
    units: tuple[str, ...]
    former: bool
    words: tuple[str, ...]


class Gazetteer:
    """All names of a province's units, old units and old districts."""

    def __init__(self, profile: Profile) -> None:
        self._names: dict[tuple[str, ...], list[Place]] = defaultdict(list)
        self.units = {row["code"]: row for row in profile.read_csv("units.csv")}
        for row in self.units.values():
            self._add(row["name"], row["kind"], (row["code"],), former=False)
        self._add_formers(profile)
        for name, district in profile.read_yaml("districts.yml").items():
            self._add(name, district["kind"], tuple(district["units"]), former=True)
        for spelling, name in profile.read_yaml("spellings.yml")["same"].items():
            self._names[_key(spelling)].extend(self._names[_key(name)])
        self._ambiguous = {_key(name) for name in profile.read_yaml("spellings.yml")["needs_preposition"]}
        self._longest = max(map(len, self._names))

    def _add_formers(self, profile: Profile) -> None:
        grouped: dict[tuple[str, str], list[str]] = defaultdict(list)
        for row in profile.read_csv("former_units.csv"):
            grouped[row["name"], row["kind"]].append(row["unit_code"])
        for (name, kind), codes in grouped.items():
            same = any(self.units[code]["name"] == name and self.units[code]["kind"] == kind for code in codes)
            if not (same and len(codes) == 1):
                self._add(name, kind, tuple(codes), former=True)

    def _add(self, name: str, kind: str, units: tuple[str, ...], former: bool) -> None:
        self._names[_key(name)].append(Place(name, kind, units, former, ()))

    def find(self, text: str) -> list[Place]:
        """Return the places named in the text, in order; longest names first, no overlaps."""
        words = tokens(text)
        folded = [fold(word) for word in words]
        found, position = [], 0
        while position < len(words):
            place, length = self._at(words, folded, position, has_marks(text))
            if place is not None:
                found.append(place)
            position += max(length, 1)
        return _narrowed(found)

    def _at(self, words: list[str], folded: list[str], start: int, marked: bool) -> tuple[Place | None, int]:
        for length in range(min(self._longest, len(words) - start), 0, -1):
            key = tuple(folded[start : start + length])
            places = self._names.get(key)
            if not places:
                continue
            said = " ".join(words[start : start + length])
            kind = _kind_before(folded, start)
            if kind is None and (length == 1 or marked and not _same_marks(said, places)):
                continue
            if kind == _PROVINCE or (
                kind is None and self._may_be_words(key, places) and not _led(words, folded, start)
            ):
                continue
            return self._choose(
                places, kind, tuple(words[start - _kind_length(folded, start) : start + length])
            ), length
        return None, 0

    def _may_be_words(self, key: tuple[str, ...], places: list[Place]) -> bool:
        """Without marks the name of a commune often reads like other words ("nhan co"); of a district seldom."""
        return key in self._ambiguous or not any(place.kind in _DISTRICT_KINDS for place in places)

    def _choose(self, places: list[Place], kind: str | None, words: tuple[str, ...]) -> Place:
        """Prefer the kind that was said; without one an old district, for it is the wider sense."""
        said = [place for place in places if kind is not None and place.kind == kind]
        wide = [place for place in places if place.kind in _DISTRICT_KINDS]
        pool = said or (wide if kind is None else []) or places
        units = tuple(dict.fromkeys(code for place in pool for code in place.units))
        first = pool[0]
        return Place(first.name, first.kind, units, all(place.former for place in pool), words)

    def title(self, code: str) -> str:
        """Return a unit's kind and name, like "Phường La Gi"."""
        return f"{self.units[code]['kind']} {self.units[code]['name']}"


def _key(name: str) -> tuple[str, ...]:
    return tuple(fold(word) for word in tokens(name))


def _narrowed(found: list[Place]) -> list[Place]:
    """A commune followed by its old district is one place: keep the units both have."""
    narrowed: list[Place] = []
    for place in found:
        last = narrowed[-1] if narrowed else None
        shared = tuple(code for code in last.units if code in place.units) if last else ()
        if last and shared and place.kind in _DISTRICT_KINDS and last.kind not in _DISTRICT_KINDS:
            narrowed[-1] = replace(last, units=shared, words=(*last.words, *place.words))
        else:
            narrowed.append(place)
    return narrowed


def _led(words: list[str], folded: list[str], start: int) -> bool:
    """Tell whether a preposition leads the name; in a text with marks the marks have told already."""
    return start > 0 and folded[start - 1] in _PREPOSITIONS or has_marks(" ".join(words))


def _kind_before(folded: list[str], start: int) -> str | None:
    two = " ".join(folded[max(0, start - 2) : start])
    return _FOLDED_KINDS.get(two) or (_FOLDED_KINDS.get(folded[start - 1]) if start else None)


def _kind_length(folded: list[str], start: int) -> int:
    """Return how many words before the name tell its kind."""
    if " ".join(folded[max(0, start - 2) : start]) in _FOLDED_KINDS and start > 1:
        return 2
    return 1 if start and folded[start - 1] in _FOLDED_KINDS else 0


def _same_marks(said: str, places: list[Place]) -> bool:
    return any(place_tones(place.name).lower() == said for place in places) or not has_marks(said)


@lru_cache(maxsize=4)
def gazetteer_of(profile: Profile) -> Gazetteer:
    """Return the gazetteer of a province, made once."""
    return Gazetteer(profile)


def load_province(session: Session, profile: Profile) -> int:
    """Write the province's units, offices and agency changes; return the number of rows.

    Idempotent: everything that came from files is replaced, offices are updated by code.
    """
    units = profile.read_csv("units.csv")
    for row in units:
        session.merge(AdminUnit(**row))
    session.flush()
    session.execute(sa.delete(FormerUnit))
    session.execute(sa.delete(FormerAgency))
    formers = [FormerUnit(**{**row, "part": bool(row["part"])}) for row in profile.read_csv("former_units.csv")]
    agencies = [_former_agency(entry) for entry in profile.read_yaml("former_agencies.yml")]
    session.add_all([*formers, *agencies])
    offices = [_office(session, row) for row in profile.read_csv("offices.csv")]
    return len(units) + len(formers) + len(agencies) + len(offices)


def _former_agency(entry: dict[str, object]) -> FormerAgency:
    return FormerAgency(
        former_name=entry["former"],
        name=entry["now"],
        duty=entry.get("duty", ""),
        since=entry.get("since"),
        legal_source=entry.get("legal_source", ""),
    )


def _office(session: Session, row: dict[str, str]) -> Office:
    office = session.scalar(sa.select(Office).where(Office.code == row["code"])) or Office(code=row["code"])
    for key in ("name", "kind", "address", "phone", "hours", "source"):
        setattr(office, key, row[key])
    office.unit_code = row["unit_code"] or None
    office.checked_on = dt.date.fromisoformat(row["checked_on"]) if row["checked_on"] else None
    session.add(office)
    return office
