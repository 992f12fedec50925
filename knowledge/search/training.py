"""Learning from citizens' questions: the matcher, then the ranker and thresholds on held-out ones.

``python -m knowledge train`` (part of ``make train``). What the ranker sees of the matcher is
always the matcher's opinion on a question it was not trained on, or its confidence would lie.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from sqlalchemy.orm import Session

from knowledge.search.evidence import Evidence, weigh
from knowledge.search.finder import current_index, positions
from knowledge.search.index import SearchIndex
from knowledge.search.matcher import Learnt, Matcher, learn
from knowledge.search.model import SearchModel, Thresholds
from knowledge.search.ranker import Ranker, fit
from nlu.questions import read_questions
from nlu.text import fold, normalise

# What a decision is worth to a citizen. A wrong procedure stated as the answer is the worst.
_RIGHT, _WRONG, _OFFERED, _NOT_OFFERED, _SILENT, _REFUSED, _PESTERED = 1.0, -1.5, 0.25, -0.6, -0.5, 1.0, -0.3
_ABSENT_EVERY = 12  # every so-many-th question is also judged as if its procedure were not in the records
_NAMED_ONLY = 200  # procedures without questions of their own, judged by their names


@dataclass(frozen=True)
class Lesson:
    """A text and the code it means; "" means no procedure at all. ``name``: it is a record's own name."""

    text: str
    code: str
    name: bool = False


@dataclass(frozen=True)
class Held:
    """Evidence for a question by a matcher that never saw it; ``right`` is its row, -1 none, -2 not listed."""

    evidence: Evidence
    right: int
    lesson: Lesson


def lessons(index: SearchIndex, negatives: Path) -> list[Lesson]:
    """Return every question of a known procedure, the names of those procedures, and texts that mean none."""
    asked = [Lesson(example.text, example.code) for example in read_questions() if example.code in index.by_code]
    codes = {lesson.code for lesson in asked}
    named = [Lesson(name, entry.code, True) for entry in index.entries if entry.code in codes for name in entry.names]
    return [*asked, *named, *(Lesson(text, "") for text in _out_of_scope(negatives))]


def _out_of_scope(path: Path) -> list[str]:
    """Return the examples of a Rasa intent file."""
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    texts: list[str] = []
    for block in raw["nlu"]:
        examples = block["examples"]
        if isinstance(examples, str):
            texts += [line.strip()[2:] for line in examples.splitlines() if line.strip().startswith("- ")]
        else:
            texts += [str(example["text"]).strip().removeprefix("- ") for example in examples]
    return texts


def train(session: Session, negatives: Path) -> SearchModel:
    """Learn everything from the question files and the records at hand."""
    index = current_index(session)
    taught = lessons(index, negatives)
    learnt = learn([lesson.text for lesson in taught], [lesson.code for lesson in taught], index.wording.lexicon)
    held = held_out(index, taught, learnt)
    ranker = fit(*_listed(held))
    return SearchModel(learnt.matcher, ranker, calibrate(held, ranker), trained=True)


def held_out(index: SearchIndex, taught: Sequence[Lesson], learnt: Learnt) -> list[Held]:
    """Return evidence for every question, half of them without marks, by a matcher that never saw it."""
    places = positions(index, learnt.matcher)
    asked = [(row, lesson) for row, lesson in enumerate(taught) if not lesson.name]
    held = [_hold(index, lesson, learnt.held_out[row], places, bare=row % 2 == 1) for row, lesson in asked]
    absent = [(row, lesson) for row, lesson in asked if lesson.code and row % _ABSENT_EVERY == 0]
    held += [_hold(index, lesson, learnt.held_out[row], places, row % 4 == 0, absent=True) for row, lesson in absent]
    return held + list(_named(index, learnt.matcher, places))


def _named(index: SearchIndex, matcher: Matcher, places: np.ndarray) -> Iterator[Held]:
    """Yield evidence for names of procedures nobody has written questions for, evenly over the records."""
    others = sorted(set(range(len(index.entries))) - set(places.tolist()))
    for row in others[:: max(1, len(others) // _NAMED_ONLY)]:
        lesson = Lesson(index.entries[row].short_name, index.entries[row].code, name=True)
        scores = matcher.scores(lesson.text, index.wording.lexicon)
        yield _hold(index, lesson, scores, places, bare=row % 2 == 1)


def _hold(
    index: SearchIndex, lesson: Lesson, scores: np.ndarray, places: np.ndarray, bare: bool, absent: bool = False
) -> Held:
    text = normalise(lesson.text, index.wording.lexicon)
    place = index.by_code.get(lesson.code)
    evidence = weigh(index, fold(text) if bare else text, scores, places, without=place if absent else None)
    if absent or not lesson.code:
        return Held(evidence, -1, lesson)
    row = np.flatnonzero(evidence.entries == place)
    return Held(evidence, int(row[0]) if len(row) else -2, lesson)


def _listed(held: Sequence[Held]) -> tuple[list[Evidence], list[int]]:
    kept = [one for one in held if one.right != -2]
    return [one.evidence for one in kept], [one.right for one in kept]


def calibrate(held: Sequence[Held], ranker: Ranker) -> Thresholds:
    """Choose the thresholds whose decisions are worth most on the held-out questions."""
    judged = [(one, *ranker.probabilities(one.evidence)) for one in held]
    best, chosen = -np.inf, Thresholds(0.5, 0.5, 0.08)
    for answer in np.arange(0.30, 0.86, 0.05):
        for nothing in np.arange(0.30, 0.86, 0.05):
            for offer in (0.03, 0.05, 0.08):
                limits = Thresholds(float(round(answer, 2)), float(round(nothing, 2)), offer)
                worth = sum(_worth(one, shares, none, limits) for one, shares, none in judged)
                if worth > best:
                    best, chosen = worth, limits
    return chosen


def _worth(one: Held, shares: np.ndarray, none: float, limits: Thresholds) -> float:
    if none >= limits.nothing:
        return _REFUSED if one.right == -1 else _SILENT
    first = int(np.argmax(shares))
    if shares[first] >= limits.answer:
        return _RIGHT if first == one.right else _WRONG
    offered = [n for n in np.argsort(-shares)[:4] if shares[n] >= limits.offer]
    if one.right == -1:
        return _PESTERED
    return _OFFERED if one.right in offered else _NOT_OFFERED
