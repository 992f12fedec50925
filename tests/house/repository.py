"""The files of the repository, for the tests about the house itself."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
ROOMS = ("actions", "bot", "knowledge", "nlu")
_FOREIGN = ("tests/browser/vendor/", "bot/static/vendor/")  # other people's files, kept as they came


@cache
def files(*suffixes: str) -> tuple[Path, ...]:
    """Return our files that git knows or would add, all or those with one of the suffixes."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    ours = [ROOT / name for name in sorted(set(listed)) if name and not name.startswith(_FOREIGN)]
    return tuple(path for path in ours if path.is_file() and (not suffixes or path.suffix in suffixes))


def name(path: Path) -> str:
    """Return how a file is called in messages and lists."""
    return path.relative_to(ROOT).as_posix()


def is_text(path: Path) -> bool:
    """Tell whether a file holds text."""
    return b"\0" not in path.read_bytes()[:8192]


def code() -> Iterator[tuple[Path, ast.Module]]:
    """Yield the parsed Python files outside the tests."""
    for path in files(".py"):
        if not name(path).startswith("tests/"):
            yield path, ast.parse(path.read_text(encoding="utf-8"))
