"""What a turn costs: read from the kernel, and from the pages of other benchmarks."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load.queueing import Point, closed
from setup.wide.program import family

PROGRAMS = {"bot": "front server", "rasa": "Rasa", "actions": "action server"}
REST = "generator and stand-in for Zalo"
_HERTZ = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Found:
    """The curve; of each program, by its name in the page, ms that a turn computes and MB; ``cores`` of the machine."""

    points: tuple[Point, ...]
    computes: dict[str, float]
    memory: dict[str, float]
    cores: int

    @property
    def demands(self) -> list[float]:
        """Seconds of a turn in each program of the product."""
        return [self.computes[name] / 1000 for name in PROGRAMS.values()]

    @property
    def delay(self) -> float:
        """Seconds of a lone turn in which nobody computes: the disk, the network, waiting for one another."""
        return max(0.0, self.points[0].seconds - sum(self.demands))

    def model(self, lanes: int) -> Point:
        """Return what the model says of so many at once; of the curve it knows the first point alone."""
        return closed(self.demands, self.delay, sum(self.computes.values()) / 1000, self.cores, lanes)


def rows(page: str) -> list[list[str]]:
    """Return the cells of every line of a page that belongs to a table."""
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in page.splitlines() if line.startswith("|")]


def row(page: str, *starts: str) -> list[str]:
    """Return the first row whose first cells are these.

    Raises:
        ValueError: there is none.
    """
    for cells in rows(page):
        if cells[: len(starts)] == list(starts):
            return cells
    raise ValueError(f"no table has a row {' | '.join(starts)}")


def kept(page: str) -> Found:
    """Return what a page of ``make bench-scale`` says."""
    table = rows(page)
    points = tuple(Point(int(one[0]), float(one[1]), float(one[3])) for one in table if one[0].isdigit())
    names = (*PROGRAMS.values(), REST)
    computes = {name: float(row(page, name)[1]) for name in names}
    memory = {name: float(row(page, name)[2]) for name in PROGRAMS.values()}
    return Found(points, computes, memory, int(page.partition(" cores, ")[0].split()[-1]))


def processor_seconds(pid: int) -> float:
    """Return the seconds that a process and its children have computed."""
    return sum(_seconds(one) for one in family(pid))


def _seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:  # it has just ended
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _HERTZ
