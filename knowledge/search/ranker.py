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


def fit(evidence: Sequence[Evidence], right: Sequence[Sequence[int]]) -> Ranker:
    """Learn weights; ``right`` are the rows of the right candidates in each evidence, no row for none of them.

    Questions whose right procedure is not among the candidates must be left out by the caller.
    """
    width = len(NAMES)
    wanted = [list(rows) or [-1] for rows in right]

    def loss(vector: np.ndarray) -> tuple[float, np.ndarray]:
        total, slope = _RIDGE * len(right) * float(vector @ vector), 2 * _RIDGE * len(right) * vector
        for one, rows in zip(evidence, wanted):
            sums = np.append(one.rows @ vector[:width], one.none @ vector[width:])
            shares = np.exp(sums - sums.max())
            shares /= shares.sum()
            total -= float(np.log(shares[rows] + 1e-12).mean())
            shares[rows] -= 1 / len(rows)
            slope[:width] += shares[:-1] @ one.rows
            slope[width:] += shares[-1] * one.none
        return total, slope

    start = np.zeros(width + len(NONE_NAMES))
    start[NAMES.index("prior")] = _LEAST_PRIOR
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=_bounds(), options={"maxiter": 300})
    return Ranker(found.x[:width], found.x[width:])


def _bounds() -> list[tuple[float | None, float | None]]:
    """Evidence may only speak for a procedure, "business" only against it; citizens' own procedures keep their lead."""
    free = dict.fromkeys(("at_hand", "at_hand_little", "at_hand_alone", "earlier", "offered"), (None, None))
    special: dict[str, tuple[float | None, float | None]] = {
        "prior": (_LEAST_PRIOR, None),
        "business": (None, 0.0),
        **free,
    }
    return [special.get(name, (0.0, None)) for name in NAMES] + [(None, None)] * len(NONE_NAMES)
