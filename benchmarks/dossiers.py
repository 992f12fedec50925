"""Times and memory with a million dossiers: import, the nightly scans, look-ups. ``make bench-dossiers``.

Every step is a process of its own, so that its peak of memory is its own. Writes dossiers.md beside this file.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import sqlalchemy as sa

from benchmarks.delivery.databases import database
from benchmarks.delivery.programs import commit
from knowledge.connectors.own import OwnTable
from knowledge.connectors.registry import dossier_settings
from knowledge.database import create_engine, session_factory
from knowledge.deadlines import due_soon, overdue
from knowledge.dossiers import proofs
from knowledge.dossiers.desk import Asked, Desk
from knowledge.dossiers.importing import import_dossiers
from knowledge.models import Conversation, Dossier
from knowledge.profile import load_profile
from knowledge.proof import seal
from tests.bot import postgres

RESULT = Path(__file__).with_suffix(".md")
SECRET = b"a secret for measuring alone"
NOW = dt.datetime(2026, 11, 23, 2, 0, tzinfo=dt.timezone.utc)
HEADS = "MaHoSo MaTTHC TenTTHC ChuHoSo MaDoiTuong NgayTiepNhan NgayHenTra TrangThaiHoSo DonViXuLy"
# How many of a hundred dossiers are in each status: a province works on few and keeps many.
STATUSES = {1: 1, 2: 4, 3: 1, 4: 10, 5: 1, 6: 1, 7: 1, 8: 1, 9: 5, 10: 75}
LATE = 0.03  # of those whose clock runs
LOOK_UPS = 1000
_SORTS = ("found", "wrong digits", "no such code")


def code(number: int) -> str:
    """Return the code of a dossier."""
    return f"H36.{15 + number % 40}-20261101-{number:07d}"


def digits(number: int) -> str:
    """Return the last four digits of its holder's identity number."""
    return f"{number * 7919 % 10_000:04d}"


def write_table(path: Path, count: int) -> None:
    """Write a table of invented dossiers in the national field names."""
    dice = random.Random(1)
    statuses = dice.choices(list(STATUSES), list(STATUSES.values()), k=count)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(HEADS.split())
        for number, status in enumerate(statuses):
            received = NOW - dt.timedelta(days=dice.randint(1, 20))
            late = dice.random() < LATE
            due = NOW + dt.timedelta(days=-dice.randint(1, 30) if late else dice.randint(1, 30))
            unit = f"Bộ phận Một cửa {number % 124}"
            dates = (f"{received:%Y%m%d%H%M%S}", f"{due:%Y%m%d%H%M%S}")
            named = (code(number), "1.013831", "Biến động đất đai", "A B", f"06019900{digits(number)}")
            table.writerow((*named, *dates, status, unit))


def step_import(url: str, path: Path, _count: int) -> dict[str, Any]:
    """Import the table."""
    with _session(url) as session:
        report = import_dossiers(session, path, load_profile(), SECRET, NOW)
    return {"count": report.counts["created"] + report.counts["unchanged"]}


def step_overdue(url: str, _path: Path, _count: int) -> dict[str, Any]:
    """Read every dossier that is past its date."""
    with _session(url) as session:
        return {"count": sum(1 for _ in overdue(session, NOW))}


def step_due_soon(url: str, _path: Path, _count: int) -> dict[str, Any]:
    """Read every dossier that is due within two working days."""
    with _session(url) as session:
        return {"count": sum(1 for _ in due_soon(session, NOW))}


def step_look_up(url: str, _path: Path, count: int) -> dict[str, Any]:
    """Look dossiers up through the desk, with all that is counted and recorded; times in milliseconds."""
    engine = create_engine(url)
    sessions = session_factory(engine)
    authority = dossier_settings(load_profile())["authority"]
    desk = Desk(sessions, [OwnTable(sessions, SECRET)], authority, SECRET)
    taken: dict[str, list[float]] = {sort: [] for sort in _SORTS}
    dice = random.Random(2)
    with engine.connect():  # as in the product, where other programs hold the database open
        for number in range(LOOK_UPS):
            sort = _SORTS[number % len(_SORTS)]
            wanted = dice.randrange(count) + (count if sort == "no such code" else 0)
            typed = digits(wanted) if sort == "found" else "xxxx"
            with sessions.begin() as session:
                session.add(Conversation(id=f"b{number}", channel="rest", external_id=f"b{number}"))
                session.flush()
                proofs.leave(session, f"b{number}", seal(typed, SECRET), SECRET, NOW)
            started = time.perf_counter()
            (seen,) = desk.look_up(Asked(f"b{number}", (code(wanted),), "1"), NOW).seen
            taken[sort].append((time.perf_counter() - started) * 1000)
            assert (seen.found is not None) is (sort == "found")
    return {"times": taken}


