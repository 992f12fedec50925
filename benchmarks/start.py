"""Times ``make run`` in a fresh clone to the first true answer, and a restart; writes start.md beside this file.

``make bench-start`` lends the clone the environment that is here; ``make bench-start ARGS=--fresh`` builds one.
Only the standard library: it runs before any environment exists.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "benchmarks" / "start.md"
_REPORT = Path("var/log/start.json")
_LONGEST = 3600.0  # seconds; a slow network may need most of an hour for the packages


@dataclass(frozen=True)
class Start:
    """One start: seconds from the command to the first answer, seconds of each step, and whether it was true."""

    name: str
    seconds: float
    steps: dict[str, float]
    is_true: bool


def main() -> int:
    """Measure and write; 1 = a start failed or its first answer was not the expected one."""
    fresh = argparse.ArgumentParser(description=__doc__)
    fresh.add_argument("--fresh", action="store_true", help="build the environment too")
    build = fresh.parse_args().fresh
    with tempfile.TemporaryDirectory(prefix="tthc-start-") as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        if not build:
            (clone / ".venv").symlink_to(ROOT / ".venv")
        starts = [measure("first run", clone), measure("restart", clone)]
    RESULT.write_text(report(starts, build), encoding="utf-8")
    print(RESULT.read_text(encoding="utf-8"))
    return 0 if all(start.is_true for start in starts) else 1


def measure(name: str, clone: Path) -> Start:
    """Run ``make run`` in the clone until its first answer, then stop it."""
    written = clone / _REPORT
    written.unlink(missing_ok=True)
    begun = time.monotonic()
    with (clone / "output.txt").open("w", encoding="utf-8") as output:
        run = subprocess.Popen(["make", "run"], cwd=clone, env=_environment(), stdout=output, stderr=output)
    try:
        while not written.exists():
            if run.poll() is not None or time.monotonic() - begun > _LONGEST:
                sys.exit(f"{name} failed:\n{(clone / 'output.txt').read_text(encoding='utf-8')}")
            time.sleep(0.1)
        seconds = round(time.monotonic() - begun, 1)
    finally:
        run.send_signal(signal.SIGTERM)
        run.wait()
    data = json.loads(written.read_text(encoding="utf-8"))
    return Start(name, seconds, data["steps"], data["first_answer_is_true"])


def _environment() -> dict[str, str]:
    ports = dict(zip(("BOT_PORT", "RASA_PORT", "ACTIONS_PORT"), _free_ports(3)))
    return {**os.environ, **ports, "DATABASE_URL": "", "PYTHONUNBUFFERED": "1"}


def _free_ports(count: int) -> list[str]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [str(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def report(starts: list[Start], built: bool) -> str:
    """Return the result as a page."""
    steps = list(dict.fromkeys(step for start in starts for step in start.steps))
    rows = [
        ["**to the first answer**", *(f"**{start.seconds:.1f}**" for start in starts)],
        *([step, *(f"{start.steps.get(step, 0.0):.1f}" for start in starts)] for step in steps),
        ["the answer is the expected one", *("yes" if start.is_true else "**no**" for start in starts)],
    ]
    kept = "The environment was built too" if built else "The environment was there already (`--fresh` builds it too)"
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout
    lines = [
        "# From the command to the first true answer",
        "",
        f"`make bench-start{' ARGS=--fresh' if built else ''}`, {date.today():%Y-%m-%d}, commit {commit.strip()},",
        f"{os.cpu_count()} cores ({platform.machine()}), load {os.getloadavg()[1]:.1f} over the last 5 minutes.",
        f"`make run` in a fresh clone: no database, no model. {kept}.",
        "",
        f"| seconds | {' | '.join(start.name for start in starts)} |",
        f"|---|{'---|' * len(starts)}",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
