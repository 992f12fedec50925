"""Learning from citizens' questions: the matcher, then the ranker and the judge on held-out ones.

``python -m knowledge train`` (part of ``make train``). What the ranker sees of the matcher is
always the matcher's opinion on a question it was not trained on, or its confidence would lie.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from sqlalchemy.orm import Session

from knowledge.search.evidence import NO_CONTEXT, Context, weigh
from knowledge.search.finder import current_index, positions
from knowledge.search.index import SearchIndex
from knowledge.search.judging import Held, learn_judge
from knowledge.search.lessons import Lesson, read_lessons, teaches
from knowledge.search.matcher import Learnt, Matcher, learn
from knowledge.search.model import SearchModel
from knowledge.search.ranker import fit
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
_NAMED_ONLY = 200  # procedures without questions of their own, judged by their names
_SEED = 7


def train(session: Session, negatives: Path) -> SearchModel:
    """Learn everything from the question files and the records at hand."""
    index = current_index(session)
    lessons = read_lessons(index, negatives)
    taught = [lesson for lesson in lessons if teaches(lesson, index)]
    learnt = learn([lesson.text for lesson in taught], [lesson.codes for lesson in taught], index.wording.lexicon)
    held = _held_out(index, lessons, taught, learnt)
    ranker = fit([one.evidence for one in held if one.listed], [one.right for one in held if one.listed])
    return SearchModel(learnt.matcher, ranker, learn_judge(held, ranker, index), trained=True)


def _held_out(index: SearchIndex, lessons: Sequence[Lesson], taught: Sequence[Lesson], learnt: Learnt) -> list[Held]:
    """Return evidence for every lesson, half of them without marks, by a matcher that never saw it."""
    places, lexicon = positions(index, learnt.matcher), index.wording.lexicon
    known = {id(lesson): scores for lesson, scores in zip(taught, learnt.held_out)}
    held, chance, neighbours = [], random.Random(_SEED), Neighbours(index)
    for number, lesson in enumerate(lesson for lesson in lessons if lesson.kind != "name"):
        scores = known.get(id(lesson))
        scores = learnt.matcher.scores(lesson.text, lexicon) if scores is None else scores
        for context, absent in _circumstances(lesson, number, neighbours, chance):
            held.append(_hold(index, lesson, scores, places, number % 2 == 1, context, absent))
    return held + list(_named(index, learnt.matcher, places))


def _circumstances(
    lesson: Lesson, number: int, neighbours: Neighbours, chance: random.Random
) -> Iterator[tuple[Context, bool]]:
    """Yield the conversations in which a lesson is judged, and whether its procedure is taken out of the records."""
    other, turn = neighbours.of(lesson, chance), number % _TALKED_EVERY
    if lesson.kind == "follow_up":
        yield Context(lesson.codes[0], (other,)), False
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


def _named(index: SearchIndex, matcher: Matcher, places: np.ndarray) -> Iterator[Held]:
    """Yield evidence for names of procedures nobody has written questions for, evenly over the records."""
    others = sorted(set(range(len(index.entries))) - set(places.tolist()))
    for row in others[:: max(1, len(others) // _NAMED_ONLY)]:
        lesson = Lesson(index.entries[row].short_name, (index.entries[row].code,), "name")
        scores = matcher.scores(lesson.text, index.wording.lexicon)
        yield _hold(index, lesson, scores, places, bare=row % 2 == 1)


def _hold(
    index: SearchIndex,
    lesson: Lesson,
    scores: np.ndarray,
    places: np.ndarray,
    bare: bool,
    context: Context = NO_CONTEXT,
    absent: bool = False,
) -> Held:
    text = normalise(lesson.text, index.wording.lexicon)
    wanted = [index.by_code[code] for code in lesson.codes]
    without = wanted[0] if absent else None
    evidence = weigh(index, fold(text) if bare else text, scores, places, context, without)
    if absent or not wanted:
        return Held(evidence, (), lesson)
    rows = np.flatnonzero(np.isin(evidence.entries, wanted))
    return Held(evidence, tuple(rows.tolist()), lesson, listed=len(rows) == len(wanted))
