"""Learning from citizens' questions: the matcher, then the ranker and the judge on held-out ones.

``python -m knowledge train`` (part of ``make train``). What the ranker sees of the matcher is
always the matcher's opinion on a question it was not trained on, or its confidence would lie.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
from sqlalchemy.orm import Session

from knowledge.search.evidence import NO_CONTEXT, Context, Lexical, lexical, weigh
from knowledge.search.finder import current_index, positions
from knowledge.search.index import SearchIndex
from knowledge.search.judging import Held, learn_judge, learn_ranker
from knowledge.search.lessons import Lesson, read_lessons, teaches
from knowledge.search.matcher import NO_CODE, OUTSIDE, Learnt, Matcher, learn
from knowledge.search.model import SearchModel
from knowledge.search.turns import turns
from nlu.text import fold, normalise

_ABSENT_EVERY = 12  # every so-many-th question is also judged as if its procedure were not in the records
# Of six questions two are judged after another procedure, and one each: about the procedure at hand, about the one
# before it, after a question back that offered it.
_TALKED_EVERY = 6
_TALKS: dict[int, Callable[[str, tuple[str, ...]], Context]] = {
    1: lambda other, codes: Context(codes[0], (other,)),
    2: lambda other, codes: Context(other, codes[:1]),
    4: lambda other, codes: Context(offered=(other, *codes)),
}
_JUDGED_EVERY = 3  # a hundred weights need no more than every so-many-th lesson, and most of the time goes here
_OF_A_KIND = 25  # lessons that mean no procedure, one after the other in the files: their authors went topic by topic
_NAMED_ONLY = 200  # procedures without questions of their own, judged by their names
_NAMED_EVERY = 3
_RIVALS = 0.3  # so often the conversation was about what sounds most like the question without being meant
_SEED = 7


def train(session: Session, negatives: Path) -> SearchModel:
    """Learn everything from the question files and the records at hand."""
    index = current_index(session)
    lessons = read_lessons(index, negatives)
    taught = [lesson for lesson in lessons if teaches(lesson, index)]
    learnt = learn([lesson.text for lesson in taught], labels(taught), index.wording.lexicon)
    held = _held_out(index, lessons, taught, learnt)
    ranker = learn_ranker(held, index)
    return SearchModel(learnt.matcher, ranker, learn_judge(held, ranker, index), trained=True)


def labels(lessons: Sequence[Lesson]) -> list[tuple[str, ...]]:
    """Return what each lesson votes for: its codes, or the nothing that its neighbours in the files mean too.

    All that is not in the records is no one thing: what sounds like a question about wine sounds unlike most of it.
    """
    strangers = {"foreign": count(), "absent": count()}
    openings = {"foreign": OUTSIDE, "absent": NO_CODE}
    return [
        lesson.codes or (f"{openings[lesson.kind]}{next(strangers[lesson.kind]) // _OF_A_KIND}",) for lesson in lessons
    ]


def _held_out(index: SearchIndex, lessons: Sequence[Lesson], taught: Sequence[Lesson], learnt: Learnt) -> list[Held]:
    """Return evidence for lessons, half of them without marks, by a matcher that never saw them."""
    places, lexicon = positions(index, learnt.matcher), index.wording.lexicon
    known = {id(lesson): scores for lesson, scores in zip(taught, learnt.held_out)}
    held, chance, neighbours = [], random.Random(_SEED), Neighbours(index)
    rivals = Rivals(index, places)
    for number, lesson in enumerate(lessons[::_JUDGED_EVERY]):
        scores = known.get(id(lesson))
        scores = learnt.matcher.scores(lesson.text, lexicon) if scores is None else scores
        other = rivals.of(lesson, scores) if chance.random() < _RIVALS else neighbours.of(lesson, chance)
        said = _Said.of(index, lesson, scores, bare=number % 2 == 1)
        held += [said.held(index, places, *case) for case in _circumstances(lesson, number, other)]
    return [*held, *_named(index, learnt.matcher, places), *_turned(index, learnt.matcher, places)]


def _circumstances(lesson: Lesson, number: int, other: str) -> Iterator[tuple[Context, bool]]:
    """Yield the conversations in which a lesson is judged, and whether its procedure is taken out of the records.

    ``other`` is what the conversation was about before.
    """
    turn = number % _TALKED_EVERY
    if lesson.kind == "follow_up":
        yield Context(lesson.codes[0], (other,)), False
        return
    if lesson.kind == "name":  # in so few words people turn to something else, seldom open a conversation
        if number % _NAMED_EVERY == 0:
            yield Context(other), False
        return
    yield NO_CONTEXT, False
    if turn in (0, 3):
        yield Context(other), False
    if lesson.codes and turn in _TALKS:
        yield _TALKS[turn](other, lesson.codes), False
    if number % _ABSENT_EVERY == 0 and lesson.kind == "question":
        yield NO_CONTEXT, True


class Neighbours:
    """Procedures that a conversation may be about before somebody asks for another."""

    def __init__(self, index: SearchIndex) -> None:
        self._asked = [entry.code for entry in index.entries if entry.coverage == "full"] or [""]
        self._fields: dict[str, list[str]] = {}
        for entry in index.entries:
            self._fields.setdefault(entry.field, []).append(entry.code)
        self._field_of = {entry.code: entry.field for entry in index.entries}

    def of(self, lesson: Lesson, chance: random.Random) -> str:
        """Return another procedure: half the time of the same field, which is harder to tell apart."""
        near = self._fields[self._field_of[lesson.codes[0]]] if lesson.codes and chance.random() < 0.5 else self._asked
        other = chance.choice(near)
        return other if other not in lesson.codes else chance.choice(self._asked)


class Rivals:
    """Procedures that sound most like a question without being meant."""

    def __init__(self, index: SearchIndex, places: np.ndarray) -> None:
        self._index, self._places = index, places

    def of(self, lesson: Lesson, scores: np.ndarray) -> str:
        """Return the best of the others by the matcher's scores."""
        others = np.where(self._places >= 0, scores, -np.inf)
        twins = self._index.twins
        own = [twins[self._index.by_code[code]] for code in lesson.codes]
        others[np.isin(twins[np.maximum(self._places, 0)], own)] = -np.inf
        return self._index.entries[self._places[int(np.argmax(others))]].code


