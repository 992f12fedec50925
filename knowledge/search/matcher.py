"""The learned part of search: which procedure a question sounds like, from citizens' own questions.

Kernel ridge regression: a question is compared with every question it was taught, over words and
letters, and the likest ones vote for their procedures. Stored as numpy and JSON without pickle.
Procedures it has never seen are found by their names all the same.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import sparse

from knowledge.search.kernel import solve
from nlu.features import char_ngrams, strip_marks, word_ngrams, words
from nlu.linear import Vectoriser
from nlu.text import Lexicon

# A likeness of 0.1 counts a hundredth of one of 1: a few shared syllables are no vote. Measured against the plain sum
# and the Gaussian on held-out questions (right first 74, 81, 83 of 100).
_POWER = 2
_RIDGE = 0.03
_MIN_COUNT = 2
_VOTERS = 600  # the likest lessons; the others together change no ranking
_SLICE = 1024  # rows
_NAME = "matcher"
NO_CODE = ""  # what lessons that mean no procedure vote for


@dataclass
class Matcher:
    """``lessons`` is sparse [features, lessons], ``votes`` [lessons, codes]; a score is about 1 for the code meant."""

    codes: list[str]
    vectorisers: tuple[Vectoriser, Vectoriser]
    lessons: sparse.csr_matrix
    votes: np.ndarray

    def scores(self, question: str, lexicon: Lexicon) -> np.ndarray:
        """Return a score per code (mostly between 0 and 1)."""
        likeness = self._likeness(words(question, (), lexicon))
        if len(likeness) > _VOTERS:
            near = np.argpartition(-likeness, _VOTERS)[:_VOTERS]
            return np.asarray(likeness[near] ** _POWER @ self.votes[near])
        return np.asarray(likeness**_POWER @ self.votes)

    def _likeness(self, said: Sequence[str]) -> np.ndarray:
        ids, values = _row(self.vectorisers, said)
        # rows are picked and summed within scipy: a loop over features takes four times as long
        return np.asarray(self.lessons[ids].T.dot(values.astype(np.float32)))

    def save(self, folder: Path) -> None:
        """Write the matcher into the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(
            folder / f"{_NAME}.npz",
            data=self.lessons.data.astype(np.float16),
            indices=self.lessons.indices.astype(np.uint16),
            indptr=self.lessons.indptr,
            votes=self.votes.astype(np.float16),
            idf_words=self.vectorisers[0].idf,
            idf_letters=self.vectorisers[1].idf,
        )
        vocabularies = [list(vectoriser.vocabulary) for vectoriser in self.vectorisers]
        facts = {"codes": self.codes, "words": vocabularies[0], "letters": vocabularies[1]}
        (folder / f"{_NAME}.json").write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Matcher:
        """Read what ``save`` wrote.

        Raises:
            OSError, KeyError, ValueError: the folder holds no such model, or a broken one.
        """
        facts = json.loads((folder / f"{_NAME}.json").read_text(encoding="utf-8"))
        with np.load(folder / f"{_NAME}.npz", allow_pickle=False) as arrays:
            shape = (len(facts["words"]) + len(facts["letters"]), len(arrays["votes"]))
            parts = (arrays["data"].astype(np.float32), arrays["indices"].astype(np.int32), arrays["indptr"])
            # short numbers in the file, long ones in memory: converted at each question they cost a millisecond
            lessons, votes = sparse.csr_matrix(parts, shape=shape), arrays["votes"].astype(np.float32)
            idf = arrays["idf_words"], arrays["idf_letters"]
        vectorisers = tuple(
            Vectoriser({gram: number for number, gram in enumerate(facts[name])}, weights, unit=True)
            for name, weights in zip(("words", "letters"), idf)
        )
        return cls(facts["codes"], vectorisers, lessons, votes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Learnt:
    """A matcher, and what it says of each of its own lessons when that lesson is left out [lessons, codes]."""

    matcher: Matcher
    held_out: np.ndarray


def learn(texts: Sequence[str], labels: Sequence[Sequence[str]], lexicon: Lexicon) -> Learnt:
    """Learn which codes each text means, in equal shares; a text without codes means ``NO_CODE``.

    Each lesson is the mean of its typed and its unmarked form. Needs memory for a square matrix of as many rows as
    lessons (20,000 lessons: 1.6 GB, two minutes).
    """
    cut = [words(text, (), lexicon) for text in texts]
    views = [cut, [strip_marks(row) for row in cut]]
    vectorisers, blocks = [], []
    for grams in (word_ngrams, char_ngrams):
        said = [[[grams(row)] for row in view] for view in views]
        vectoriser = Vectoriser.fit([*said[0], *said[1]], min_count=_MIN_COUNT, unit=True)
        vectorisers.append(vectoriser)
        blocks.append(_unit(vectoriser.matrix(said[0]) + vectoriser.matrix(said[1])))
    rows = sparse.hstack(blocks).tocsr().astype(np.float32) * np.float32(np.sqrt(0.5))
    meant = [label or (NO_CODE,) for label in labels]
    codes = sorted({code for label in meant for code in label})
    solved = solve(_likenesses(rows), _targets(meant, codes), _RIDGE)
    matcher = Matcher(codes, (vectorisers[0], vectorisers[1]), rows.T.tocsr(), solved.weights)
    return Learnt(matcher, solved.held_out)


def _likenesses(rows: sparse.csr_matrix) -> np.ndarray:
    """Return the kernel of all lessons, made in slices: its sparse form would be several times as large."""
    kernel = np.empty((rows.shape[0], rows.shape[0]), dtype=np.float32)
    columns = rows.T.tocsr()
    for start in range(0, rows.shape[0], _SLICE):
        kernel[start : start + _SLICE] = (rows[start : start + _SLICE] @ columns).toarray() ** _POWER
    return kernel


def _row(vectorisers: tuple[Vectoriser, Vectoriser], said: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return (ids, weights) of a question; both blocks weigh the same."""
    word_ids, word_values = vectorisers[0].row([word_ngrams(said)])
    letter_ids, letter_values = vectorisers[1].row([char_ngrams(said)])
    ids = np.concatenate([word_ids, letter_ids + len(vectorisers[0].vocabulary)])
    return ids, np.concatenate([word_values, letter_values]) * np.sqrt(0.5)


def _unit(rows: sparse.csr_matrix) -> sparse.csr_matrix:
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    return sparse.diags(1 / np.maximum(lengths, 1e-6)) @ rows


def _targets(labels: Sequence[Sequence[str]], codes: Sequence[str]) -> np.ndarray:
    place = {code: number for number, code in enumerate(codes)}
    targets = np.zeros((len(labels), len(codes)), dtype=np.float32)
    for row, label in enumerate(labels):
        for code in label:
            targets[row, place[code]] = 1 / len(label)
    return targets
