"""What becomes of a question: the leader is meant, another one is, several are, or none.

The ranker's probabilities are fair between candidates, not over all questions: half a share for a procedure
that citizens ask about daily is nearly certain, for a rare one it is not. A multinomial logistic model over the
evidence, learnt on held-out questions, turns them into chances that can be weighed (``worth``).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from knowledge.search.evidence import NAMES, NONE_NAMES, Evidence

CASES = ("leader", "other", "open", "none")
_LEADER = (
    "lexical", "name", "full_name", "margin", "margin_root", "margin_lead", "lexical_lead", "daily", "business",
    "learned", "agree", "at_hand", "at_hand_little", "at_hand_alone", "field_at_hand", "like_at_hand", "earlier",
    "offered",
)  # fmt: skip
_SECOND = ("lexical", "name", "full_name", "margin", "daily", "at_hand", "learned")
_LEADER_PLACES = [NAMES.index(name) for name in _LEADER]
_SECOND_PLACES = [NAMES.index(name) for name in _SECOND]
_MARGIN, _WORDS = NAMES.index("margin"), NONE_NAMES.index("words")
_LEAST = 1e-4
_COST = 0.05  # inverse strength of regularisation
_NAME = "outlook.json"


@dataclass(frozen=True)
class Outlook:
    """Chances that sum to 1: the leader alone is meant, another procedure, one of several alike, or none."""

    leader: float
    other: float
    open: float
    none: float


@dataclass(frozen=True)
class Judge:
    """``weights`` is [CASES, features] over standardised features, ``offset`` [CASES]."""

    weights: np.ndarray
    offset: np.ndarray
    mean: np.ndarray
    scale: np.ndarray

    def outlook(self, told: np.ndarray) -> Outlook:
        """Return the chances of a question that ``describe`` described."""
        sums = self.weights @ ((told - self.mean) / self.scale) + self.offset
        raised = np.exp(sums - sums.max())
        return Outlook(*(raised / raised.sum()).tolist())

    def save(self, folder: Path) -> None:
        """Write the weights."""
        (folder / _NAME).write_text(json.dumps({name: part.tolist() for name, part in vars(self).items()}))

    @classmethod
    def load(cls, folder: Path) -> Judge:
        """Read what ``save`` wrote.

        Raises:
            OSError, TypeError, ValueError: the folder holds no such model, or a broken one.
        """
        return cls(**{name: np.array(part) for name, part in json.loads((folder / _NAME).read_text()).items()})


def unjudged(shares: np.ndarray, none: float) -> Outlook:
    """Return the chances as the ranker sees them, where nothing was learnt about them."""
    leader = float(shares.max(initial=0.0))
    return Outlook(leader, max(1 - leader - none, 0.0), 0.0, none)


def describe(evidence: Evidence, shares: np.ndarray, none: float, often_asked: np.ndarray) -> np.ndarray:
    """Return the features of a question; ``often_asked`` tells of each candidate whether its record is a full one."""
    order = np.argsort(-shares, kind="stable")[:2]
    leader, second = order[0], order[-1]
    best = np.append(np.sort(shares)[::-1][:3], np.zeros(3))[:3]
    logs = np.log(np.maximum(best, _LEAST))
    spread = -float(np.sum(shares * np.log(shares + 1e-9)))
    first, next_best = evidence.rows[leader], evidence.rows[second] if len(order) > 1 else np.zeros(len(NAMES))
    often = float(often_asked[leader])
    return np.concatenate(
        [
            best,
            [none],
            logs,
            [np.log(max(none, _LEAST)), np.log(max(1 - none, _LEAST)), spread, logs[0] - logs[1]],
            first[_LEADER_PLACES],
            next_best[_SECOND_PLACES],
            evidence.none[1:],
            [often, float(often_asked[second]), often * logs[0], often * first[_MARGIN], often * evidence.none[_WORDS]],
        ]
    )


def fit(told: Sequence[np.ndarray], cases: Sequence[str], weights: np.ndarray) -> Judge:
    """Learn a judge; ``weights`` tell how often each question stands for what citizens ask."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(np.array(told))
    model = LogisticRegression(C=_COST, max_iter=2000)
    model.fit(scaler.transform(np.array(told)), list(cases), sample_weight=weights)
    places = [list(model.classes_).index(case) for case in CASES]
    return Judge(model.coef_[places], model.intercept_[places], scaler.mean_, scaler.scale_)