def _named(index: SearchIndex, matcher: Matcher, places: np.ndarray) -> Iterator[Held]:
    """Yield evidence for names of procedures nobody has written questions for, evenly over the records."""
    others = sorted(set(range(len(index.entries))) - set(places.tolist()))
    for row in others[:: max(1, len(others) // _NAMED_ONLY)]:
        lesson = Lesson(index.entries[row].short_name, (index.entries[row].code,), "name")
        scores = matcher.scores(lesson.text, index.wording.lexicon)
        yield _Said.of(index, lesson, scores, bare=row % 2 == 1).held(index, places)


def _turned(index: SearchIndex, matcher: Matcher, places: np.ndarray) -> Iterator[Held]:
    """Yield evidence for what is said in the middle of conversations."""
    for number, (lesson, context) in enumerate(turns(index)):
        scores = matcher.scores(lesson.text, index.wording.lexicon)
        yield _Said.of(index, lesson, scores, bare=number % 2 == 1).held(index, places, context)


@dataclass(frozen=True)
class _Said:
    """A lesson as it is typed, and what both sides of search say of it, whatever the conversation."""

    lesson: Lesson
    text: str
    words: Lexical
    scores: np.ndarray

    @classmethod
    def of(cls, index: SearchIndex, lesson: Lesson, scores: np.ndarray, bare: bool) -> _Said:
        text = normalise(lesson.text, index.wording.lexicon)
        text = fold(text) if bare else text
        return cls(lesson, text, lexical(index, text), scores)

    def held(self, index: SearchIndex, places: np.ndarray, context: Context = NO_CONTEXT, absent: bool = False) -> Held:
        wanted = [index.by_code[code] for code in self.lesson.codes]
        without = wanted[0] if absent else None
        evidence = weigh(index, self.text, self.words, self.scores, places, context, without)
        if absent or not wanted:
            return Held(evidence, (), self.lesson)
        rows = np.flatnonzero(np.isin(evidence.entries, wanted))
        return Held(evidence, tuple(rows.tolist()), self.lesson, listed=len(rows) == len(wanted))
