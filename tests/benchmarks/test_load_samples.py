"""Memory is read from the kernel, its trend from the second half, and curves keep within their frame."""

from __future__ import annotations

import os
import re

import pytest

from benchmarks.load.curves import Chart, page, round_up, svg
from benchmarks.load.sampling import Sample, Trend, resident, trend
from benchmarks.load.standing import Standing


def samples(sizes: list[float]) -> list[Sample]:
    return [Sample(360.0 * place, {"bot": size}, Standing(0, 0.0, 0), ()) for place, size in enumerate(sizes)]


@pytest.mark.parametrize(
    ("sizes", "found"),
    [
        ([100.0] * 20, Trend(100.0, 100.0, 0.0)),
        ([50.0, 60.0, *[100.0] * 18], Trend(100.0, 100.0, 0.0)),
        ([100.0] * 10 + [100.0 + place for place in range(10)], Trend(100.0, 107.0, 10.0)),
    ],
    ids="steady, warming up, growing".split(", "),
)
def test_the_trend_of_memory_leaves_out_the_warming_up(sizes: list[float], found: Trend) -> None:
    got = trend(samples(sizes), "bot")
    assert (got.warm, got.last, got.an_hour) == pytest.approx((found.warm, found.last, found.an_hour))


def test_memory_is_that_of_a_process_with_its_children() -> None:
    assert 5.0 < resident(os.getpid()) < 100_000.0


def test_a_process_that_is_gone_has_no_memory() -> None:
    assert resident(2**22 + 1) == 0.0


@pytest.mark.parametrize(
    ("value", "found"), [(0.0, 1.0), (0.3, 0.3), (1.0, 1.0), (1.1, 2.0), (21.0, 30.0), (99.0, 100)]
)
def test_scales_end_at_a_round_number(value: float, found: float) -> None:
    assert round_up(value) == pytest.approx(found)


def test_a_curve_stays_within_its_frame_and_skips_what_is_unknown() -> None:
    drawn = svg(Chart("Memory", "minutes", {"a<b": [(0.0, 0.0), (1.0, float("nan")), (2.0, 70.0)]}))
    points = re.findall(r"points=\"([^\"]+)\"", drawn)[0].split()
    assert len(points) == 2
    assert all(60 <= float(x) <= 480 and 30 <= float(y) <= 190 for x, y in (point.split(",") for point in points))
    assert "a&lt;b" in drawn


def test_a_page_is_whole() -> None:
    whole = page("T", "words", [Chart("One", "x", {"a": [(1.0, 2.0)]})])
    assert whole.startswith("<!doctype html>") and whole.endswith("</html>\n") and "<script" not in whole
