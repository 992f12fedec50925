"""What search has learnt, in one folder: the matcher, the ranker's weights, the judge of decisions.

Without a trained folder search works by names, aliases and papers with the bundled weights.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy import sparse

from knowledge.search.matcher import Matcher
from knowledge.search.outlook import Judge
from knowledge.search.ranker import Ranker
from nlu.linear import Vectoriser

UNTRAINED = Path(__file__).parent.parent / "data" / "search" / "untrained"
DEFAULT_FOLDER = Path("models") / "search"
_LAST = "outlook.json"  # written last: a folder that holds it is complete


@dataclass(frozen=True)
class SearchModel:
    """All that is learnt; ``trained`` is false for the bundled weights, which have no judge."""

    matcher: Matcher
    ranker: Ranker
    judge: Judge | None
    trained: bool

    def save(self, folder: Path) -> None:
        """Write everything into the folder."""
        self.matcher.save(folder)
        self.ranker.save(folder)
        if self.judge is not None:
            self.judge.save(folder)


def empty_matcher() -> Matcher:
    """Return a matcher that knows no procedure."""
    nothing = Vectoriser({}, np.zeros(0, dtype=np.float32), unit=True)
    none = sparse.csr_matrix((0, 0), dtype=np.float32)
    return Matcher([], (nothing, nothing), none, np.zeros((0, 0), dtype=np.float32), none)


def model_folder() -> Path:
    """Return where the trained model lies: ``TTHC_SEARCH_MODEL``, else models/search."""
    return Path(os.environ.get("TTHC_SEARCH_MODEL") or DEFAULT_FOLDER)


def load_model(folder: Path | None = None) -> SearchModel:
    """Return the model in the folder, or the untrained one when there is none; read again when it changed."""
    folder = folder or model_folder()
    try:
        return _load(folder, (folder / _LAST).stat().st_mtime_ns)
    except FileNotFoundError:
        return _untrained()


@lru_cache(maxsize=2)
def _load(folder: Path, _changed: int) -> SearchModel:
    return SearchModel(Matcher.load(folder), Ranker.load(folder), Judge.load(folder), trained=True)


@lru_cache(maxsize=1)
def _untrained() -> SearchModel:
    return SearchModel(empty_matcher(), Ranker.load(UNTRAINED), None, trained=False)
