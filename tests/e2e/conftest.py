"""The whole product, started for each file by the command a person uses, on ports and a database of its own."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from setup.probing import free_ports

ROOT = Path(__file__).parents[2]
_DEMO = re.compile(r"^\W*(?P<code>\S+)\s+status (?P<status>\d+)\s+last digits (?P<proof>\d{4})")


@dataclass(frozen=True)
class Product:
    """A running product: its address, its database file, what it printed, a demo dossier that is being processed."""

    url: str
    database: Path
    printed: str
    code: str
    proof: str


@pytest.fixture(scope="module")
def alone() -> Iterator[None]:
    """Wait until no other of these products runs: each writes the logs in ``var/log`` from their beginning."""
    (ROOT / "var").mkdir(exist_ok=True)
    with (ROOT / "var" / "one-product.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, alone: None) -> Iterator[Product]:
    """Start the product as ``make run`` does; stop it with Ctrl-C."""
    folder = tmp_path_factory.mktemp("product")
    ports = free_ports(3)
    database = folder / "tthc.db"
    env = {
        **os.environ,
        "BOT_PORT": str(ports[0]),
        "RASA_PORT": str(ports[1]),
        "ACTIONS_PORT": str(ports[2]),
        "RASA_URL": f"http://127.0.0.1:{ports[1]}",
        "ACTIONS_URL": f"http://127.0.0.1:{ports[2]}",
        "DATABASE_URL": f"sqlite:///{database}",
        "RASA_TRACKER_DB": str(folder / "rasa.db"),
        "TTHC_DEMO": "1",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "setup", "run"],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        printed = _until_ready(process)
        code, proof = _demo_in_progress(printed)
        yield Product(f"http://127.0.0.1:{ports[0]}", database, printed, code, proof)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def _until_ready(process: subprocess.Popen[str]) -> str:
    lines: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line)
        if line.startswith("Stop "):
            return "".join(lines)
    raise AssertionError("the product did not start:\n" + "".join(lines[-40:]))


def _demo_in_progress(printed: str) -> tuple[str, str]:
    for line in printed.splitlines():
        found = _DEMO.search(line.strip())
        if found and found["status"] == "4":
            return found["code"], found["proof"]
    raise AssertionError("no demo dossier in progress was printed")
