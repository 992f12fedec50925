"""The front server by itself: on a database that is given, with no Rasa behind it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.delivery.programs import Program
from setup.probing import free_ports

SECRET = "a secret of the measurement alone"


@contextmanager
def front_server(folder: Path, database: str, more: Mapping[str, str] | None = None) -> Iterator[str]:
    """Run it, with its files in a folder and ``more`` settings, and return its address."""
    port, nobody = map(str, free_ports(2))
    url = f"http://127.0.0.1:{port}"
    own = {
        "BOT_HOST": "127.0.0.1",
        "BOT_PORT": port,
        "RASA_URL": f"http://127.0.0.1:{nobody}",
        "DATABASE_URL": database,
        "BOT_FILES_DIR": str(folder / "files"),
        "RASA_TRACKER_DB": str(folder / "rasa.db"),
        "TTHC_SECRET": SECRET,
    }
    env = {**os.environ, **(more or {}), **own}
    bot = Program("bot", f"exec {sys.executable} -m bot", env, f"{url}/healthz", folder / "bot.log")
    try:
        bot.start()
        bot.wait_until_ready()
        yield url
    finally:
        bot.kill()
