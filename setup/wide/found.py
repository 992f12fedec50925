"""Where Debian puts the programs that are not ours."""

from __future__ import annotations

import shutil
from pathlib import Path

from setup.console import SetupError

_POSTGRES = Path("/usr/lib/postgresql")
_PACKAGES = {
    "postgres": "postgresql",
    "initdb": "postgresql",
    "createdb": "postgresql",
    "redis-server": "redis-server",
    "haproxy": "haproxy",
}


def find(name: str) -> Path | None:
    """Return a program's path: of the newest PostgreSQL, on the PATH, or in a folder for administrators."""
    versions = sorted(_POSTGRES.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]), reverse=True)
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/local/sbin")
    return versions[0] if versions else Path(found) if found else None


def missing() -> list[str]:
    """Return the Debian packages that are needed and not installed."""
    return sorted({package for name, package in _PACKAGES.items() if find(name) is None})


def program(name: str) -> str:
    """Return a program's path as text.

    Raises:
        SetupError: it is not installed.
    """
    found = find(name)
    if found is None:
        raise SetupError(f"{name} is not installed: apt-get install {_PACKAGES.get(name, name)}")
    return str(found)
