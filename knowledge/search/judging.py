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
from knowledge.search.ranker import fit as fit_ranker
from knowledge.search.twins import pooled

# How often citizens ask each kind of question. The question files hold as many questions for a rare procedure as for
# one that is asked every day; records written in full are those that are asked most. What is none of our business is
# mostly told by the dialogue act before anything is searched.
_ASKED = {
    "daily question": 0.42, "full question": 0.16, "rare question": 0.10, "follow_up": 0.08, "open": 0.10, "name": 0.04,
    "foreign": 0.03, "absent": 0.08, "taken out": 0.03, "turn": 0.06, "stay": 0.03,
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


def learn_ranker(held: Sequence[Held], index: SearchIndex) -> Ranker:
    """Learn from the questions whose meaning is among their candidates."""
    listed = [one for one in held if one.listed]
    return fit_ranker([one.evidence for one in listed], [one.right for one in listed], _often(listed, index))


def learn_judge(held: Sequence[Held], ranker: Ranker, index: SearchIndex) -> Judge:
    """Learn from the questions whose meaning is among their candidates."""
    told, cases, listed = [], [], [one for one in held if one.listed]
    for one in listed:
        shares, none = ranker.probabilities(one.evidence)
        twins, often = index.twins[one.evidence.entries], index.full[one.evidence.entries]
        shares = pooled(shares, twins)
        told.append(describe(one.evidence, shares, none, often))
        cases.append(_case(one, int(np.argmax(shares)), twins))
    return fit(told, cases, _often(listed, index))


def _often(held: Sequence[Held], index: SearchIndex) -> np.ndarray:
    """Return how often each question stands for what citizens ask; 1 is the mean."""
    kinds = [_kind(one, index) for one in held]
    counts = Counter(kinds)
    weights = np.array([_ASKED[kind] / counts[kind] for kind in kinds])
    return weights * len(weights) / weights.sum()


def _case(one: Held, leader: int, twins: np.ndarray) -> str:
    if not one.right:
        return "none"
    if len(set(twins[list(one.right)])) > 1:
        return "open"
    return "leader" if twins[leader] in twins[list(one.right)] else "other"


def _kind(one: Held, index: SearchIndex) -> str:
    if not one.right:
        return one.lesson.kind if one.lesson.kind in ("foreign", "absent") else "taken out"
    if len(one.right) > 1:
        return "open"
    if one.lesson.kind != "question":
        return one.lesson.kind
    entry = index.by_code[one.lesson.codes[0]]
    return "daily question" if index.daily[entry] else "full question" if index.full[entry] else "rare question"
