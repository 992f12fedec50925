"""Taking a backup of the database, Rasa's memory and the files."""

from __future__ import annotations

import shutil
from pathlib import Path

from bot.backup import files, manifest, postgresql, sqlite
from bot.backup.manifest import Manifest
from bot.backup.place import FILES, Place
from knowledge.models import utc_now


def save(place: Place, folder: Path) -> tuple[Path, Manifest]:
    """Make a backup below ``folder`` while everything runs, and return where it is and what is in it.

    The database comes before the files: a file that is gone by then was meant to go.

    Raises:
        BackupError: a tool is missing or failed; nothing that looks like a backup is left.
    """
    created_at = utc_now().strftime("%Y-%m-%dT%H-%M-%SZ")
    half = folder / f".{created_at}"
    half.mkdir(parents=True, mode=0o700)
    try:
        found = _save_product(place, half)
        _save_memory(place, half)
        files.save(place.files, half / FILES)
        made = manifest.write(half, created_at, place.kind, found)
        half.rename(folder / created_at)
    except BaseException:
        shutil.rmtree(half, ignore_errors=True)
        raise
    return folder / created_at, made


def _save_product(place: Place, folder: Path) -> dict[str, int]:
    if place.kind == "sqlite":
        return sqlite.copy(place.database_file, folder / place.product)
    return postgresql.dump(place.database_url, folder / place.product)


def _save_memory(place: Place, folder: Path) -> None:
    if place.tracker_url:
        postgresql.dump(place.tracker_url, folder / place.memory)
    elif place.tracker_db.is_file():
        sqlite.copy(place.tracker_db, folder / place.memory)
