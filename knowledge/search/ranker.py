"""Weighing the evidence: how probable each candidate is, and that none of them is meant.

A conditional logit: every candidate and the "none" alternative get a weighted sum, and the sums
compete in one softmax. The weights are learnt from citizens' questions (`make train`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from knowledge.search.evidence import NAMES, NONE_NAMES, Evidence

_RIDGE = 0.002
# The question files hold as many questions for a rare procedure as for a common one; citizens do not ask so.
_LEAST_PRIOR = 3.0
_NAME = "ranker.json"


@dataclass(frozen=True)
class Ranker:
    """Weights of ``NAMES`` and of ``NONE_NAMES``."""

    weights: np.ndarray
    none: np.ndarray

    def probabilities(self, evidence: Evidence) -> tuple[np.ndarray, float]:
        """Return the probability of each candidate, and that none is meant."""
        sums = np.append(evidence.rows @ self.weights, evidence.none @ self.none)
        raised = np.exp(sums - sums.max())
        shares = raised / raised.sum()
        return shares[:-1], float(shares[-1])

    def save(self, folder: Path) -> None:
        """Write the weights, readable, by name."""
        facts = {"weights": dict(zip(NAMES, self.weights.tolist())), "none": dict(zip(NONE_NAMES, self.none.tolist()))}
        (folder / _NAME).write_text(json.dumps(facts, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Ranker:
        """Read what ``save`` wrote.

        Raises:
            OSError, KeyError, ValueError: the folder holds no such model, or a broken one.
        """
        facts = json.loads((folder / _NAME).read_text(encoding="utf-8"))
        return cls(
            np.array([facts["weights"][name] for name in NAMES]), np.array([facts["none"][name] for name in NONE_NAMES])
        )


def fit(evidence: Sequence[Evidence], right: Sequence[Sequence[int]], often: np.ndarray) -> Ranker:
    """Learn weights; ``right`` are the rows of the right candidates in each evidence, no row for none of them.

    ``often`` tells how often each question stands for what citizens ask; 1 is the mean.

    Questions whose right procedure is not among the candidates must be left out by the caller.
    """
    width, asked = len(NAMES), _stacked(evidence, right, often)
    start = np.zeros(width + len(NONE_NAMES))
    start[NAMES.index("prior")] = _LEAST_PRIOR
    found = minimize(_loss, start, (asked,), jac=True, method="L-BFGS-B", bounds=_bounds(), options={"maxiter": 300})
    return Ranker(found.x[:width], found.x[width:])


@dataclass(frozen=True)
class _Asked:
    """All questions in a row: their alternatives' features, where each question begins, and how far each is meant.

    The alternatives of a question are its candidates and, last, that none is meant. ``owner`` is the number of an
    alternative's question, ``often`` how often that one is asked.
    """

    rows: np.ndarray
    starts: np.ndarray
    owner: np.ndarray
    meant: np.ndarray
    often: np.ndarray


def _stacked(evidence: Sequence[Evidence], right: Sequence[Sequence[int]], often: np.ndarray) -> _Asked:
    sizes = np.array([len(one.rows) + 1 for one in evidence])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
    width = len(NAMES)
    rows = np.zeros((int(sizes.sum()), width + len(NONE_NAMES)))
    meant = np.zeros(len(rows))
    for start, one, wanted in zip(starts, evidence, right):
        last = start + len(one.rows)
        rows[start:last, :width], rows[last, width:] = one.rows, one.none
        meant[[start + row for row in wanted] or [last]] = 1 / max(len(wanted), 1)
    return _Asked(rows, starts, np.repeat(np.arange(len(sizes)), sizes), meant, np.repeat(often, sizes))


def _loss(vector: np.ndarray, asked: _Asked) -> tuple[float, np.ndarray]:
    """Return how surprising what was meant is, with its slope."""
    sums = asked.rows @ vector
    sums -= np.maximum.reduceat(sums, asked.starts)[asked.owner]
    logs = sums - np.log(np.add.reduceat(np.exp(sums), asked.starts))[asked.owner]
    ridge = _RIDGE * len(asked.starts)
    slope = asked.rows.T @ ((np.exp(logs) - asked.meant) * asked.often) + 2 * ridge * vector
    return ridge * float(vector @ vector) - float((asked.meant * asked.often) @ logs), slope


def _bounds() -> list[tuple[float | None, float | None]]:
    """Evidence may only speak for a procedure, "business" only against it; citizens' own procedures keep their lead."""
    told = ("at_hand", "at_hand_little", "at_hand_alone", "field_at_hand", "like_at_hand", "earlier", "offered")
    free = dict.fromkeys(told, (None, None))
    special: dict[str, tuple[float | None, float | None]] = {
        "prior": (_LEAST_PRIOR, None),
        "business": (None, 0.0),
        **free,
    }
    return [special.get(name, (0.0, None)) for name in NAMES] + [(None, None)] * len(NONE_NAMES)
