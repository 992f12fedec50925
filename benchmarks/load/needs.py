"""What so many people need: messages a second, programs, machines, money. Every assumption is named here."""

from __future__ import annotations

import math
from dataclasses import dataclass

from benchmarks.load.costs import PROGRAMS, Found
from benchmarks.load.queueing import servers_for

CONVERSATIONS = 0.5  # of one inhabitant in a year
QUESTIONS = 5  # of one conversation
DAYS = 250  # working days of a year
BUSY_HOUR = 0.15  # of a day's questions
PEAK = 2.0  # the busiest minute against the busiest hour
STORM = 10.0  # a day on which a rule changes or another system fails, against a usual one

BUSY = 0.7  # how busy a program or a core may be at the peak
WITHIN, LATE = 2.0, 0.05  # seconds, and the share that may wait longer until a program takes the question
DEAR = 1.5  # times what a turn computes on SQLite: PostgreSQL's clients, proxies
CORES, GIGABYTES, DOLLARS = 2, 4, 25  # of one virtual machine, and its price a month
DATABASES = 2  # machines of the database: one, and its copy
_KEPT_FREE = 1.0  # GB of each machine

ZALO, TELEGRAM = 4000 / 60, 30.0  # calls a second: of one app, of one bot (the providers' documents)
_WEBHOOKS = 3  # of a turn: the question, and the echo and the receipt of its answer
_CONNECTIONS = 300  # of PostgreSQL, as the wide topology sets it
_OF_A_SET = 15  # connections: eight and a bell of a front server, a few of one Rasa and one action server


@dataclass(frozen=True)
class Place:
    """So many inhabitants, on a usual day or on one with ``times`` as many questions."""

    name: str
    people: float
    times: float = 1.0

    @property
    def peak(self) -> float:
        """Questions a second in the busiest minute."""
        day = self.people * CONVERSATIONS * QUESTIONS / DAYS * self.times
        return day * BUSY_HOUR / 3600 * PEAK


PLACES = (
    Place("Lâm Đồng (3.9 million), usual day", 3.9e6),
    Place("Lâm Đồng, storm day", 3.9e6, STORM),
    Place("the country (100 million), usual day", 100e6),
    Place("the country, storm day", 100e6, STORM),
)


@dataclass(frozen=True)
class Need:
    """Programs by name, ``machines`` with those of the database, and ``dollars`` a month."""

    programs: dict[str, int]
    machines: int
    dollars: int


def need(place: Place, found: Found) -> Need:
    """Return what a place needs at its peak; two of everything at least, so that any one may fail."""
    computes = {name: DEAR * found.computes[name] / 1000 for name in PROGRAMS.values()}
    programs = {
        name: max(2, servers_for(place.peak, seconds, WITHIN, LATE, BUSY)) for name, seconds in computes.items()
    }
    cores = place.peak * sum(computes.values()) / BUSY
    memory = sum(count * found.memory[name] for name, count in programs.items()) / 1024
    machines = max(2, math.ceil(cores / CORES), math.ceil(memory / (GIGABYTES - _KEPT_FREE))) + DATABASES
    return Need(programs, machines, machines * DOLLARS)


def limits(found: Found, acknowledged: float) -> list[tuple[str, float]]:
    """Return what breaks at how many questions a second, the lowest first.

    ``acknowledged`` are webhooks a second that one front server takes on SQLite while it does nothing else.
    """
    a_set = BUSY * 1000 / (DEAR * max(found.computes[name] for name in PROGRAMS.values()))
    found_at = {
        "One machine with SQLite: its cores (measured)": max(point.rate for point in found.points),
        f"SQLite's one writer: {_WEBHOOKS} webhooks of each turn": acknowledged / _WEBHOOKS,
        "Telegram: 30 messages a second of one bot": TELEGRAM,
        "Zalo: 4000 calls a minute of one app": ZALO,
        f"PostgreSQL: {_CONNECTIONS} connections, {_OF_A_SET} of a set": _CONNECTIONS / _OF_A_SET * a_set,
        **{f"One {name}: one core": 1000 / found.computes[name] for name in PROGRAMS.values()},
    }
    return sorted(found_at.items(), key=lambda one: one[1])
