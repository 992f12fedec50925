"""Breaks each part of the wide topology while citizens write: ``make bench-wide``. Writes its table to wide.md.

PostgreSQL, Redis, HAProxy and two of each program (setup/wide), with the trained models. Programs are killed and
paused, a disk is filled, lines to the database are cut; every message must be answered once and in order all the same.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.orm import sessionmaker

from benchmarks.delivery.citizens import every_question
from benchmarks.delivery.programs import commit
from benchmarks.delivery.verdict import Count, Judge
from benchmarks.load import faults
from benchmarks.load.arrivals import Arrival, plan
from benchmarks.load.citizens import BY_ONE, Citizens
from benchmarks.load.faults import Fault
from benchmarks.load.judging import judged
from benchmarks.load.network import Network, NotAllowed
from benchmarks.load.numbers import longest_gap
from benchmarks.load.page import head, table
from benchmarks.load.product import end_cleanly, say
from benchmarks.load.relay import Relay
from benchmarks.load.sender import Limits, Sender, Sent
from benchmarks.load.standing import drain
from benchmarks.load.waiting import delivered
from benchmarks.load.zalo import ZaloApart
from knowledge.database import create_engine, session_factory
from setup.wide.found import missing
from setup.wide.topology import Plan, Topology

RESULT = Path(__file__).with_suffix(".md")
_LIMITS = Limits(at_once=64, timeout=5.0, again_after=10.0)
_BEFORE, _AFTER = 8.0, 25.0  # seconds of writing before a fault begins and after it has ended
_GAP = 6.0  # seconds at least between two messages of a citizen
_BACK_WITHIN = 240.0  # seconds
_LONG = 10.0  # seconds that nobody should wait
_DISK = 1500  # MB


@dataclass(frozen=True)
class Found:
    """What one fault did; times in seconds. ``back``: until the programs that were hit answered again."""

    name: str
    back: float
    silence: float
    longest: float
    long: int
    again: int
    count: Count


@dataclass(frozen=True)
class Stage:
    """Everything that a fault is played on."""

    topology: Topology
    sessions: sessionmaker
    zalo: ZaloApart
    citizens: Citizens
    lines: dict[str, Relay]
    disk: Path | None


def main() -> int:
    """Run and write; 1 = something was lost, doubled or out of order."""
    end_cleanly()
    options = _options()
    lacking = missing()
    if lacking:
        print(f"bench-wide: needed and not installed: apt-get install {' '.join(lacking)}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="tthc-wide-") as name, _stage(Path(name)) as stage:
        found, notes = [], []
        for fault in _chosen(stage, options):
            one, faulty = _play(stage, fault, options)
            found.append(one)
            notes += faulty
        with stage.sessions() as session:
            untold = Judge(session).untold()
        notes += [f"staff were not told of {untold} channels"] if untold else []
        page = "\n".join(_page(found, notes, options, stage)) + "\n"
    print(page)
    if not options.trial:
        RESULT.write_text(page, encoding="utf-8")
    return 0 if not notes and all(one.count.is_clean for one in found) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-wide", description="Break each part while citizens write.")
    parser.add_argument("--rate", type=float, default=3.0, help="messages a second (default: %(default)s)")
    parser.add_argument("--lasts", type=float, default=15.0, help="seconds of a pause, a cut, a full disk")
    parser.add_argument("--only", default="", help="faults whose name this expression finds")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--trial", action="store_true", help="print the page and do not keep it")
    options = parser.parse_args()
    options.commit = commit()  # before the results change files
    return options


@contextmanager
def _stage(folder: Path) -> Iterator[Stage]:
    folder.chmod(0o711)  # PostgreSQL runs under an account of its own
    home = folder / "disk"
    home.mkdir()
    with ExitStack() as stack:
        has_disk = stack.enter_context(faults.small_disk(home, _DISK))
        zalo = stack.enter_context(ZaloApart())
        topology = Topology(Plan(home, more=zalo.environment))
        direct = topology.env["DATABASE_URL"]
        lines = {name: stack.enter_context(_line(stack, topology.env[name])) for name in _LINES}
        for name, relay in lines.items():
            end = urlsplit(topology.env[name])
            here, there = f"{end.hostname}:{end.port}", f"{relay.host}:{relay.port}"
            topology.env[name] = topology.env[name].replace(here, there)
        stack.enter_context(topology)
        stack.enter_context(faults.looked_after(topology))
        engine = create_engine(direct)
        stack.callback(engine.dispose)
        sessions = session_factory(engine)
        with sessions() as session:
            citizens = Citizens(zalo, every_question(session))
        zalo.echo_to(topology.url)
        say("all programs answer")
        yield Stage(topology, sessions, zalo, citizens, lines, home if has_disk else None)


# Who speaks over which line, by the setting that names it.
_LINES = {
    "RASA_URL": "front servers – Rasas",
    "ACTIONS_URL": "Rasas – action servers",
    "RASA_TRACKER_URL": "Rasas – PostgreSQL (memory)",
    "DATABASE_URL": "front servers, actions – PostgreSQL (records)",
}


def _line(stack: ExitStack, url: str) -> Relay:
    """Return a relay before an address of this machine, in a network of its own where that is allowed."""
    port = urlsplit(url).port or 0
    try:
        return Relay(port, stack.enter_context(Network()))
    except NotAllowed:
        return Relay(port)


def _chosen(stage: Stage, options: argparse.Namespace) -> list[Fault]:
    return [fault for fault in _all(stage, options.lasts) if re.search(options.only, fault.name)]


def _all(stage: Stage, lasts: float) -> list[Fault]:
    topology = stage.topology
    killed = [("bot-1",), ("rasa-1",), ("actions-1",), ("redis",), ("proxy",), ("postgres",), ("rasa-1", "rasa-2")]
    paused = ("bot-1", "rasa-1", "actions-1", "redis", "postgres")
    lines = [(_LINES[name], relay) for name, relay in stage.lines.items()]
    return [
        *(faults.kill(topology, *names) for names in killed),
        *(faults.pause(topology, name, lasts) for name in paused),
        *(faults.cut(name, relay, lasts) for name, relay in lines),
        *(faults.refuse(name, relay, lasts) for name, relay in lines),
        *([faults.full_disk(stage.disk, lasts)] if stage.disk else []),
    ]


def _play(stage: Stage, fault: Fault, options: argparse.Namespace) -> tuple[Found, list[str]]:
    say(fault.name)
    seconds = _BEFORE + fault.lasts + _AFTER
    arrivals = plan(options.rate, seconds, BY_ONE, _GAP, random.Random(options.seed))
    before = len(stage.citizens.written)
    sent, again, since, back = asyncio.run(_write(stage, fault, arrivals))
    _, left = drain(stage.sessions)
    time.sleep(2.0)  # echoes of what was delivered last
    people = range(before, len(stage.citizens.written))
    with stage.sessions() as session:
        count, notes = judged(session, stage.citizens, stage.zalo, people)
        at = delivered(session, sent)
    waits = [at[one.message_id] - one.due for one in sent if one.message_id in at]
    silence = longest_gap(list(at.values()), since, max(at.values(), default=time.time()))
    if left.questions or left.answers:
        notes.append(f"{left.questions} questions and {left.answers} answers stayed open")
    long = sum(wait > _LONG for wait in waits)
    found = Found(fault.name, back, silence, max(waits, default=math.nan), long, again, count)
    say(f"  silence {silence:.1f} s, longest wait {found.longest:.1f} s, {count}")
    return found, [f"{fault.name}: {note}" for note in notes]


async def _write(stage: Stage, fault: Fault, arrivals: list[Arrival]) -> tuple[list[Sent], int, float, float]:
    """Return what was written, how many of it twice or more, when the fault began, and seconds until all was back."""
    async with Sender(stage.topology.url, _LIMITS) as sender:
        writing = asyncio.create_task(stage.citizens.by_plan(sender, arrivals))
        await asyncio.sleep(_BEFORE)
        since = time.time()
        await asyncio.to_thread(fault.begin)
        await asyncio.sleep(fault.lasts)
        await asyncio.to_thread(fault.end)
        back = await asyncio.to_thread(faults.ready_after, stage.topology, fault.hit, since, _BACK_WITHIN)
        sent = await writing
    return sent, sum(one.tries > 1 for one in sent), since, back


_TITLES = (
    "fault",
    "messages",
    "all back after, s",
    "longest silence, s",
    "longest wait of one, s",
    f"waited over {_LONG:.0f} s",
    "webhooks posted again",
    "answered once, in order",
    'of all: "not available just now"',
    "unsure, told to staff",
    "of these arrived",
    "lost",
    "doubled",
    "out of order",
)


def _page(found: Sequence[Found], notes: Sequence[str], options: argparse.Namespace, stage: Stage) -> list[str]:
    return [
        *head("The wide topology while its parts break", "bench-wide", options.commit),
        "PostgreSQL, Redis, HAProxy and two each of front server, Rasa and action server on this machine, with the",
        f"trained models. {options.rate:g} messages a second to the webhook of Zalo, from {_BEFORE:.0f} s before each",
        f"fault to {_AFTER:.0f} s after its end; a fault begins when all of the one before is answered. Killed",
        "programs are started again at once by who looks after them. Silence: the longest time without any answer at a",
        f"citizen, from the fault on; without a fault some {2 / options.rate + 1:.0f} s.",
        f"A webhook that is not acknowledged within {_LIMITS.timeout:.0f} s is posted again",
        f"{_LIMITS.again_after:.0f} s later (by Zalo itself: 30 s).",
        "",
        *table(_TITLES, [_row(one) for one in found]),
        "",
        *(f"- {note}" for note in notes[:30]),
        "",
        *_CUT["namespaces" if all(line.is_apart for line in stage.lines.values()) else "played"],
        f"All data, logs and files lie on a disk of {_DISK} MB in memory, which the last fault fills."
        if stage.disk
        else "**Not tried: a full disk**, for a small one cannot be mounted here (that needs root).",
    ]


_CUT = {
    "namespaces": (
        "Each line leads through a network namespace of its own. While nothing goes through, its cable is pulled: the",
        "kernel loses what is sent and tells nobody. Ended and refused: a relay at its far end closes all connections.",
    ),
    "played": (
        "**Not tried: network namespaces**, which need root and the kernel's veth. Lines are cut by a relay that holds",
        "bytes back, or ends connections and refuses new ones.",
    ),
}


def _row(one: Found) -> tuple[object, ...]:
    messages, *others = astuple(one.count)
    seconds = (f"{one.back:.1f}", f"{one.silence:.1f}", f"{one.longest:.1f}")
    return one.name, messages, *seconds, one.long, one.again, *others


if __name__ == "__main__":
    sys.exit(main())
