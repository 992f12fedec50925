"""Cross-validation over sentences: a sentence and its copy without marks never stand on both sides."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_matrix

from nlu.features import strip_marks
from nlu.linear import LinearModel, Vectoriser, blocks, fit_linear

PARTS = 4  # of the cross-validation
LONGEST = 28  # words of a composed sentence


def folds(count: int) -> np.ndarray:
    """Return the part (0 … PARTS-1) of each of ``count`` sentences, shuffled but always the same way."""
    return np.random.RandomState(7).permutation(count) % PARTS


@dataclass
class Lessons:
    """Sentences (lists of words) with 0/1 targets [sentences, labels], and sentences composed of two of them."""

    sentences: list[list[str]]
    targets: np.ndarray
    composed: list[list[str]] = field(default_factory=list)
    composed_targets: list[np.ndarray] = field(default_factory=list)
    composed_parts: list[int] = field(default_factory=list)

    def compose(self, firsts: Sequence[int], seconds: Sequence[int], count: int, keep: str, seed: int = 7) -> None:
        """Add ``count`` sentences "first second"; ``keep`` says whose labels they carry: first, second or both.

        Citizens tell a story before they ask, or ask two things at once. Both halves come from one part of the
        cross-validation, so that no held-out sentence is ever seen in a composed one.
        """
        rng = random.Random(seed)
        part_of = folds(len(self.sentences))
        by_part = [[i for i in seconds if part_of[i] == part] for part in range(PARTS)]
        for one in (rng.choice(firsts) for _ in range(count)):
            others = by_part[part_of[one]]
            two = rng.choice(others) if others else one
            if one == two or len(self.sentences[one]) + len(self.sentences[two]) > LONGEST:
                continue
            kept = {"first": [one], "second": [two], "both": [one, two]}[keep]
            self.composed.append(self.sentences[one] + self.sentences[two])
            self.composed_targets.append(self.targets[kept].max(axis=0))
            self.composed_parts.append(int(part_of[one]))

    def rows(self, min_count: int) -> tuple[Vectoriser, csr_matrix, np.ndarray]:
        """Return the vectoriser, rows and targets: sentences, composed ones, then both again without marks."""
        words = [*self.sentences, *self.composed]
        messages = [blocks(tokens) for tokens in [*words, *map(strip_marks, words)]]
        vectoriser = Vectoriser.fit(messages, min_count)
        once = np.vstack([self.targets, *self.composed_targets])
        return vectoriser, vectoriser.matrix(messages), np.vstack([once, once])


def train_model(lessons: Lessons, labels: list[str], cost: float, min_count: int) -> LinearModel:
    """Fit a model on all lessons, as typed and without marks."""
    vectoriser, rows, targets = lessons.rows(min_count)
    weights, bias = fit_linear(rows, targets, cost)
    return LinearModel(vectoriser, labels, weights, bias)


@dataclass(frozen=True)
class HeldOut:
    """What models said about sentences they never saw; rows: the sentences as typed, then without marks."""

    scores: np.ndarray  # [2 × sentences, labels]
    asked: np.ndarray  # which sentence (index) each row is


def hold_out(lessons: Lessons, cost: float, min_count: int, parts: int = PARTS) -> HeldOut:
    """Score the sentences of the first ``parts`` parts, each by a model trained on all other parts.

    The vocabulary is built once over all sentences; only weights are learnt per part. Fewer parts take less time
    where a few thousand held-out sentences are enough.
    """
    _, rows, targets = lessons.rows(min_count)
    count, total = len(lessons.sentences), len(lessons.sentences) + len(lessons.composed)
    own = folds(count)
    part_of = np.tile(np.concatenate([own, np.array(lessons.composed_parts, dtype=int)]), 2)
    scores = np.zeros((2, count, targets.shape[1]))
    for part in range(parts):
        weights, bias = fit_linear(rows[np.flatnonzero(part_of != part)], targets[part_of != part], cost)
        held = np.flatnonzero(own == part)
        for view, offset in enumerate((0, total)):
            scores[view, held] = rows[held + offset] @ weights + bias
    asked = np.flatnonzero(own < parts)
    return HeldOut(np.concatenate([scores[0, asked], scores[1, asked]]), np.tile(asked, 2))


def f1(said: np.ndarray, truth: np.ndarray) -> float:
    """Return the harmonic mean of precision and recall of 0/1 arrays of one shape."""
    hits = int((said & truth.astype(bool)).sum())
    return 2 * hits / max(1, int(said.sum()) + int(truth.sum()))


def best_temperature(scores: np.ndarray, truth: np.ndarray) -> float:
    """Return the divisor of scores that makes softmax confidences honest; ``truth`` holds the label indices."""

    def loss(temperature: float) -> float:
        scaled = scores / temperature
        top = scaled.max(axis=1, keepdims=True)
        log_sum = top[:, 0] + np.log(np.exp(scaled - top).sum(axis=1))
        return float((log_sum - scaled[np.arange(len(truth)), truth]).mean())

    return round(float(min(np.arange(0.2, 3.01, 0.05), key=loss)), 2)
