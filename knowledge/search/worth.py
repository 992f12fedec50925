"""What a decision is worth to a citizen, and the thresholds whose decisions are worth most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from knowledge.search.evidence import Evidence
from knowledge.search.lessons import Lesson
from knowledge.search.model import Thresholds
from knowledge.search.ranker import Ranker

# A wrong procedure stated as the answer is the worst: three right answers do not make up for it.
_RIGHT, _WRONG = 1.0, -3.0
_OFFERED, _NOT_OFFERED, _SILENT = 0.1, -0.6, -0.8  # asked back with and without the right one; said nothing was found
_REFUSED, _PESTERED = 1.0, -0.3  # nothing was meant: said so, asked back
_ASKED, _PICKED = 1.0, -0.5  # the question was open: asked back, answered with one of what it may mean


@dataclass(frozen=True)
class Held:
    """Evidence for a lesson by a matcher that never saw it; ``right`` are its rows, none for no procedure.

    ``listed`` tells that all it may mean is among the candidates.
    """

    evidence: Evidence
    right: tuple[int, ...]
    lesson: Lesson
    listed: bool = True

    @property
    def is_none(self) -> bool:
        """True when no procedure of the records is meant."""
        return self.listed and not self.right


def calibrate(held: Sequence[Held], ranker: Ranker) -> Thresholds:
    """Choose the thresholds whose decisions are worth most on the held-out questions."""
    judged = [_judged(one, ranker) for one in held]
    best, chosen = -np.inf, Thresholds(0.5, 0.5, 0.08)
    for answer in np.arange(0.30, 0.91, 0.05):
        for nothing in np.arange(0.20, 0.86, 0.05):
            for offer in (0.03, 0.05, 0.08):
                limits = Thresholds(float(round(answer, 2)), float(round(nothing, 2)), offer)
                worth = sum(_worth(one, shares, order, none, limits) for one, shares, order, none in judged)
                if worth > best:
                    best, chosen = worth, limits
    return chosen


def _judged(one: Held, ranker: Ranker) -> tuple[Held, np.ndarray, np.ndarray, float]:
    shares, none = ranker.probabilities(one.evidence)
    order = np.argsort(-shares)[:4]
    return one, shares[order], order, none


def _worth(one: Held, shares: np.ndarray, order: np.ndarray, none: float, limits: Thresholds) -> float:
    if none >= limits.nothing:
        return _REFUSED if one.is_none else _SILENT
    if shares[0] >= limits.answer:
        if order[0] not in one.right:
            return _WRONG
        return _RIGHT if len(one.right) == 1 else _PICKED
    if one.is_none:
        return _PESTERED
    offered = set(order[shares >= min(limits.offer, shares[0])].tolist()) & set(one.right)
    if len(one.right) > 1:
        return _ASKED * len(offered) / len(one.right)
    return _OFFERED if offered else _NOT_OFFERED
