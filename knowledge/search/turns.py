"""Turns of a conversation made up from the records: to a procedure near the one at hand, and to a paper of its own.

Written questions stand for themselves; who is in the middle of a conversation says only what differs.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import yaml

from knowledge.search.decide import content_words
from knowledge.search.evidence import Context
from knowledge.search.index import Entry, SearchIndex
from knowledge.search.lessons import Lesson
from nlu.text import tokens

_DATA = Path(__file__).parent.parent / "data" / "search" / "turns.yml"
_NEAR = 3  # procedures near each
_LIKE = 0.4  # so much of a near one's name is said by the names of the one at hand
_MOST_WORDS = 8  # of a name or a paper that people say in passing
_SEED = 11


def turns(index: SearchIndex) -> Iterator[tuple[Lesson, Context]]:
    """Yield what may be said, and in which conversation, about each procedure whose record is full."""
    chance, told = random.Random(_SEED), _load()
    for place in np.flatnonzero(index.full):
        entry = index.entries[place]
        for other in _near(index, int(place)):
            words = _beyond(index.entries[other], entry, chance)
            if len(words.split()) > 1 and content_words(words, index.wording):
                text = chance.choice(told["turned"]).format(words=words)
                yield Lesson(text, (index.entries[other].code,), "turn"), Context(entry.code)
        papers = [paper for paper in entry.body.split(" . ")[1:] if 2 <= len(tokens(paper)) <= _MOST_WORDS]
        if papers:
            text = chance.choice(told["stayed"]).format(paper=chance.choice(papers).lower())
            yield Lesson(text, (entry.code,), "stay"), Context(entry.code)


def _near(index: SearchIndex, place: int) -> Sequence[int]:
    likeness = np.where(index.full & (index.twins != index.twins[place]), index.likeness(place), 0.0)
    return [int(other) for other in np.argsort(-likeness)[:_NEAR] if likeness[other] >= _LIKE]


def _beyond(entry: Entry, at_hand: Entry, chance: random.Random) -> str:
    """Return the words of one of its names that the short name at hand does not have."""
    known = set(tokens(at_hand.short_name))
    names = [name for name in entry.names if len(tokens(name)) <= _MOST_WORDS] or [entry.short_name]
    return " ".join(word for word in tokens(chance.choice(names)) if word not in known)


@lru_cache(maxsize=1)
def _load() -> dict[str, list[str]]:
    told: dict[str, list[str]] = yaml.safe_load(_DATA.read_text(encoding="utf-8"))
    return told
