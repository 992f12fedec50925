"""Learning what becomes of questions, from the ranker's opinion on questions that the matcher never saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from knowledge.search.evidence import Evidence
from knowledge.search.index import SearchIndex
from knowledge.search.lessons import Lesson
from knowledge.search.outlook import Judge, describe, fit
from knowledge.search.ranker import Ranker
from knowledge.search.twins import pooled

# How often citizens ask each kind of question. The question files hold as many questions for a rare procedure as for
# one that is asked every day; records written in full are those that are asked most.
_ASKED = {
    "full question": 0.55, "rare question": 0.15, "follow_up": 0.08, "open": 0.08, "name": 0.02, "none": 0.12,
}  # fmt: skip


@dataclass(frozen=True)
class Held:
    """Evidence for a lesson by a matcher that never saw it; ``right`` are its rows, none for no procedure.

    ``listed`` tells that all it may mean is among the candidates.
    """

    evidence: Evidence
    right: tuple[int, ...]
    lesson: Lesson
    listed: bool = True


def learn_judge(held: Sequence[Held], ranker: Ranker, index: SearchIndex) -> Judge:
    """Learn from the questions whose meaning is among their candidates."""
    told, cases, kinds = [], [], []
    for one in held:
        if one.listed:
            shares, none = ranker.probabilities(one.evidence)
            twins, often = index.twins[one.evidence.entries], index.full[one.evidence.entries]
            shares = pooled(shares, twins)
            told.append(describe(one.evidence, shares, none, often))
            cases.append(_case(one, int(np.argmax(shares)), twins))
            kinds.append(_kind(one, index))
    counts = Counter(kinds)
    return fit(told, cases, np.array([_ASKED[kind] / counts[kind] for kind in kinds]) * len(kinds))


def _case(one: Held, leader: int, twins: np.ndarray) -> str:
    if not one.right:
        return "none"
    if len(one.right) > 1:
        return "open"
    return "leader" if twins[leader] in twins[list(one.right)] else "other"


def _kind(one: Held, index: SearchIndex) -> str:
    if not one.right:
        return "none"
    if len(one.right) > 1:
        return "open"
    if one.lesson.kind != "question":
        return one.lesson.kind
    return "full question" if index.full[index.by_code[one.lesson.codes[0]]] else "rare question"
