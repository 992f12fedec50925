"""What can go wrong with the wide topology, each with how it begins and ends."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load.relay import Relay
from setup.wide.program import family
from setup.wide.topology import Topology

_BLOCKS = (2**20, 4096, 1)  # bytes
_AGAIN = 0.5  # seconds


@dataclass(frozen=True)
class Fault:
    """``begin`` it, and ``end`` it ``lasts`` seconds later; ``hit`` are the programs that are looked at afterwards."""

    name: str
    begin: Callable[[], None]
    end: Callable[[], None]
    lasts: float
    hit: tuple[str, ...]


def kill(topology: Topology, *names: str) -> Fault:
    """End programs by SIGKILL with all their children; whoever looks after them starts them again."""

    def begin() -> None:
        for name in names:
            _kill(topology, name)

    return Fault(f"kill -9 {' and '.join(names)}", begin, _nothing, 0.0, names)


def _kill(topology: Topology, name: str) -> None:
    """Past ``Topology.kill``, which would take the program away from who looks after it at the same time."""
    pid = topology.programs[name].pid
    for one in family(pid) if pid else ():
        with suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)


def pause(topology: Topology, name: str, lasts: float) -> Fault:
    """Let a program stand still with its connections open."""
    begin, end = lambda: topology.pause(name), lambda: topology.resume(name)
    return Fault(f"SIGSTOP {name} for {lasts:.0f} s", begin, end, lasts, (name,))


def cut(name: str, relay: Relay, lasts: float) -> Fault:
    """Let a line be silent."""
    return Fault(f"{name}: nothing goes through for {lasts:.0f} s", relay.cut, relay.mend, lasts, ())


def refuse(name: str, relay: Relay, lasts: float) -> Fault:
    """Let a line be closed and refused."""
    return Fault(f"{name}: ended and refused for {lasts:.0f} s", relay.refuse, relay.mend, lasts, ())


def full_disk(folder: Path, lasts: float) -> Fault:
    """Fill the disk of a folder to the last byte."""
    ballast = folder / "ballast"
    begin, end = lambda: _fill(ballast), lambda: ballast.unlink(missing_ok=True)
    return Fault(f"the disk is full for {lasts:.0f} s", begin, end, lasts, ())


def _fill(file: Path) -> None:
    with file.open("ab", buffering=0) as out:
        for size in _BLOCKS:
            with suppress(OSError):
                while out.write(b"\0" * size):
                    pass


def _nothing() -> None:
    return


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[bool]:
    """Put a small disk of its own, in memory, under a folder; yields False where that is not allowed."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0711", "tmpfs", str(folder)]
    try:
        is_mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        is_mounted = False
    try:
        yield is_mounted
    finally:
        if is_mounted:
            subprocess.run(["umount", "-l", str(folder)], check=False)


@contextmanager
def looked_after(topology: Topology) -> Iterator[None]:
    """Have what ends started again, as ``make wide`` does and systemd would."""
    over = threading.Event()

    def keep() -> None:
        while not over.is_set():
            topology.keep(over.is_set)
            time.sleep(_AGAIN)

    thread = threading.Thread(target=keep, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def ready_after(topology: Topology, names: Sequence[str], since: float, within: float) -> float:
    """Return the seconds since a moment until all of these answer.

    Raises:
        RuntimeError: they do not in time.
    """
    while not all(topology.programs[name].pid and topology.programs[name].is_ready() for name in names):
        if time.time() - since > within:
            raise RuntimeError(f"{', '.join(names)} did not come back within {within:.0f} s")
        time.sleep(0.1)
    return time.time() - since
