"""The breaker by itself, on a clock of its own."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.delivery.breaker import Breaker

START = dt.datetime(2026, 11, 29, 8, 0, tzinfo=dt.timezone.utc)
PATIENCE = 3.0


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> dt.datetime:
        return at(self.seconds)


def at(seconds: float) -> dt.datetime:
    return START + dt.timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(PATIENCE, clock)


def test_only_the_first_refusal_opens_it(breaker: Breaker) -> None:
    assert not breaker.is_open
    assert [breaker.refused() for _ in range(3)] == [True, False, False]
    assert breaker.is_open


def test_pauses_between_probes_grow_up_to_a_third_of_the_patience(breaker: Breaker) -> None:
    breaker.refused()
    pauses = []
    for _ in range(6):
        pauses.append(breaker.pause)
        breaker.probed(False, at(0.0))
    assert pauses == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.0, 1.0])


def test_a_probe_that_is_answered_closes_it_and_the_next_time_starts_anew(breaker: Breaker) -> None:
    breaker.refused()
    for is_there in (False, False, True):
        breaker.probed(is_there, at(0.0))
    assert not breaker.is_open
    assert breaker.refused()
    assert breaker.pause == pytest.approx(0.1)


# opened at second 0, last looked at in vain from `probed` on, now it is `now`: is what came at `came` given up?
CASES = [
    ("long before, but this has only begun", -600.0, 2.0, 2.9, False),
    ("long before", -600.0, 2.0, 3.0, True),
    ("just before", -0.1, 2.0, 3.0, True),
    ("while it was away, a moment ago", 1.0, 2.0, 3.0, False),
    ("while it was away", 1.0, 2.0, 4.0, True),
    ("after it was last seen away: it may be back", 2.5, 2.0, 6.0, False),
]


@pytest.mark.parametrize(("came", "probed", "now", "expected"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])
def test_who_is_told_that_it_is_away(
    breaker: Breaker, clock: Clock, came: float, probed: float, now: float, expected: bool
) -> None:
    breaker.refused()
    clock.seconds = now
    breaker.probed(False, at(probed))
    assert breaker.gives_up(at(came)) is expected


def test_closed_it_gives_nobody_up(breaker: Breaker) -> None:
    assert breaker.admits_to() is None
    assert not breaker.gives_up(at(-600.0))
