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

from knowledge.search.features import Wording, is_stop, word_features
from knowledge.search.habits import load_habits
from knowledge.search.twins import twin_groups
from nlu.text import tokens

_K1 = 1.2
_B = 0.5
_STOP_WEIGHT = 0.1


@dataclass(frozen=True)
class Entry:
    """What search needs of one procedure: ``names`` are its short name, the published one, then citizens' own."""

    code: str
    short_name: str
    names: tuple[str, ...]
    field: str
    body: str
    levels: tuple[str, ...]
    audience: str
    coverage: str

    @property
    def official(self) -> str:
        """The name as published."""
        return self.names[min(1, len(self.names) - 1)]


@dataclass(frozen=True)
class Words:
    """The words of an entry: of each of its names, of its field, and the rest."""

    names: tuple[tuple[str, ...], ...]
    field: tuple[str, ...]
    body: tuple[str, ...]


def words_of(entry: Entry) -> Words:
    """Cut an entry into words once for both views."""
    names = tuple(tuple(tokens(name)) for name in entry.names)
    return Words(names, tuple(tokens(entry.field)), tuple(tokens(entry.body)))


class View:
    """One view (marked or folded) of all entries: feature weights by document and by name."""

    def __init__(self, entries: Sequence[Words], marked: bool, wording: Wording) -> None:
        self.marked = marked
        names = [[word_features(name, marked) for name in entry.names] for entry in entries]
        documents = [self._document(entry, said) for entry, said in zip(entries, names)]
        self.vocabulary: dict[str, int] = {}
        for document in documents:
            for feature in document:
                self.vocabulary.setdefault(feature, len(self.vocabulary))
        self.idf = self._idf(documents, wording)
        self.bm25 = self._bm25(documents)
        self._build_names(names)

    def _idf(self, documents: list[Counter[str]], wording: Wording) -> np.ndarray:
        frequency = np.zeros(len(self.vocabulary), dtype=np.float32)
        for document in documents:
            frequency[[self.vocabulary[feature] for feature in document]] += 1
        weight = [_STOP_WEIGHT if is_stop(feature, wording) else 1.0 for feature in self.vocabulary]
        rarity = np.log(1 + (len(documents) - frequency + 0.5) / (frequency + 0.5))
        return (np.array(weight) * rarity).astype(np.float32)

    def _document(self, entry: Words, names: list[list[str]]) -> Counter[str]:
        counts: Counter[str] = Counter()
        for name in names:
            for feature in name:
                counts[feature] = max(counts[feature], 1) + 1
        counts.update(word_features(entry.field, self.marked))
        for feature in set(word_features(entry.body, self.marked)):
            counts[feature] = counts[feature] or 1
        return counts

    def _bm25(self, documents: list[Counter[str]]) -> sparse.csc_matrix:
        sizes = [len(document) for document in documents]
        rows = np.repeat(np.arange(len(documents)), sizes)
        columns = np.fromiter((self.vocabulary[f] for d in documents for f in d), dtype=np.int64, count=sum(sizes))
        counts = np.fromiter((n for d in documents for n in d.values()), dtype=np.float32, count=sum(sizes))
        lengths = np.bincount(rows, weights=counts, minlength=len(documents))
        norm = _K1 * (1 - _B + _B * lengths / max(float(lengths.mean()), 1.0)) if len(documents) else lengths
        values = self.idf[columns] * counts * (_K1 + 1) / (counts + norm[rows])
        shape = (len(documents), len(self.vocabulary))
        return sparse.csc_matrix((values.astype(np.float32), (rows, columns)), shape=shape)

    def _build_names(self, names: list[list[list[str]]]) -> None:
        rows: list[int] = []
        columns: list[int] = []
        starts, number = [], 0
        for said in names:
            starts.append(number)
            for name in said:
                known = {self.vocabulary[feature] for feature in name}
                rows.extend([number] * len(known))
                columns.extend(known)
                number += 1
        weights = self.idf[columns] if columns else np.zeros(0, dtype=np.float32)
        self.names = sparse.csc_matrix((weights, (rows, columns)), shape=(number, len(self.vocabulary)))
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
        return _sum_columns(self.bm25, columns) / ceiling

    def name_scores(self, columns: np.ndarray, question_weight: float) -> np.ndarray:
        """Return per entry how well its best name and the question cover each other (0–1)."""
        shared = _sum_columns(self.names, columns)
        of_name = shared / self.name_weight
        of_question = np.minimum(shared / max(question_weight, 1e-6), 1.0)
        per_name = 2 * of_name * of_question / np.maximum(of_name + of_question, 1e-6)
        return np.maximum.reduceat(per_name, self.name_starts) if len(per_name) else per_name

    def names_said(self, columns: np.ndarray) -> np.ndarray:
        """Return per entry how much of its best name (0-1) the columns say."""
        of_name = _sum_columns(self.names, columns) / self.name_weight
        return np.maximum.reduceat(of_name, self.name_starts) if len(of_name) else of_name


def _sum_columns(matrix: sparse.csc_matrix, columns: np.ndarray) -> np.ndarray:
    """Return the sum of some columns; to pick them by scipy takes longer than to add them up."""
    spans = [slice(start, end) for start, end in zip(matrix.indptr[columns], matrix.indptr[columns + 1])]
    if not spans:
        return np.zeros(matrix.shape[0], dtype=np.float32)
    rows = np.concatenate([matrix.indices[span] for span in spans])
    values = np.concatenate([matrix.data[span] for span in spans])
    return np.bincount(rows, weights=values, minlength=matrix.shape[0]).astype(np.float32)


class SearchIndex:
    """Both views over the same entries."""

    def __init__(self, entries: Sequence[Entry], wording: Wording) -> None:
        self.entries = tuple(entries)
        self.wording = wording
        self.spoken: dict[int, str] = {}  # short names as questions are compared with them, by entry
        self.learned: dict[int, np.ndarray] = {}  # where a matcher's codes stand here, by matcher
        words = [words_of(entry) for entry in self.entries]
        self.by_code = {entry.code: number for number, entry in enumerate(self.entries)}
        self.marked = View(words, marked=True, wording=wording)
        self.folded = View(words, marked=False, wording=wording)
        self.prior = np.array([_prior(entry) for entry in self.entries], dtype=np.float32)
        self.business = np.array([entry.audience != "citizen" for entry in self.entries])
        self.fields = np.unique([entry.field for entry in self.entries], return_inverse=True)[1]
        self._words, self._likeness = words, {}  # type: ignore[var-annotated]
        habits = load_habits()
        self.twins = twin_groups(self.entries, habits.same)
        self.daily = np.array([entry.code in habits.daily for entry in self.entries])
        self.full = np.array([entry.coverage == "full" for entry in self.entries])

    def likeness(self, place: int) -> np.ndarray:
        """Return for every entry how much of its best name (0-1) the names of the entry at the place say."""
        known = self._likeness.get(place)
        if known is None:
            said = [feature for name in self._words[place].names for feature in word_features(name, marked=True)]
            known = self.marked.names_said(self.marked.columns(said))
            self._likeness[place] = known
        return known


def _prior(entry: Entry) -> float:
    """Citizens' procedures of commune and province come first; ministries' last."""
    level = 0.12 if "commune" in entry.levels else 0.07 if "province" in entry.levels else 0.0
    return level + (0.10 if entry.audience == "citizen" else 0.0) + (0.12 if entry.coverage == "full" else 0.0)
