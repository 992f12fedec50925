"""The formulas give what the books give."""

from __future__ import annotations

import math

import pytest

from benchmarks.load.queueing import Point, closed, erlang_c, late_share, servers_for


@pytest.mark.parametrize(
    ("servers", "load", "found"),
    [
        (1, 0.5, 0.5),  # M/M/1: the share of time in which it is busy
        (2, 1.0, 1 / 3),
        (3, 2.0, 4 / 9),
        (10, 8.0, 0.4092),  # tables of Erlang C
        (5, 0.0, 0.0),
    ],
)
def test_erlang_c(servers: int, load: float, found: float) -> None:
    assert erlang_c(servers, load) == pytest.approx(found, abs=5e-5)


@pytest.mark.parametrize("load", [1.0, 1.5, -0.1])
def test_who_cannot_keep_up_is_refused(load: float) -> None:
    with pytest.raises(ValueError, match="too many"):
        erlang_c(1, load)


def test_waiting_in_a_single_queue() -> None:
    assert late_share(1, 0.5, 1.0, 2.0) == pytest.approx(0.5 * math.exp(-1.0))


@pytest.mark.parametrize(
    ("rate", "late", "busy", "found"),
    [(0.1, 0.07, 0.7, 1), (7.0, 1.0, 0.7, 10), (7.1, 1.0, 0.7, 11), (0.9, 0.01, 0.95, 4)],
    ids="one is enough, by how busy, one more, by who waits".split(", "),
)
def test_the_fewest_servers(rate: float, late: float, busy: float, found: int) -> None:
    assert servers_for(rate, 1.0, 0.5, late, busy) == found


def test_one_alone_waits_for_nobody() -> None:
    assert closed([0.02, 0.03], 0.05, 0.05, 2, 1) == Point(1, pytest.approx(10.0), pytest.approx(0.1))


def test_many_get_what_the_slowest_program_gives() -> None:
    found = closed([0.02, 0.04], 0.0, 0.0, 2, 200)
    assert found.rate == pytest.approx(25.0, rel=0.01)
    assert found.seconds == pytest.approx(200 / found.rate)


def test_or_what_the_cores_give() -> None:
    assert closed([0.02, 0.04], 0.0, 0.1, 2, 200) == Point(200, 20.0, 10.0)


def test_two_equal_programs_and_two_conversations() -> None:
    assert closed([1.0, 1.0], 0.0, 0.0, 2, 2).rate == pytest.approx(2 / 3)
