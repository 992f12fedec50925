"""The formulas of queues that docs/scale.md uses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


def erlang_c(servers: int, load: float) -> float:
    """Return the chance of having to wait in M/M/c; ``load`` in Erlangs is rate times service time.

    Raises:
        ValueError: the servers cannot keep up.
    """
    if not 0 <= load < servers:
        raise ValueError(f"{load:.2f} Erlangs are too many for {servers}")
    blocked = 1.0  # Erlang B, one server after the other
    for place in range(1, servers + 1):
        blocked = load * blocked / (place + load * blocked)
    return blocked * servers / (servers - load * (1 - blocked))


def late_share(servers: int, rate: float, service: float, seconds: float) -> float:
    """Return the share of those who wait longer than ``seconds`` until they are served, in M/M/c."""
    load = rate * service
    return erlang_c(servers, load) * math.exp(-(servers - load) * seconds / service)


def servers_for(rate: float, service: float, seconds: float, late: float, busy: float) -> int:
    """Return the fewest servers that are at most so ``busy`` and let at most the share ``late`` wait longer."""
    servers = max(1, math.ceil(rate * service / busy))
    while late_share(servers, rate, service, seconds) > late:
        servers += 1
    return servers


@dataclass(frozen=True)
class Point:
    """So many conversations at once: answers a second, and seconds from a question to its answer."""

    lanes: int
    rate: float
    seconds: float


def closed(demands: Sequence[float], delay: float, shared: float, cores: int, lanes: int) -> Point:
    """Return what so many get who ask again at once when answered (mean value analysis).

    ``demands`` are seconds of a turn in each program, of which each uses one core at a time; ``delay`` are seconds in
    which nobody computes; ``shared`` are seconds that everything together computes, on ``cores``.
    """
    waiting = [0.0] * len(demands)
    rate = seconds = 0.0
    for number in range(1, lanes + 1):
        times = [demand * (1 + before) for demand, before in zip(demands, waiting)]
        seconds = delay + sum(times)
        rate = number / seconds
        waiting = [rate * time for time in times]
    most = cores / shared if shared else math.inf
    return Point(lanes, rate, seconds) if rate <= most else Point(lanes, most, lanes / most)
