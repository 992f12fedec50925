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
from scipy.linalg import lapack

from nlu.features import strip_marks, words
from nlu.linear import Vectoriser, blocks
from nlu.text import Lexicon

_RIDGE = 0.3
_LEAST_WEIGHT = 0.004  # weights nearer to nought change nothing that is measured, and are most of the model
_SLICE = 8192
_NAME = "matcher"


@dataclass
class Matcher:
    """``weights`` is sparse [features, procedures]; a score is about 1 for the code meant, 0 for the others."""

    codes: list[str]
    vectoriser: Vectoriser
    weights: sparse.csr_matrix

    def scores(self, question: str, lexicon: Lexicon) -> np.ndarray:
        """Return a score per code (mostly between 0 and 1)."""
        ids, values = self.vectoriser.row(blocks(words(question, (), lexicon)))
        row = sparse.csr_matrix((values, ids, [0, len(ids)]), shape=(1, self.weights.shape[0]))
        return np.asarray((row @ self.weights).todense()).ravel()

    def save(self, folder: Path) -> None:
        """Write the matcher into the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(
            folder / f"{_NAME}.npz",
            data=self.weights.data.astype(np.float16),
            indices=self.weights.indices.astype(np.int16),
            indptr=self.weights.indptr,
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
            weights, idf = sparse.csr_matrix(parts, shape=shape), arrays["idf"]
        vocabulary = {gram: number for number, gram in enumerate(facts["vocabulary"])}
        return cls(facts["codes"], Vectoriser(vocabulary, idf), weights)


@dataclass(frozen=True)
class Learnt:
    """A matcher, and what it says of each of its own lessons when that lesson is left out [lessons, codes]."""

    matcher: Matcher
    held_out: np.ndarray


def learn(texts: Sequence[str], labels: Sequence[str], lexicon: Lexicon) -> Learnt:
    """Learn which code each text means; the label "" means none.

    Ridge regression in its dual form: one factorisation gives the weights and, in closed form, the
    leave-one-out scores. Each lesson is the mean of its typed and its unmarked form. Needs memory for
    a square matrix of as many rows as lessons (10,000 lessons: 0.4 GB, half a minute).
    """
    cut = [words(text, (), lexicon) for text in texts]
    typed, bare = [blocks(row) for row in cut], [blocks(strip_marks(row)) for row in cut]
    vectoriser = Vectoriser.fit([*typed, *bare], min_count=2)
    rows = ((vectoriser.matrix(typed) + vectoriser.matrix(bare)) * 0.5).tocsr().astype(np.float32)
    codes = sorted(set(labels) - {""})
    targets = np.zeros((len(texts), len(codes)), dtype=np.float32)
    for row, label in enumerate(labels):
        if label:
            targets[row, codes.index(label)] = 1.0
    inverse = _inverse((rows @ rows.T).toarray())
    dual = inverse @ targets
    held_out = targets - dual / np.diag(inverse)[:, None]
    return Learnt(Matcher(codes, vectoriser, _weights(rows, dual)), held_out)


def _inverse(kernel: np.ndarray) -> np.ndarray:
    """Return the inverse of the kernel with the ridge on its diagonal."""
    kernel[np.diag_indices_from(kernel)] += _RIDGE
    factor, failed = lapack.spotrf(kernel, lower=1, overwrite_a=1)
    inverse, failed_too = lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed or failed_too:
        raise ValueError("the questions cannot be told apart numerically")
    lower = np.tril(inverse, -1)
    return np.asarray(lower + lower.T + np.diag(np.diag(inverse)))


def _weights(rows: sparse.csr_matrix, dual: np.ndarray) -> sparse.csr_matrix:
    """Return the weights [features, codes], the tiny ones dropped; made in slices to spare memory."""
    features = rows.T.tocsr()
    slices = []
    for start in range(0, features.shape[0], _SLICE):
        dense = features[start : start + _SLICE] @ dual
        dense[np.abs(dense) < _LEAST_WEIGHT] = 0
        slices.append(sparse.csr_matrix(dense))
    return sparse.vstack(slices).tocsr()
