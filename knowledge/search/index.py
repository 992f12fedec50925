"""The in-memory search index: BM25 over fields, and how well single names are covered.

Two views of every text, with marks and without, are indexed alike; a question typed without marks
is scored on the second alone. Sizes: 3,000 procedures build in under a second.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from knowledge.search.features import Wording, is_stop, text_features

_K1 = 1.2
_B = 0.5
_STOP_WEIGHT = 0.1


@dataclass(frozen=True)
class Entry:
    """What search needs of one procedure. ``names`` are its own names, best known first."""

    code: str
    short_name: str
    names: tuple[str, ...]
    field: str
    body: str
    levels: tuple[str, ...]
    audience: str
    coverage: str


class View:
    """One view (marked or folded) of all entries: feature weights by document and by name."""

    def __init__(self, entries: Sequence[Entry], marked: bool, wording: Wording) -> None:
        self.marked = marked
        documents = [self._document(entry) for entry in entries]
        self.vocabulary = {f: n for n, f in enumerate(sorted({f for d in documents for f in d}))}
        frequency = Counter(f for document in documents for f in document)
        total = len(entries)
        self.idf = np.zeros(len(self.vocabulary), dtype=np.float32)
        for feature, column in self.vocabulary.items():
            count = frequency[feature]
            weight = _STOP_WEIGHT if is_stop(feature, wording) else 1.0
            self.idf[column] = weight * np.log(1 + (total - count + 0.5) / (count + 0.5))
        self.bm25 = self._bm25(documents)
        self._build_names(entries)

    def _document(self, entry: Entry) -> Counter[str]:
        counts: Counter[str] = Counter()
        for name in entry.names:
            for feature in text_features(name, self.marked):
                counts[feature] = max(counts[feature], 1) + 1
        for feature in text_features(entry.field, self.marked):
            counts[feature] += 1
        for feature in set(text_features(entry.body, self.marked)):
            counts[feature] = counts[feature] or 1
        return counts

    def _bm25(self, documents: list[Counter[str]]) -> sparse.csc_matrix:
        lengths = np.array([sum(d.values()) for d in documents], dtype=np.float32)
        mean = float(lengths.mean()) if len(lengths) else 1.0
        rows, columns, values = [], [], []
        for row, document in enumerate(documents):
            norm = _K1 * (1 - _B + _B * lengths[row] / mean)
            for feature, count in document.items():
                column = self.vocabulary[feature]
                rows.append(row)
                columns.append(column)
                values.append(self.idf[column] * count * (_K1 + 1) / (count + norm))
        shape = (len(documents), len(self.vocabulary))
        return sparse.csc_matrix((np.array(values, dtype=np.float32), (rows, columns)), shape=shape)

    def _build_names(self, entries: Sequence[Entry]) -> None:
        rows, columns, starts, number = [], [], [], 0
        for entry in entries:
            starts.append(number)
            for name in entry.names:
                known = {self.vocabulary[f] for f in text_features(name, self.marked)}
                rows.extend([number] * len(known))
                columns.extend(known)
                number += 1
        ones = np.ones(len(rows), dtype=np.float32)
        matrix = sparse.csc_matrix((ones, (rows, columns)), shape=(number, len(self.vocabulary)))
        self.names = matrix.multiply(self.idf).tocsc() if number else matrix
        self.name_weight = np.asarray(self.names.sum(axis=1)).ravel() + 1e-6
        self.name_starts = np.array(starts, dtype=np.int64)

    def columns(self, features: Iterable[str]) -> np.ndarray:
        """Return the known columns of the features, each once."""
        known = {self.vocabulary[f] for f in features if f in self.vocabulary}
        return np.fromiter(sorted(known), dtype=np.int64, count=len(known))

    def weight(self, features: Iterable[str]) -> float:
        """Return how much the question says in all; a word nobody knows counts as a rare one."""
        top = float(self.idf.max(initial=1.0))
        return sum(
            float(self.idf[self.vocabulary[f]]) if f in self.vocabulary else self._unknown(f, top)
            for f in set(features)
        )

    def _unknown(self, feature: str, top: float) -> float:
        return 0.0 if "_" in feature else 0.5 * top

    def bm25_scores(self, columns: np.ndarray, question_weight: float) -> np.ndarray:
        """Return a BM25 score per entry as a share of the most a question can get (0-1)."""
        ceiling = max(question_weight, 1e-6) * (_K1 + 1)
        return np.asarray(self.bm25[:, columns].sum(axis=1)).ravel() / ceiling

    def name_scores(self, columns: np.ndarray, question_weight: float) -> np.ndarray:
        """Return per entry how well its best name and the question cover each other (0–1)."""
        shared = np.asarray(self.names[:, columns].sum(axis=1)).ravel()
        of_name = shared / self.name_weight
        of_question = np.minimum(shared / max(question_weight, 1e-6), 1.0)
        per_name = 2 * of_name * of_question / np.maximum(of_name + of_question, 1e-6)
        return np.maximum.reduceat(per_name, self.name_starts) if len(per_name) else per_name


class SearchIndex:
    """Both views over the same entries."""

    def __init__(self, entries: Sequence[Entry], wording: Wording) -> None:
        self.entries = tuple(entries)
        self.wording = wording
        self.by_code = {entry.code: number for number, entry in enumerate(self.entries)}
        self.marked = View(self.entries, marked=True, wording=wording)
        self.folded = View(self.entries, marked=False, wording=wording)
        self.prior = np.array([_prior(entry) for entry in self.entries], dtype=np.float32)
        self.business = np.array([entry.audience != "citizen" for entry in self.entries])


def _prior(entry: Entry) -> float:
    """Citizens' procedures of commune and province come first; ministries' last."""
    level = 0.12 if "commune" in entry.levels else 0.07 if "province" in entry.levels else 0.0
    return level + (0.10 if entry.audience == "citizen" else 0.0) + (0.12 if entry.coverage == "full" else 0.0)
