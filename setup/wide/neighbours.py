"""PostgreSQL, Redis and HAProxy, each on loopback with its data in a folder of ours."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from setup.console import SetupError
from setup.probing import answers
from setup.wide.found import program
from setup.wide.program import Program

_ACCOUNT = "postgres"  # of the system, where we are root, and in the database
_MOST_CONNECTIONS = 300
DATABASES = ("tthc", "rasa")
_TEMPLATES = re.compile(r"^  server-template (\w+) .*$", re.MULTILINE)


def secret(folder: Path, name: str) -> str:
    """Return a secret of this installation, made at its first start and kept in a file that only we read.

    The file is whole from its first moment: a start that is stopped in between leaves none, or all of it.
    """
    file = folder / name
    if not file.exists():
        _make_secret(file)
    return file.read_text(encoding="ascii")


def _make_secret(file: Path) -> None:
    handle, half = tempfile.mkstemp(dir=file.parent)  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="ascii") as out:
            out.write(secrets.token_hex(24))
        with suppress(FileExistsError):  # somebody else was first: that one counts
            os.link(half, file)
    finally:
        os.unlink(half)


def postgres(folder: Path, port: int, env: Mapping[str, str]) -> Program:
    """Return PostgreSQL; its cluster is made when there is none."""
    home = folder / "postgres"
    user = _ACCOUNT if os.geteuid() == 0 else ""
    if not (home / "data" / "PG_VERSION").exists():
        _initialise(home, secret(folder, "postgres.secret"), user)
    settings = f"-c listen_addresses=127.0.0.1 -c max_connections={_MOST_CONNECTIONS} -c unix_socket_directories="
    command = f"{program('postgres')} -D {home / 'data'} -p {port} {settings}"
    ready = [program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    return Program(
        "postgres",
        "postgres",
        command,
        env,
        lambda: subprocess.run(ready, check=False).returncode == 0,
        folder / "log" / "postgres.log",
        user,
    )


def _initialise(home: Path, password: str, user: str) -> None:
    shutil.rmtree(home, ignore_errors=True)  # half of one
    home.mkdir(parents=True)
    file = home / "password"
    file.touch(mode=0o600)
    file.write_text(password, encoding="ascii")
    if user:
        for path in (home, file):
            shutil.chown(path, user, user)
    command = [program("initdb"), "-D", str(home / "data"), "-A", "scram-sha-256", "-U", _ACCOUNT, "-E", "UTF8"]
    _run([*command, "--locale=C.UTF-8", f"--pwfile={file}"], user=user, cwd=home)
    file.unlink()


def create_databases(folder: Path, port: int) -> None:
    """Make the product's database and that of Rasa's memory, where they are not there yet."""
    env = {**os.environ, "PGPASSWORD": secret(folder, "postgres.secret")}
    for name in DATABASES:
        command = [program("createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", _ACCOUNT, name]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        if done.returncode and "already exists" not in done.stderr:
            raise SetupError(f"database {name} cannot be made: {done.stderr.strip()}")


def database_url(folder: Path, port: int, name: str) -> str:
    """Return the address of one of the databases."""
    return f"postgresql+psycopg2://{_ACCOUNT}:{secret(folder, 'postgres.secret')}@127.0.0.1:{port}/{name}"


def redis(folder: Path, port: int, env: Mapping[str, str]) -> Program:
    """Return Redis, which keeps nothing on the disk: what it holds are locks."""
    home = folder / "redis"
    home.mkdir(exist_ok=True)
    password = secret(folder, "redis.secret")
    settings = home / "redis.conf"
    settings.touch(mode=0o600)
    lines = ("bind 127.0.0.1", f"port {port}", f"requirepass {password}", 'save ""', "appendonly no", f"dir {home}")
    settings.write_text("\n".join((*lines, "")), encoding="ascii")
    ready = [program("redis-cli"), "-h", "127.0.0.1", "-p", str(port), "ping"]
    asking = {**os.environ, "REDISCLI_AUTH": password}

    def is_ready() -> bool:
        done = subprocess.run(ready, env=asking, capture_output=True, text=True, check=False)
        return done.stdout.strip() == "PONG"

    return Program("redis", "redis", f"{program('redis-server')} {settings}", env, is_ready, folder / "log/redis.log")


def proxy(
    folder: Path, template: Path, binds: Mapping[str, int], servers: Mapping[str, Sequence[int]], env: Mapping[str, str]
) -> Program:
    """Return HAProxy: ``binds`` are its ports by variable of the template, ``servers`` the ports behind by backend."""
    text = _TEMPLATES.sub(lambda found: _servers(found[1], servers[found[1]]), template.read_text(encoding="utf-8"))
    file = folder / "haproxy.cfg"
    file.write_text(text, encoding="utf-8")
    own = {**env, **{name: f"127.0.0.1:{port}" for name, port in binds.items()}, "TLS_PROXY": "127.0.0.1"}
    ready = f"http://127.0.0.1:{binds['PUBLIC_BIND']}/healthz"
    command = f"{program('haproxy')} -db -f {file}"
    return Program("proxy", "proxy", command, own, lambda: answers(ready), folder / "log" / "proxy.log")


def _servers(name: str, ports: Sequence[int]) -> str:
    return "\n".join(f"  server {name}-{place} 127.0.0.1:{port} check" for place, port in enumerate(ports, 1))


def _run(command: list[str], user: str, cwd: Path) -> None:
    account: dict[str, Any] = {"user": user, "group": user, "extra_groups": []} if user else {}
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, **account)
    except PermissionError as error:
        raise SetupError(f"the account {user} cannot enter {cwd}: choose a folder that it can") from error
    if done.returncode:
        raise SetupError(f"{Path(command[0]).name} failed: {done.stderr.strip()}")
