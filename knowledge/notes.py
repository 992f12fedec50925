"""What a citizen is to be told beside a fact: sentences of a record, each about one aspect or several."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from pydantic import BaseModel, Extra, validator

# in the order of an answer
ASPECTS_WITH_NOTES = (
    "documents",
    "who",
    "conditions",
    "fee",
    "time",
    "place",
    "elsewhere",
    "post",
    "online",
    "steps",
    "result",
)
_OF_NONE = "note"


class NoteRecord(BaseModel):
    """A sentence that is said with each answer it is ``about``; about none it is for those who keep the records."""

    about: tuple[str, ...] = ()
    text: str

    class Config:
        extra = Extra.forbid
        allow_mutation = False
        frozen = True

    @validator("about", pre=True)
    def _one_or_several(cls, about: object) -> object:
        return (about,) if isinstance(about, str) else about

    @validator("about")
    def _in_order(cls, about: tuple[str, ...]) -> tuple[str, ...]:
        for aspect in about:
            if aspect not in ASPECTS_WITH_NOTES:
                raise ValueError(f"a note is about {', '.join(ASPECTS_WITH_NOTES)}, not about {aspect}")
        return tuple(aspect for aspect in ASPECTS_WITH_NOTES if aspect in about)


def kind_of(aspect: str) -> str:
    """Return the kind under which the notes about an aspect are stored."""
    return f"n-{aspect[:8]}"


_ASPECTS = {kind_of(aspect): aspect for aspect in ASPECTS_WITH_NOTES}


def kinds(notes: Iterable[NoteRecord]) -> Iterator[tuple[str, int, str]]:
    """Yield kind, position and text of each row of the notes."""
    for position, note in enumerate(notes):
        for kind in [kind_of(aspect) for aspect in note.about] or [_OF_NONE]:
            yield kind, position, note.text


def from_rows(rows: Iterable[tuple[str, int, str]]) -> tuple[NoteRecord, ...]:
    """Return the notes again from rows of kind, position and text, whatever else is among them."""
    about: dict[tuple[int, str], list[str]] = defaultdict(list)
    for kind, position, text in rows:
        if kind == _OF_NONE or kind in _ASPECTS:
            about[position, text] += [_ASPECTS[kind]] if kind in _ASPECTS else []
    return tuple(NoteRecord(about=tuple(aspects), text=text) for (_, text), aspects in sorted(about.items()))
