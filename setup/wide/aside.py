"""Commands on what the wide topology has stored: accounts, records, backup, and restore while it stands."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from setup import services
from setup.console import SetupError
from setup.environment import PYTHON
from setup.probing import free_ports
from setup.processes import signals
from setup.wide import neighbours, rolling
from setup.wide.topology import rest_token, stored

ROOMS = ("bot", "knowledge")


def run(folder: Path, room: str, arguments: Sequence[str]) -> int:
    """Run ``python -m ROOM`` beside the topology in a folder; where it stands still its database is started for that.

    Raises:
        SetupError: nothing was ever stored there.
    """
    with _database(folder) as port:
        env = environment(folder, port)
        return subprocess.run([str(PYTHON), "-m", room, *arguments], env=env, check=False).returncode


def environment(folder: Path, port: int) -> Mapping[str, str]:
    """Return what such a command runs with."""
    return services.environment({**os.environ, **stored(folder, port), "BOT_REST_TOKEN": rest_token(folder)})


@contextmanager
def _database(folder: Path) -> Iterator[int]:
    port = rolling.database_port(folder)
    if port is not None:
        yield port
        return
    if not (folder / "postgres" / "data").is_dir():
        raise SetupError(f"Nothing is stored in {folder}: make wide")
    port = free_ports(1)[0]
    program = neighbours.postgres(folder, port, os.environ)
    try:
        program.start()
        program.wait_until_ready(60.0)
        yield port
    finally:
        with signals.ignored():
            program.stop()
