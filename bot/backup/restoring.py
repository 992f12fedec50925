"""Putting a backup back: first everything that can fail is tried beside what is there, then all is exchanged."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import httpx

from bot.backup import erasures, files, manifest, postgresql, sqlite
from bot.backup.manifest import Manifest
from bot.backup.place import FILES, Place
from bot.errors import BackupError
from knowledge.database import knows, migrate

_TIMEOUT = 2.0  # seconds
_WORTH = ("conversations", "dossiers", "procedures", "staff")  # tables whose rows nobody wants to lose unasked


@dataclass(frozen=True)
class Restored:
    """What came back; ``erased`` is of how many conversations that had been erased since, None = nobody can tell."""

    manifest: Manifest
    erased: int | None


def restore(place: Place, folder: Path, force: bool = False) -> Restored:
    """Put the backup in ``folder`` (or the newest in it) in the place of what is there, and bring it up to date.

    What is there may be damaged, if forced. What has been erased since the backup is erased again at the next start.

    Raises:
        BackupError: it is damaged, of another kind of database or a newer release, the product runs, or something is
            there already and not forced; then nothing was changed. Or what came back is not what was saved.
    """
    source = manifest.newest(folder)
    found = _verified(place, source)
    _refuse_running(place)
    if not force and _has_worth(place):
        raise BackupError("not_empty")
    requests = erasures.read(place)
    try:
        _stage(place, source)
        _exchange_product(place, source)
    except BaseException:  # nothing is changed yet
        _drop(place)
        raise
    files.swap(place.files)
    _exchange_memory(place, source)
    is_same = place.rows() == found.rows
    migrate(place.database_url)
    erased = None if requests is None else erasures.demand(place, requests)
    if not is_same:
        raise BackupError("other_rows")
    return Restored(found, erased)


def _verified(place: Place, source: Path) -> Manifest:
    found = manifest.verified(source)
    if found.kind != place.kind:
        raise BackupError("other_kind", saved=found.kind, here=place.kind)
    for name in (place.product, FILES):
        if name not in found.checksums:
            raise BackupError("damaged", path=source / name)
    return found


def _has_worth(place: Place) -> bool:
    there = place.rows()
    return any(there.get(table) for table in _WORTH)


def _refuse_running(place: Place) -> None:
    used = sqlite.is_used(place.database_file) if place.kind == "sqlite" else postgresql.is_used(place.database_url)
    remembers = postgresql.is_used(place.tracker_url) if place.tracker_url else sqlite.is_used(place.tracker_db)
    if used or remembers or _answers(place.front_server):
        raise BackupError("running")


def _answers(address: str) -> bool:
    try:
        return bool(address) and httpx.get(f"{address}/healthz", timeout=_TIMEOUT, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _has_memory(place: Place, source: Path) -> bool:
    return (source / place.memory).exists()


def _stage(place: Place, source: Path) -> None:
    """Lay everything ready; nothing of what is there is touched."""
    if place.kind == "sqlite":
        sqlite.stage(source / place.product, place.database_file)
        revision = sqlite.revision(source / place.product)
    else:
        postgresql.check(source / place.product)
        revision = postgresql.revision(source / place.product)
    if revision and not knows(revision):
        raise BackupError("newer", revision=revision)
    if _has_memory(place, source) and place.tracker_url:
        postgresql.check(source / place.memory)
    elif _has_memory(place, source):
        sqlite.stage(source / place.memory, place.tracker_db)
    files.stage(source / FILES, place.files)


def _exchange_product(place: Place, source: Path) -> None:
    """First, for it is what can still fail."""
    if place.kind == "sqlite":
        sqlite.swap(place.database_file)
    else:
        postgresql.put(source / place.product, place.database_url)


def _exchange_memory(place: Place, source: Path) -> None:
    """Last, for it may be lost."""
    if _has_memory(place, source) and place.tracker_url:
        postgresql.put(source / place.memory, place.tracker_url)
    elif _has_memory(place, source):
        sqlite.swap(place.tracker_db)


def _drop(place: Place) -> None:
    if place.kind == "sqlite":
        sqlite.drop(place.database_file)
    if not place.tracker_url:
        sqlite.drop(place.tracker_db)
    files.drop(place.files)
