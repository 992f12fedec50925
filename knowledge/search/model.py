"""What search has learnt, in one folder: the matcher, the ranker's weights, the thresholds.

Without a trained folder search works by names, aliases and papers with the bundled weights.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import yaml
from scipy import sparse

from knowledge.search.matcher import Matcher
from knowledge.search.ranker import Ranker
from nlu.linear import Vectoriser

UNTRAINED = Path(__file__).parent.parent / "data" / "search" / "untrained"
DEFAULT_FOLDER = Path("models") / "search"
_THRESHOLDS = "thresholds.yml"


@dataclass(frozen=True)
class Thresholds:
    """Probabilities. ``answer``: the least of an answer. ``nothing``: from which none is meant.

    ``offer``: the least of a choice.
    """

    answer: float
    nothing: float
    offer: float

    def save(self, folder: Path) -> None:
        """Write the thresholds, readable."""
        (folder / _THRESHOLDS).write_text(yaml.safe_dump(vars(self)), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Thresholds:
        """Read what ``save`` wrote."""
        return cls(**yaml.safe_load((folder / _THRESHOLDS).read_text(encoding="utf-8")))


@dataclass(frozen=True)
class SearchModel:
    """All that is learnt; ``trained`` is false for the bundled weights."""

    matcher: Matcher
    ranker: Ranker
    thresholds: Thresholds
    trained: bool

    def save(self, folder: Path) -> None:
        """Write everything into the folder."""
        self.matcher.save(folder)
        self.ranker.save(folder)
        self.thresholds.save(folder)


def empty_matcher() -> Matcher:
    """Return a matcher that knows no procedure."""
    nothing = Vectoriser({}, np.zeros(0, dtype=np.float32), unit=True)
    return Matcher([], (nothing, nothing), sparse.csr_matrix((0, 0), dtype=np.float32), np.zeros((0, 0)))


def model_folder() -> Path:
    """Return where the trained model lies: ``TTHC_SEARCH_MODEL``, else models/search."""
    return Path(os.environ.get("TTHC_SEARCH_MODEL") or DEFAULT_FOLDER)


def load_model(folder: Path | None = None) -> SearchModel:
    """Return the model in the folder, or the untrained one when there is none; read again when it changed."""
    folder = folder or model_folder()
    try:
        return _load(folder, (folder / _THRESHOLDS).stat().st_mtime_ns)
    except FileNotFoundError:
        return _untrained()


@lru_cache(maxsize=2)
def _load(folder: Path, _changed: int) -> SearchModel:
    return SearchModel(Matcher.load(folder), Ranker.load(folder), Thresholds.load(folder), trained=True)


@lru_cache(maxsize=1)
def _untrained() -> SearchModel:
    return SearchModel(empty_matcher(), Ranker.load(UNTRAINED), Thresholds.load(UNTRAINED), trained=False)