STEPS: dict[str, Callable[[str, Path, int], dict[str, Any]]] = {
    "import": step_import,
    "import again": step_import,
    "overdue": step_overdue,
    "due soon": step_due_soon,
    "look up": step_look_up,
}


@contextmanager
def _session(url: str) -> Iterator[Any]:
    engine = create_engine(url)
    with session_factory(engine)() as session:
        yield session
    engine.dispose()


def main() -> int:
    """Measure and write; with ``--step`` do one step and print its figures as JSON."""
    options = _options()
    if options.step:
        started = time.perf_counter()
        figures = STEPS[options.step](options.url, options.path, options.dossiers)
        spent = {"seconds": time.perf_counter() - started, "cpu": time.process_time()}
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({**figures, **spent, "peak": peak}))
        return 0
    with tempfile.TemporaryDirectory(prefix="tthc-dossiers-") as name:
        table = Path(name) / "dossiers.csv"
        write_table(table, options.dossiers)
        measured = {kind: measure(kind, Path(name), table, options.dossiers) for kind in _kinds(options.database)}
    page = _page(measured, options)
    RESULT.write_text(page + "\n", encoding="utf-8")
    print(page)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-dossiers", description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--dossiers", type=int, default=1_000_000)
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.commit = "" if options.step else commit()
    return options


def _kinds(wanted: str) -> list[str]:
    kinds = ["sqlite", "postgresql"] if wanted == "both" else [wanted]
    if "postgresql" in kinds and postgres.find() is None:
        print("bench-dossiers: PostgreSQL (initdb, pg_ctl) is not installed: skipped", file=sys.stderr)
        kinds.remove("postgresql")
    return kinds


def measure(kind: str, folder: Path, table: Path, count: int) -> dict[str, dict[str, Any]]:
    """Return the figures of every step on a new database of that kind."""
    with database(kind, folder) as url:
        figures = {}
        for step in STEPS:
            print(f"--- {kind}: {step}", file=sys.stderr, flush=True)
            command = [sys.executable, "-m", "benchmarks.dossiers", "--step", step, "--url", url]
            command += ["--path", str(table), "--dossiers", str(count)]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            figures[step] = json.loads(done.stdout)
        figures["size"] = {"megabytes": _size(url)}
    return figures


def _size(url: str) -> float:
    engine = create_engine(url)
    query = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    if engine.dialect.name != "sqlite":
        query = "SELECT pg_database_size(current_database())"
    with engine.connect() as connection:
        size = connection.execute(sa.text(query)).scalar_one()
        assert connection.execute(sa.select(Dossier.id).limit(1)).first()
    engine.dispose()
    return float(size) / 1024**2


def _page(measured: dict[str, dict[str, dict[str, Any]]], options: argparse.Namespace) -> str:
    lines = [
        f"# {options.dossiers:,} dossiers".replace(",", " "),
        "",
        f"`make bench-dossiers`, {dt.date.today():%Y-%m-%d}, commit {options.commit},",
        f"{os.cpu_count()} cores, load {os.getloadavg()[1]:.1f} over the last 5 minutes.",
        "Invented dossiers from a CSV file in the national field names: fourteen in a hundred with a running clock,",
        "three in a hundred of these past their date. Each step is a process of its own; memory is its peak, Python",
        "and libraries included. PostgreSQL runs without durability, as in the tests.",
        "",
        "| database | step | dossiers | seconds | of these, processor | peak memory, MB |",
        "|---|---|---|---|---|---|",
    ]
    for kind, figures in measured.items():
        for step in islice(STEPS, 4):
            one = figures[step]
            lines.append(
                f"| {kind} | {step} | {one['count']} | {one['seconds']:.1f} | {one['cpu']:.1f} | {one['peak']:.0f} |"
            )
    lines += [
        "",
        "| database | look-up | number | median, ms | p99, ms | peak memory, MB |",
        "|---|---|---|---|---|---|",
    ]
    for kind, figures in measured.items():
        for sort, times in figures["look up"]["times"].items():
            middle, most = median(times), sorted(times)[int(len(times) * 0.99)]
            lines.append(
                f"| {kind} | {sort} | {len(times)} | {middle:.1f} | {most:.1f} | {figures['look up']['peak']:.0f} |"
            )
    sizes = ", ".join(f"{figures['size']['megabytes']:.0f} MB ({kind})" for kind, figures in measured.items())
    return "\n".join([*lines, "", f"The database afterwards: {sizes}."])


if __name__ == "__main__":
    sys.exit(main())
