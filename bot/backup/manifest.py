"""What is in one backup: its files with their checksums, and how many rows each table had at that moment."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from bot.errors import BackupError

NAME = "manifest.json"
_STAMP = "????-??-??T??-??-??Z"  # names of backups within their folder
_BLOCK = 1024 * 1024  # bytes


@dataclass(frozen=True)
class Manifest:
    """``kind`` is sqlite or postgresql, ``rows`` counts by table, ``checksums`` are SHA-256 by file name."""

    created_at: str
    kind: str
    rows: Mapping[str, int]
    checksums: Mapping[str, str]


def write(folder: Path, created_at: str, kind: str, rows: Mapping[str, int]) -> Manifest:
    """Write down what lies in the folder."""
    checksums = {path.name: _digest(path) for path in sorted(folder.iterdir())}
    manifest = Manifest(created_at, kind, dict(rows), checksums)
    (folder / NAME).write_text(json.dumps(asdict(manifest), indent=1) + "\n", encoding="utf-8")
    return manifest


def verified(folder: Path) -> Manifest:
    """Return the manifest of a backup whose files are as they were written.

    Raises:
        BackupError: it is no backup, or a file of it is missing or changed.
    """
    try:
        manifest = Manifest(**json.loads((folder / NAME).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise BackupError("no_backup", path=folder) from error
    for name, checksum in manifest.checksums.items():
        path = folder / name
        if not path.is_file() or _digest(path) != checksum:
            raise BackupError("damaged", path=path)
    return manifest


def newest(folder: Path) -> Path:
    """Return the backup meant by a folder: itself, or the newest in it."""
    if (folder / NAME).exists():
        return folder
    return max(folder.glob(_STAMP), default=folder)


def forget_old(folder: Path, keep: int) -> list[Path]:
    """Remove all but the newest ``keep`` backups (0 = keep all), and what a stopped one has left; return them."""
    complete = sorted(folder.glob(_STAMP))
    old = [*(complete[:-keep] if keep else []), *folder.glob(f".{_STAMP}")]
    for path in old:
        shutil.rmtree(path)
    return old


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
