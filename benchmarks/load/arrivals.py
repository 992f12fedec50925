"""Who writes when: arrivals at random moments, planned before anything runs so that nothing can slow them down."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True)
class Arrival:
    """The n-th message of a citizen (both from 0), due ``at`` seconds after the start."""

    at: float
    citizen: int
    number: int


def plan(rate: float, seconds: float, by_one: int, gap: float, chance: random.Random) -> list[Arrival]:
    """Return messages at ``rate`` a second with pauses as of a Poisson process, in order of time.

    A citizen writes at most ``by_one``, with at least ``gap`` seconds between two; whoever is free writes again
    before somebody new comes.
    """
    found: list[Arrival] = []
    resting: deque[Arrival] = deque()  # the last message of each who may write again, the oldest first
    citizens, at = 0, chance.expovariate(rate)
    while at < seconds:
        if resting and at - resting[0].at >= gap:
            before = resting.popleft()
            one = Arrival(at, before.citizen, before.number + 1)
        else:
            one = Arrival(at, citizens, 0)
            citizens += 1
        found.append(one)
        if one.number + 1 < by_one:
            resting.append(one)
        at += chance.expovariate(rate)
    return found


def citizens_in(arrivals: list[Arrival]) -> int:
    """Return how many citizens write."""
    return 1 + max((one.citizen for one in arrivals), default=-1)
