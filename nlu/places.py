"""Places of the province in a message, with and without marks, by a spaCy PhraseMatcher over folded syllables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc
from spacy.vocab import Vocab

from nlu.text import fold, place_tones

_SYLLABLE = re.compile(r"[^\W_]+")
_ALIAS = re.compile(r"^(?P<written>[^=!?]+?)(?:\s*=\s*(?P<name>[^!?]+?))?\s*(?P<sign>[!?])?$")
_KINDS = {
    "xã": "xã", "phường": "phường", "trấn": "thị trấn", "thị xã": "thị xã", "phố": "thành phố", "tp": "thành phố",
    "huyện": "huyện", "khu": "đặc khu", "tỉnh": "tỉnh", "p": "phường", "tx": "thị xã", "tt": "thị trấn",
    "đảo": "đặc khu", "x": "xã", "h": "huyện",
}  # fmt: skip
_FOLDED_KINDS = {fold(word): kind for word, kind in _KINDS.items()}
_CUES = {"o", "tai", "ben", "ngoai", "duoi", "dan", "nguoi", "ubnd", "khu", "vuc", "quan", "vung"}
_WARDS = range(1, 13)


@dataclass(frozen=True)
class Syllable:
    """One written syllable and where it stands."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Entry:
    """One line of the gazetteer."""

    written: str  # lower case, old tone placement, syllables joined by spaces
    name: str
    sign: str


@dataclass(frozen=True)
class PlaceFound:
    """A place in a message: offsets, canonical name, and the kind of unit the citizen wrote before it."""

    start: int
    end: int
    name: str
    kind: str | None


def syllables(text: str) -> list[Syllable]:
    """Return the written syllables and numbers of the text with their offsets."""
    return [Syllable(match.group(), match.start(), match.end()) for match in _SYLLABLE.finditer(text)]


def read_gazetteer(lines: Iterable[str]) -> list[Entry]:
    """Return the entries of places.txt; raises ValueError that names a line it cannot read."""
    entries = []
    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        match = _ALIAS.match(line.strip())
        if match is None:
            raise ValueError(
                f"places.txt: cannot read {line.strip()!r}; write 'Name', 'written = Name', and ! or ? at the end"
            )
        name = match["name"] or match["written"]
        entries.append(Entry(_spaced(match["written"]), name, match["sign"] or ""))
    return entries


def _spaced(text: str) -> str:
    return " ".join(syllable.text for syllable in syllables(place_tones(text).lower()))


class PlaceFinder:
    """Finds the gazetteer's places; of overlapping ones the longest wins."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._vocab = Vocab()
        self._matcher = PhraseMatcher(self._vocab)
        self._entries: dict[str, list[Entry]] = {}
        for entry in entries:
            self._entries.setdefault(fold(entry.written), []).append(entry)
        for key in self._entries:
            self._matcher.add(key, [Doc(self._vocab, words=key.split())])

    def find(self, text: str, row: Sequence[Syllable]) -> list[PlaceFound]:
        """Return the places of the text, whose syllables are ``row``, in order."""
        if not row:
            return []
        folded = [fold(syllable.text) for syllable in row]
        doc = Doc(self._vocab, words=folded)
        taken: set[int] = set()
        places: list[PlaceFound] = []
        for _, first, last in sorted(self._matcher(doc), key=lambda m: (m[1] - m[2], m[1])):
            place = None if taken & set(range(first, last)) else self._accept(text, row, folded, first, last)
            if place:
                taken |= set(range(first, last))
                places.append(place)
        return sorted([*places, *_numbered_wards(row, folded, taken)], key=lambda place: place.start)

    def _accept(
        self, text: str, row: Sequence[Syllable], folded: list[str], first: int, last: int
    ) -> PlaceFound | None:
        words = row[first:last]
        written = place_tones(" ".join(word.text for word in words)).lower()
        kind = _kind(folded, first)
        cue = kind is not None or (first > 0 and folded[first - 1] in _CUES) or _capitalised(text, words)
        for entry in self._entries[" ".join(folded[first:last])]:
            exact, bare = written == entry.written, written == fold(entry.written)
            if (exact and (cue or entry.sign != "?")) or (bare and (cue or entry.sign == "!")):
                return PlaceFound(words[0].start, words[-1].end, entry.name, kind)
        return None


def _capitalised(text: str, words: Sequence[Syllable]) -> bool:
    """Capitals on every syllable are a sign of a name, unless the whole message shouts."""
    return text != text.upper() and all(word.text[0].isupper() for word in words if word.text[0].isalpha())


def _kind(folded: Sequence[str], first: int) -> str | None:
    """Return the kind of unit written just before the syllable at ``first``."""
    if first >= 2 and folded[first - 2] == "thi" and folded[first - 1] == "xa":
        return "thị xã"
    return _FOLDED_KINDS.get(folded[first - 1]) if first else None


def _numbered_wards(row: Sequence[Syllable], folded: Sequence[str], taken: set[int]) -> list[PlaceFound]:
    """Return phường 1 to phường 12, which the gazetteer cannot hold as bare numbers."""
    return [
        PlaceFound(row[index - 1].start, row[index].end, f"Phường {int(folded[index])}", "phường")
        for index in range(1, len(row))
        if folded[index - 1] in ("phuong", "p")
        and folded[index].isdigit()
        and int(folded[index]) in _WARDS
        and index not in taken
    ]
