"""The virtual environment: made from the pinned files in one pip call, and left alone while it fits them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import site
import sys
from collections.abc import Callable
from pathlib import Path

from setup.console import SetupError
from setup.processes import call

FOLDER = Path(".venv")
PYTHON = FOLDER / "bin" / "python"
RUNTIME, DEVELOPMENT = Path("requirements.txt"), Path("requirements-dev.txt")
_STAMP = FOLDER / "stamp.json"
_LOG = Path("var/log/environment.log")
_NEEDED = 5 * 1024**3  # bytes: the packages unpack to 3.1 GB, pip keeps up to 1.5 GB more while it works
_SPARE = 300 * 1024**2  # bytes: database, model and logs of a product that is already installed


def ensure(with_tests: bool, alive: Callable[[str, str], None]) -> str:
    """Make the environment fit the pinned files and say what was done.

    Tests once installed stay installed: every pip call names all files, because a call for some
    of the packages can raise a version that Rasa needs.

    Raises:
        SetupError: too little disk, or pip failed.
    """
    check_disk(_SPARE)
    stamp = _read_stamp()
    files = [RUNTIME, *([DEVELOPMENT] if with_tests or str(DEVELOPMENT) in stamp else [])]
    wanted = {str(file): _digest(file) for file in files}
    if stamp == {**wanted, "python": _version()}:
        return f"fits {' and '.join(wanted)}"
    check_disk(_NEEDED)
    _install(files, alive)
    _STAMP.write_text(json.dumps({**wanted, "python": _version()}), encoding="utf-8")
    return f"installed from {' and '.join(wanted)}"


def use() -> None:
    """Let this process import what is installed in the environment (it has the same Python)."""
    site.addsitedir(str(FOLDER / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"))


def check_disk(needed: int, free: int | None = None) -> None:
    """Raise SetupError when the disk has fewer than ``needed`` bytes free."""
    free = shutil.disk_usage(".").free if free is None else free
    if free < needed:
        raise SetupError(
            f"The disk is too full: {free / 1024**3:.1f} GB free, {needed / 1024**3:.1f} GB needed in {Path.cwd()}."
        )


def _install(files: list[Path], alive: Callable[[str, str], None]) -> None:
    _STAMP.unlink(missing_ok=True)
    if _version() != _version_of_folder():
        call("environment", [sys.executable, "-m", "venv", "--clear", str(FOLDER)], os.environ, _LOG, alive)
    # --no-deps: the files name every package, so there is nothing to resolve; `pip check` proves it
    named = [part for file in files for part in ("-r", str(file))]
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    call("environment", [*pip, "install", "--no-deps", *named], os.environ, _LOG, alive)
    call("environment", [*pip, "check"], os.environ, _LOG, alive)


def _version() -> str:
    return ".".join(map(str, sys.version_info[:3]))


def _version_of_folder() -> str:
    """Return the version of the Python that made the folder, "" when there is none that works."""
    try:
        lines = (FOLDER / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    settings = dict(line.split(" = ", 1) for line in lines if " = " in line)
    return settings.get("version", "") if os.access(PYTHON, os.X_OK) else ""


def _read_stamp() -> dict[str, str]:
    try:
        stamp: dict[str, str] = json.loads(_STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if os.access(PYTHON, os.X_OK) else {}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
