"""Figures with 95 % intervals. Every measure is a sum over a sum, so that all are resampled alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.evaluation.scoring import Verdict

_Z = 1.959964
_SEED = 20261123
_RESAMPLES = 4000
Part = tuple[float, float]  # what one verdict adds above and below the line


@dataclass(frozen=True)
class Measure:
    """A figure; ``short`` is its name where there is little room, ``worth`` gives its parts.

    ``share`` tells that it counts yes and no; ``target`` is what must be reached, in words.
    """

    short: str
    name: str
    worth: Callable[[Verdict], Part]
    target: str = ""
    share: bool = True
    scale: float = 100.0


@dataclass(frozen=True)
class Figure:
    """A value with its 95 % interval, as shares (0–1); ``count`` is what it was measured on."""

    value: float
    low: float
    high: float
    count: int


def _share(read: Callable[[Verdict], bool | None]) -> Callable[[Verdict], Part]:
    def worth(verdict: Verdict) -> Part:
        right = read(verdict)
        return (0.0, 0.0) if right is None else (float(right), 1.0)

    return worth


FIRST = Measure("first", "right procedure first, %", _share(lambda v: v.first), "≥ 92")
LISTED = Measure(
    "three or choices", "right procedure in the first three or the choices, %", _share(lambda v: v.listed), "≥ 97"
)
STATED = Measure("stated", "right procedure stated as the answer, %", _share(lambda v: v.stated))
PRECISION = Measure("aspect precision", "aspect precision", lambda v: (v.found, v.found + v.extra), "", False, 1.0)
RECALL = Measure("aspect recall", "aspect recall", lambda v: (v.found, v.found + v.missed), "", False, 1.0)
F1 = Measure("aspect F1", "aspect F1", lambda v: (2 * v.found, 2 * v.found + v.extra + v.missed), "≥ 0.96", False, 1.0)
BEHAVIOUR = Measure("behaviour", "right behaviour, %", _share(lambda v: v.behaviour), "≥ 93")
EXACT = Measure("exact", "exact answer (procedure and all aspects), %", _share(lambda v: v.exact))
FALSE = Measure("false answers", "false answers per 100 questions", _share(lambda v: v.false_answer), "≤ 3")
MEASURES = (FIRST, LISTED, STATED, PRECISION, RECALL, F1, BEHAVIOUR, EXACT, FALSE)
FINDING = (FIRST, LISTED)


def figure(verdicts: Sequence[Verdict], measure: Measure) -> Figure | None:
    """Return the figure, or None when nothing in the verdicts is measured by it.

    The interval is Wilson's where every question stands alone, else a bootstrap over dialogues.
    """
    above, below = _sums(verdicts, measure)
    count = int(sum(measure.worth(verdict)[1] > 0 for verdict in verdicts))
    if not below.sum():
        return None
    value, kept = float(above.sum() / below.sum()), int((below > 0).sum())
    if measure.share and count == kept:
        return Figure(value, *wilson(value, count), count)
    low, high = _limits(_resampled(above, below))
    if low == high:  # all right or all wrong: resampling would claim certainty
        low, high = wilson(value, kept)
    return Figure(value, low, high, count)


def difference(before: Sequence[Verdict], after: Sequence[Verdict], measure: Measure) -> Figure | None:
    """Return after minus before on the same dialogues, by a paired bootstrap; None when nothing is measured."""
    (above0, below0), (above1, below1) = _sums(before, measure), _sums(after, measure)
    if len(below0) != len(below1):
        raise ValueError("both sides must hold the same dialogues")
    if not below0.sum() or not below1.sum():
        return None
    value = float(above1.sum() / below1.sum() - above0.sum() / below0.sum())
    low, high = _limits(_resampled(above1, below1) - _resampled(above0, below0))
    kept = int(((below0 > 0) | (below1 > 0)).sum())
    if low == high:
        low, high = value - wilson(0.0, kept)[1], value + wilson(0.0, kept)[1]
    return Figure(value, low, high, kept)


def wilson(share: float, count: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share of ``count`` independent questions."""
    if not count:
        return 0.0, 1.0
    spread = _Z * math.sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2))
    middle, whole = share + _Z**2 / (2 * count), 1 + _Z**2 / count
    return max(0.0, (middle - spread) / whole), min(1.0, (middle + spread) / whole)


def _sums(verdicts: Sequence[Verdict], measure: Measure) -> tuple[np.ndarray, np.ndarray]:
    """Return the parts summed by cluster, clusters in a fixed order."""
    names = {name: place for place, name in enumerate(sorted({verdict.question.cluster for verdict in verdicts}))}
    sums = np.zeros((2, len(names)))
    for verdict in verdicts:
        sums[:, names[verdict.question.cluster]] += measure.worth(verdict)
    return sums[0], sums[1]


def _resampled(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Return the figure for many resamples of the clusters; the same seed draws the same clusters for both sides."""
    random, size = np.random.default_rng(_SEED), len(above)
    drawn = random.multinomial(size, np.full(size, 1 / size), size=_RESAMPLES)
    tops, bottoms = drawn @ above, drawn @ below
    return np.divide(tops, bottoms, out=np.full(_RESAMPLES, np.nan), where=bottoms > 0)


def _limits(values: np.ndarray) -> tuple[float, float]:
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)
