"""The learned part of search: which procedure a question sounds like, from citizens' own questions.

A linear model over words and letters, stored as numpy and JSON without pickle. Procedures it has
never seen are found by their names all the same.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.svm import LinearSVC

from nlu.features import strip_marks, words
from nlu.linear import Vectoriser, blocks
from nlu.text import Lexicon

_COST = 1.0
_TOLERANCE = 0.02  # of the solver: a tighter one takes five times as long and changes no decision
_LEAST_WEIGHT = 0.02  # weights nearer to nought change nothing that is measured, and are four fifths of the model
_NAME = "matcher"


@dataclass
class Matcher:
    """``weights`` is sparse [features, procedures]; a score above -1 says "rather this one"."""

    codes: list[str]
    vectoriser: Vectoriser
    weights: sparse.csr_matrix
    bias: np.ndarray

    def scores(self, question: str, lexicon: Lexicon) -> np.ndarray:
        """Return a margin per code, like a support vector machine's (unbounded, mostly -2 to 2)."""
        ids, values = self.vectoriser.row(blocks(words(question, (), lexicon)))
        row = sparse.csr_matrix((values, ids, [0, len(ids)]), shape=(1, self.weights.shape[0]))
        return np.asarray((row @ self.weights).todense()).ravel() + self.bias

    def save(self, folder: Path) -> None:
        """Write the matcher into the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(
            folder / f"{_NAME}.npz",
            data=self.weights.data.astype(np.float16),
            indices=self.weights.indices.astype(np.int16),
            indptr=self.weights.indptr,
            bias=self.bias,
            idf=self.vectoriser.idf,
        )
        facts = {"codes": self.codes, "vocabulary": list(self.vectoriser.vocabulary)}
        (folder / f"{_NAME}.json").write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Matcher:
        """Read what ``save`` wrote.

        Raises:
            OSError, KeyError, ValueError: the folder holds no such model, or a broken one.
        """
        facts = json.loads((folder / f"{_NAME}.json").read_text(encoding="utf-8"))
        with np.load(folder / f"{_NAME}.npz", allow_pickle=False) as arrays:
            shape = (len(facts["vocabulary"]), len(facts["codes"]))
            parts = (arrays["data"].astype(np.float32), arrays["indices"].astype(np.int32), arrays["indptr"])
            weights, bias, idf = sparse.csr_matrix(parts, shape=shape), arrays["bias"], arrays["idf"]
        vocabulary = {gram: number for number, gram in enumerate(facts["vocabulary"])}
        return cls(facts["codes"], Vectoriser(vocabulary, idf), weights, bias)


class Rows:
    """The questions as rows of features, as typed and without marks, cut once for every fit."""

    def __init__(self, texts: Sequence[str], lexicon: Lexicon) -> None:
        cut = [words(text, (), lexicon) for text in texts]
        typed, bare = [blocks(row) for row in cut], [blocks(strip_marks(row)) for row in cut]
        self.vectoriser = Vectoriser.fit([*typed, *bare], min_count=2)
        self.typed = self.vectoriser.matrix(typed)
        self.bare = self.vectoriser.matrix(bare)

    def fit(self, labels: Sequence[str], chosen: np.ndarray) -> Matcher:
        """Fit a matcher on the chosen rows; ``labels`` are codes of all rows."""
        codes = np.array(labels)[chosen]
        model = LinearSVC(C=_COST, tol=_TOLERANCE, random_state=7)
        model.fit(sparse.vstack([self.typed[chosen], self.bare[chosen]]), np.concatenate([codes, codes]))
        weights = model.coef_.T.astype(np.float32)
        weights[np.abs(weights) < _LEAST_WEIGHT] = 0
        return Matcher(
            list(model.classes_), self.vectoriser, sparse.csr_matrix(weights), model.intercept_.astype(np.float32)
        )
