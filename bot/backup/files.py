"""Copies of citizens' files: into one archive, and back within their own folder, which may be a volume of its own."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path

from bot.errors import BackupError

_NEW, _OLD = ".restored", ".replaced"  # beside the files of before: a volume's own folder cannot be renamed
_OF_THE_VOLUME = "lost+found"


def save(files: Path, target: Path) -> None:
    """Put every file into an archive."""
    target.touch(mode=0o600)
    with tarfile.open(target, "w") as archive:
        for path in _found(files):
            try:
                archive.add(path, str(path.relative_to(files)))
            except FileNotFoundError:  # erased in this moment
                continue


def _found(files: Path) -> list[Path]:
    found = sorted(files.rglob("*")) if files.is_dir() else []
    ours = [path for path in found if path.relative_to(files).parts[0] not in (_NEW, _OLD, _OF_THE_VOLUME)]
    return [path for path in ours if path.is_file() and not path.is_symlink()]


def stage(archive: Path, files: Path) -> None:
    """Unpack an archive beside the files that are there: what can fail fails now.

    Raises:
        BackupError: something in it is no file below the folder.
    """
    drop(files)
    new = files / _NEW
    new.mkdir(parents=True, mode=0o700)
    (files / _OLD).mkdir(mode=0o700)
    with tarfile.open(archive) as found:
        for member in found.getmembers():
            target = (new / member.name).resolve()
            if not member.isfile() or new.resolve() not in target.parents:
                raise BackupError("damaged", path=archive)
            found.extract(member, new)


def swap(files: Path) -> None:
    """Put what is staged in the place of the files of before."""
    for path in files.iterdir():
        if path.name not in (_NEW, _OLD, _OF_THE_VOLUME):
            path.rename(files / _OLD / path.name)
    for path in (files / _NEW).iterdir():
        path.rename(files / path.name)
    drop(files)


def drop(files: Path) -> None:
    """Remove what a staging has left."""
    for name in (_NEW, _OLD):
        if (files / name).exists():
            shutil.rmtree(files / name)
