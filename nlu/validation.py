"""Cross-validation over sentences: a sentence and its copy without marks never stand on both sides."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nlu.features import strip_marks
from nlu.linear import Grams, LinearModel, Vectoriser, blocks, fit_linear

Predict = Callable[[list[str]], np.ndarray]


def folds(count: int, parts: int, seed: int = 7) -> np.ndarray:
    """Return the part (0 … parts-1) of each of ``count`` sentences, shuffled but always the same way."""
    return np.random.RandomState(seed).permutation(count) % parts


def train_model(sentences: list[list[str]], targets: np.ndarray, labels: list[str], cost: float, min_count: int) -> LinearModel:
    """Fit a model on the sentences and on their copies without marks; ``targets`` is 0/1 [sentences, labels]."""
    messages: list[Grams] = [blocks(words) for words in sentences]
    messages += [blocks(strip_marks(words)) for words in sentences]
    vectoriser = Vectoriser.fit(messages, min_count)
    weights, bias = fit_linear(vectoriser.matrix(messages), np.vstack([targets, targets]), cost)
    return LinearModel(vectoriser, labels, weights, bias)


def held_out_scores(
    sentences: list[list[str]], targets: np.ndarray, cost: float, min_count: int, parts: int = 4, seed: int = 7
) -> tuple[np.ndarray, np.ndarray]:
    """Return raw scores of every sentence by a model that never saw it: (as typed, without marks)."""
    marked, bare = np.zeros(targets.shape), np.zeros(targets.shape)
    part_of = folds(len(sentences), parts, seed)
    for part in range(parts):
        seen = np.flatnonzero(part_of != part)
        model = train_model([sentences[i] for i in seen], targets[seen], [""] * targets.shape[1], cost, min_count)
        for index in np.flatnonzero(part_of == part):
            marked[index] = model.scores(sentences[index])
            bare[index] = model.scores(strip_marks(sentences[index]))
    return marked, bare


def best_threshold(probabilities: np.ndarray, truth: np.ndarray, low: float = 0.3, high: float = 0.8) -> float:
    """Return the probability from which a label counts, where F1 is highest; 0.5 for labels without examples."""
    if not truth.any():
        return 0.5
    grid = np.arange(low, high + 0.001, 0.02)
    scores = np.array([f1(probabilities >= threshold, truth) for threshold in grid])
    near_best = grid[scores >= scores.max() - 0.002]
    return round(float(near_best.mean()), 2)  # the middle of the plateau moves least with new data


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
