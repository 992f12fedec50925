"""Loads are planned as asked, and summed up rightly."""

from __future__ import annotations

import math
import random
from collections import defaultdict

import pytest

from benchmarks.load.arrivals import citizens_in, plan
from benchmarks.load.numbers import longest_gap, percentile, slope


def test_arrivals_keep_the_rate_and_come_in_order_of_time() -> None:
    arrivals = plan(50.0, 200.0, 4, 20.0, random.Random(1))
    assert 9_600 < len(arrivals) < 10_400
    assert [one.at for one in arrivals] == sorted(one.at for one in arrivals)
    assert arrivals[0].at > 0 and arrivals[-1].at < 200.0
    pauses = [later.at - earlier.at for earlier, later in zip(arrivals, arrivals[1:])]
    mean = sum(pauses) / len(pauses)
    spread = math.sqrt(sum((pause - mean) ** 2 for pause in pauses) / len(pauses))
    assert spread == pytest.approx(mean, rel=0.1), "a Poisson process: pauses spread as wide as they are long"


def test_nobody_writes_often_or_much() -> None:
    arrivals = plan(50.0, 200.0, 4, 20.0, random.Random(2))
    moments = defaultdict(list)
    for one in arrivals:
        assert one.number == len(moments[one.citizen])
        moments[one.citizen].append(one.at)
    assert len(moments) == citizens_in(arrivals) > 2_000
    assert max(map(len, moments.values())) == 4
    assert all(later - earlier >= 20.0 for times in moments.values() for earlier, later in zip(times, times[1:]))


def test_the_seed_decides() -> None:
    assert plan(5.0, 10.0, 3, 1.0, random.Random(3)) == plan(5.0, 10.0, 3, 1.0, random.Random(3))


@pytest.mark.parametrize(
    ("values", "share", "found"),
    [
        ([3.0], 0.99, 3.0),
        ([1.0, 2.0, 3.0, 4.0], 0.5, 2.0),
        (list(map(float, range(1, 101))), 0.99, 99.0),
        (list(map(float, range(1, 101))), 1.0, 100.0),
        ([2.0, 1.0], 0.0, 1.0),
    ],
)
def test_percentiles(values: list[float], share: float, found: float) -> None:
    assert percentile(values, share) == found


def test_nothing_has_no_percentile() -> None:
    assert math.isnan(percentile([], 0.5))


@pytest.mark.parametrize(
    ("points", "found"),
    [([], 0.0), ([(1.0, 5.0)], 0.0), ([(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)], 2.0), ([(0.0, 4.0), (9.0, 4.0)], 0.0)],
)
def test_slopes(points: list[tuple[float, float]], found: float) -> None:
    assert slope(points) == pytest.approx(found)


@pytest.mark.parametrize(
    ("moments", "found"), [([], 10.0), ([1.0, 2.0, 9.0], 7.0), ([-5.0, 5.0, 50.0], 5.0), ([4.0], 6.0)]
)
def test_the_longest_silence(moments: list[float], found: float) -> None:
    assert longest_gap(moments, 0.0, 10.0) == found
