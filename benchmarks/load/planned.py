"""What every load by plan begins with: its options, the capacity, and when who will write."""

from __future__ import annotations

import argparse
import asyncio
import random

from benchmarks.delivery.programs import commit
from benchmarks.load.arrivals import Arrival, plan
from benchmarks.load.citizens import BY_ONE, Level
from benchmarks.load.product import Product, capacity, say
from benchmarks.load.sender import Sender
from benchmarks.load.standing import drain


def parser(name: str, description: str, minutes: float) -> argparse.ArgumentParser:
    """Return a parser of what all of them take; ``minutes`` is how long is wanted."""
    made = argparse.ArgumentParser(prog=f"make {name}", description=description)
    made.add_argument("--minutes", type=float, default=minutes, help="of the load (default: %(default)s)")
    made.add_argument("--warm", type=float, default=60.0, help="seconds of measuring the capacity")
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("--trial", action="store_true", help="print the page and do not keep it")
    return made


def parsed(made: argparse.ArgumentParser) -> argparse.Namespace:
    """Return the options with the commit, which is looked up before results change files."""
    options = made.parse_args()
    options.commit = commit()
    return options


async def planned(
    running: Product, sender: Sender, options: argparse.Namespace, times: float, gap: float
) -> tuple[Level, list[Arrival]]:
    """Measure the capacity, and plan so many times it; ``gap`` seconds at least lie between two of a citizen."""
    level = await capacity(running.citizens, sender, options.warm)
    await asyncio.to_thread(drain, running.sessions)
    rate = level.rate * times
    arrivals = plan(rate, options.minutes * 60, BY_ONE, gap, random.Random(options.seed))
    say(f"{len(arrivals)} messages are planned, {rate:.1f} a second")
    return level, arrivals
