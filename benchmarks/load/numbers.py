"""Percentiles and trends."""

from __future__ import annotations

import math
from collections.abc import Sequence


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least ``share`` (0 to 1) of them do not exceed; NaN of none."""
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Return by how much the second grows for one of the first, by least squares; 0 of fewer than two."""
    if len({x for x, _ in points}) < 2:
        return 0.0
    middle = sum(x for x, _ in points) / len(points)
    height = sum(y for _, y in points) / len(points)
    return sum((x - middle) * (y - height) for x, y in points) / sum((x - middle) ** 2 for x, _ in points)


def longest_gap(moments: Sequence[float], start: float, end: float) -> float:
    """Return the longest time without any of the moments between start and end."""
    inside = [start, *sorted(moment for moment in moments if start < moment < end), end]
    return max(later - earlier for earlier, later in zip(inside, inside[1:]))
