"""A PostgreSQL of our own for tests: a cluster in a temporary folder, thrown away at the end."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from knowledge.database import migrate
from setup.probing import free_ports

_FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
_ACCOUNT = "postgres"
_TEMPLATE = "migrated"


def find() -> Path | None:
    """Return the folder of PostgreSQL's programs, None when it is not installed."""
    found = shutil.which("initdb")
    return Path(found).parent if found else next((folder for folder in reversed(_FOLDERS)), None)


class Cluster:
    """A running server on a free port of this machine, without durability; ``fresh`` makes databases."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="tthc-pg-"))
        self._count = 0
        # PostgreSQL refuses to run as root
        self._as: dict[str, Any] = {"user": _ACCOUNT, "group": _ACCOUNT} if os.geteuid() == 0 else {}
        if self._as:
            shutil.chown(self._folder, _ACCOUNT, _ACCOUNT)
        self._run("initdb", "-D", str(self._data), "-A", "trust", "-U", _ACCOUNT, "-E", "UTF8", "--no-sync")
        self._port = free_ports(1)[0]
        self.start()
        migrate(self._create(_TEMPLATE))

    def start(self) -> None:
        """Start the server, and return when it takes connections."""
        options = f"-p {self._port} -k {self._folder} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200"
        self._run("pg_ctl", "-D", str(self._data), "-w", "-l", str(self._folder / "log"), "-o", options, "start")

    def crash(self) -> None:
        """End the server and all connections without a good-bye; what was committed stays."""
        self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "stop")

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self._folder, timeout=60, **self._as)

    def _url(self, name: str) -> str:
        return f"postgresql+psycopg2://{_ACCOUNT}@127.0.0.1:{self._port}/{name}"

    def _create(self, name: str, template: str = "template0") -> str:
        engine = sa.create_engine(self._url("postgres"), future=True, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        engine.dispose()
        return self._url(name)

    def fresh(self) -> str:
        """Return the URL of a new database with all tables."""
        self._count += 1
        return self._create(f"test_{self._count}", _TEMPLATE)

    def stop(self) -> None:
        """Stop the server, if it runs, and delete everything."""
        with suppress(subprocess.CalledProcessError):
            self.crash()
        shutil.rmtree(self._folder, ignore_errors=True)
