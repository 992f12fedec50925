"""Copies of PostgreSQL databases by ``pg_dump``, all from one moment, and back by ``pg_restore`` and ``psql``."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import sqlalchemy as sa
from sqlalchemy.engine import Connection, make_url

from bot.errors import BackupError

_FOLDERS = Path("/usr/lib/postgresql")
_LEAVING = 2.0  # seconds
_VERSION = re.compile(rb"(?m)^COPY [^\n]*alembic_version[^\n]*;\n([^\n\\]+)$")
# Who waits for a lock longer than this shares the database with somebody: nothing is changed then.
_BEGIN = b"BEGIN; SET LOCAL lock_timeout = '10s'; DROP SCHEMA public CASCADE; CREATE SCHEMA public;\n"
_COMMIT = b"\nCOMMIT;\n"


def dump(url: str, target: Path) -> dict[str, int]:
    """Write a database as it is at one moment, and return the rows of its tables at that moment."""
    target.touch(mode=0o600)
    engine = sa.create_engine(url, future=True, isolation_level="REPEATABLE READ", poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        snapshot = connection.execute(sa.text("SELECT pg_export_snapshot()")).scalar()
        found = _rows(connection)
        where, env = _where(url)
        _run("pg_dump", "--format=custom", "--no-owner", f"--snapshot={snapshot}", f"--file={target}", *where, env=env)
    return found


def rows(url: str) -> dict[str, int]:
    """Return the number of rows by table."""
    engine = sa.create_engine(url, future=True, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        return _rows(connection)


def _rows(connection: Connection) -> dict[str, int]:
    quote = connection.dialect.identifier_preparer.quote
    names = sorted(sa.inspect(connection).get_table_names())
    return {name: connection.execute(sa.text(f"SELECT count(*) FROM {quote(name)}")).scalar() for name in names}


def check(source: Path) -> None:
    """Look whether a dump can be read to its end and the programs are there that put it back.

    Raises:
        BackupError: it cannot, or they are not.
    """
    _program("psql")
    _run("pg_restore", "--list", str(source))


def revision(source: Path) -> str:
    """Return the version of the schema in a dump of the product's database, "" when none is in it."""
    script = _run("pg_restore", "--data-only", "--table=alembic_version", "--file=-", str(source))
    found = _VERSION.search(script)
    return found[1].decode() if found else ""


def put(source: Path, url: str) -> None:
    """Put a dump in the place of everything in a database that nobody uses: all of it, or nothing is changed."""
    where, env = _where(url)
    reading = [_program("pg_restore"), "--no-owner", "--file=-", str(source)]
    writing = [_program("psql"), "--no-psqlrc", "--quiet", "--output=/dev/null", "--set=ON_ERROR_STOP=1", *where]
    with _piped(reading) as (script, reader), _piped(writing, stdin=subprocess.PIPE, env=env) as (_, writer):
        assert writer.stdin is not None
        with suppress(BrokenPipeError):  # it has stopped at an error, which is told below
            writer.stdin.write(_BEGIN)
            shutil.copyfileobj(script, writer.stdin)
            if reader.wait() == 0:  # else the end of the input is a rollback
                writer.stdin.write(_COMMIT)
            writer.stdin.close()


@contextmanager
def _piped(
    command: list[str], stdin: int = subprocess.DEVNULL, env: Mapping[str, str] | None = None
) -> Iterator[tuple[IO[bytes], subprocess.Popen[bytes]]]:
    """Run a program beside the body; yield what it writes, and the program.

    Raises:
        BackupError: it failed.
    """
    with tempfile.TemporaryFile() as errors:
        program = subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, stderr=errors, env=env)
        assert program.stdout is not None
        try:
            yield program.stdout, program
        finally:
            program.stdout.close()
            code = program.wait()
        if code:
            errors.seek(0)
            raise _failed(command[0], errors.read())


def is_used(url: str) -> bool:
    """Tell whether any other client stays connected: one that has hung up is listed a moment longer."""
    until = time.monotonic() + _LEAVING
    while _has_others(url):
        if time.monotonic() > until:
            return True
        time.sleep(0.05)
    return False


def _has_others(url: str) -> bool:
    """Tell whether the server lists another client; its own workers, who have no user, do not count."""
    others = sa.text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND usesysid IS NOT NULL AND pid <> pg_backend_pid()"
    )
    engine = sa.create_engine(url, future=True, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        return bool(connection.execute(others).scalar())


def _where(url: str) -> tuple[list[str], dict[str, str]]:
    """Return the arguments that lead to a database, and the environment with its password.

    A password is never an argument: those are shown to everybody on the machine. What stands behind the question mark
    of the address (``?sslmode=require``, ``?host=/run/postgresql``) is libpq's, and goes along.
    """
    parsed = make_url(url)
    query = dict(parsed.query)
    password = parsed.password or query.pop("password", None)
    plain = parsed.set(drivername="postgresql", query=query)._replace(password=None)
    env = {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}
    return ["--no-password", f"--dbname={plain.render_as_string(hide_password=False)}"], env


def _run(name: str, *arguments: str, env: Mapping[str, str] | None = None) -> bytes:
    done = subprocess.run([_program(name), *arguments], env=env, capture_output=True, check=False)
    if done.returncode:
        raise _failed(name, done.stderr)
    return done.stdout


def _failed(name: str, said: bytes) -> BackupError:
    reason = (said.decode(errors="replace").strip().splitlines() or ["?"])[-1]
    return BackupError("tool_failed", name=Path(name).name, reason=reason)


def _program(name: str) -> str:
    """Return the newest of the installed ones: an older one refuses a newer server."""
    versions = sorted(_FOLDERS.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    found = str(versions[-1]) if versions else shutil.which(name)
    if not found:
        raise BackupError("no_tool", name=name)
    return found
