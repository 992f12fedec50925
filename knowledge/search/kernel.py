"""Kernel ridge regression, with the scores of left-out lessons in closed form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack


@dataclass(frozen=True)
class Solved:
    """``weights`` [lessons, codes]; ``held_out`` [lessons, codes]: what all other lessons say of each."""

    weights: np.ndarray
    held_out: np.ndarray


def solve(kernel: np.ndarray, targets: np.ndarray, ridge: float) -> Solved:
    """Return the weights and the leave-one-out scores; the kernel [lessons, lessons] is used up.

    Raises:
        ValueError: the lessons cannot be told apart numerically.
    """
    kernel[np.diag_indices_from(kernel)] += ridge
    # .T of a symmetric matrix is itself, laid out as LAPACK wants it: no second gigabyte
    factor, failed = lapack.spotrf(kernel.T, lower=0, overwrite_a=1)
    if failed:
        raise ValueError("the questions cannot be told apart numerically")
    weights = np.ascontiguousarray(lapack.spotrs(factor, targets, lower=0)[0])
    half = lapack.strtri(factor, lower=0, overwrite_c=1)[0]  # the inverse is half @ half.T
    inverse_diagonal = np.zeros(len(half))
    for number, column in enumerate(half.T, start=1):  # column by column as they lie in memory, the upper half alone
        inverse_diagonal[:number] += column[:number] ** 2
    return Solved(weights, targets - weights / inverse_diagonal[:, None])
