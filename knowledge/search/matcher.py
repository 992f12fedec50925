"""The learned part of search: which procedure a question sounds like, from citizens' own questions.

Kernel ridge regression: a question is compared with every question it was taught, over words and
letters, and votes are given for procedures by all of them, the more the likelier they sound. Stored as numpy and JSON
without pickle.
Procedures it has never seen are found by their names all the same.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
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
_MAX_SHARE = 0.3  # what stands in more of the lessons tells little, and takes two thirds of the time
_WEIGHED = 48  # codes whose lessons sound likest: no other is ever best, and to weigh all takes twenty times as long
_SLICE = 1024  # rows
_NAME = "matcher"
NO_CODE = "-"  # what lessons that mean no procedure vote for begins with this
OUTSIDE = f"{NO_CODE}out"  # and with this when it is no business of an office


@dataclass
class Matcher:
    """``lessons`` is sparse [features, lessons], ``votes`` [codes, lessons]; a score is about 1 for the code meant.

    ``taught`` is sparse [codes, lessons]: which lessons mean a code, and how far.
    """

    codes: list[str]
    vectorisers: tuple[Vectoriser, Vectoriser]
    lessons: sparse.csr_matrix
    votes: np.ndarray
    taught: sparse.csr_matrix

    def __post_init__(self) -> None:
        outside = np.array([code.startswith(OUTSIDE) for code in self.codes], dtype=bool)
        nothing = np.array([code.startswith(NO_CODE) for code in self.codes], dtype=bool)
        self._nothing = [(kind, self.votes[kind].sum(axis=0)) for kind in (outside, nothing & ~outside)]

    def scores(self, question: str, lexicon: Lexicon) -> np.ndarray:
        """Return a score per code (mostly between 0 and 1).

        Every lesson has its say, for the many that sound little like the question outweigh the few that do. Codes
        that are not weighed score 0; those of either kind that mean nothing share what is left of their sum.
        """
        likeness = self._likeness(words(question, (), lexicon)) ** _POWER
        near = self.taught @ likeness
        weighed = np.argpartition(-near, _WEIGHED)[:_WEIGHED] if len(near) > _WEIGHED else np.arange(len(near))
        scores = np.zeros(len(self.codes), dtype=np.float32)
        scores[weighed] = [self.votes[place] @ likeness for place in weighed]
        for kind, votes in self._nothing:
            others = kind.copy()
            others[weighed] = False
            if others.any():
                scores[others] = (float(votes @ likeness) - float(scores[kind].sum())) / int(others.sum())
        return scores

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
            taught_data=self.taught.data.astype(np.float16),
            taught_indices=self.taught.indices,
            taught_indptr=self.taught.indptr,
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
            votes = arrays["votes"].astype(np.float32)
            shape = (len(facts["words"]) + len(facts["letters"]), votes.shape[1])
            parts = (arrays["data"].astype(np.float32), arrays["indices"].astype(np.int32), arrays["indptr"])
            # short numbers in the file, long ones in memory: converted at each question they cost a millisecond
            lessons = sparse.csr_matrix(parts, shape=shape)
            lessons.check_format()  # scipy writes outside its memory where a number is too large
            said = (arrays["taught_data"].astype(np.float32), arrays["taught_indices"], arrays["taught_indptr"])
            taught = sparse.csr_matrix(said, shape=votes.shape)
            idf = arrays["idf_words"], arrays["idf_letters"]
        vectorisers = tuple(
            Vectoriser({gram: number for number, gram in enumerate(facts[name])}, weights, unit=True)
            for name, weights in zip(("words", "letters"), idf)
        )
        return cls(facts["codes"], vectorisers, lessons, votes, taught)  # type: ignore[arg-type]


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
        vectoriser = Vectoriser.fit([*said[0], *said[1]], min_count=_MIN_COUNT, unit=True, max_share=_MAX_SHARE)
        vectorisers.append(vectoriser)
        blocks.append(_unit(vectoriser.matrix(said[0]) + vectoriser.matrix(said[1])))
    rows = sparse.hstack(blocks).tocsr().astype(np.float32) * np.float32(np.sqrt(0.5))
    meant = [label or (NO_CODE,) for label in labels]
    codes = sorted({code for label in meant for code in label})
    targets = _targets(meant, codes)
    solved = solve(_likenesses(rows), targets, _RIDGE)
    votes, taught = np.ascontiguousarray(solved.weights.T), sparse.csr_matrix(targets.T)
    matcher = Matcher(codes, (vectorisers[0], vectorisers[1]), rows.T.tocsr(), votes, taught)
    return Learnt(matcher, solved.held_out)


def _likenesses(rows: sparse.csr_matrix) -> np.ndarray:
    """Return the kernel of all lessons, made in slices: its sparse form would be several times as large."""
    kernel = np.empty((rows.shape[0], rows.shape[0]), dtype=np.float32)
    columns = rows.T.tocsr()

    def fill(start: int) -> None:
        end = start + _SLICE
        kernel[start:end, :end] = (rows[start:end] @ columns[:, :end]).toarray() ** _POWER
        kernel[:start, start:end] = kernel[start:end, :start].T

    with ThreadPoolExecutor(os.cpu_count()) as pool:  # scipy multiplies outside Python's lock
        list(pool.map(fill, range(0, rows.shape[0], _SLICE)))
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
