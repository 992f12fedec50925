"""The folder of files, outside everything that is served: random names, readable by this program alone.

A file is written under a name that ends in ``.part`` and takes its final name once the database knows
it. Whatever a crash leaves is settled at the next start: known files are completed, others removed.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bot.errors import FileRefused
from bot.files.kinds import HEAD, LARGEST_FILE, FileKind, check_whole, kind_of

_PART = ".part"
_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{30}")
_FORGOTTEN = 3600.0  # seconds after which an unknown part belongs to nobody any more
_LEAST_ROOM = 512 * 1024 * 1024  # bytes that must stay free on the disk


@dataclass(frozen=True)
class KeptFile:
    """A file whose bytes have all arrived: its ``path`` in the store, what it is, its size in bytes and digest."""

    path: str
    kind: FileKind
    size: int
    sha256: str


class Draft:
    """A file on its way in; refuses what is too large or of no kind that is taken, as early as it can tell."""

    def __init__(self, folder: Path, largest: int) -> None:
        self.path = _random_name()
        self._final = folder / self.path
        self._part = Path(f"{self._final}{_PART}")
        self._largest = largest
        self._head = b""
        self._kind: FileKind | None = None
        self._size = 0
        self._digest = hashlib.sha256()
        self._part.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = os.fdopen(os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")

    def write(self, chunk: bytes) -> None:
        """Add bytes.

        Raises:
            FileRefused: too large, or of no kind that is taken.
        """
        self._size += len(chunk)
        if self._size > self._largest:
            raise FileRefused("too_large")
        if self._kind is None:
            self._head += chunk[:HEAD]
            if len(self._head) >= HEAD:
                self._kind = kind_of(self._head)
        self._digest.update(chunk)
        self._file.write(chunk)

    def finish(self) -> KeptFile:
        """Bring the bytes safely to the disk and return what they are; ``keep`` or ``drop`` must follow.

        Raises:
            FileRefused: of no kind that is taken, or with something hidden inside.
        """
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        kind = self._kind or kind_of(self._head)
        check_whole(kind, self._part)
        return KeptFile(self.path, kind, self._size, self._digest.hexdigest())

    def keep(self) -> None:
        """Give the file its final name: the database knows it."""
        self._part.rename(self._final)

    def drop(self) -> None:
        """Remove what has arrived; does nothing to a file that is kept."""
        self._file.close()
        self._part.unlink(missing_ok=True)


class FileStore:
    """Files by the random names that the database keeps; ``largest`` in bytes."""

    def __init__(self, folder: Path, largest: int = LARGEST_FILE) -> None:
        self._folder = folder
        self._largest = largest

    def begin(self) -> Draft:
        """Return a new file to write.

        Raises:
            OSError: the disk is full, or nearly so.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        state = os.statvfs(self._folder)
        if state.f_bavail * state.f_frsize < _LEAST_ROOM:
            raise OSError("too little room for files")
        return Draft(self._folder, self._largest)

    def find(self, path: str) -> Path | None:
        """Return where a kept file lies, None when it is gone."""
        final = self._place(path)
        part = Path(f"{final}{_PART}")
        if not final.is_file() and part.is_file():  # the process died just before it gave the name
            with suppress(FileNotFoundError):
                part.rename(final)
        return final if final.is_file() else None

    def remove(self, path: str) -> None:
        """Remove a file for good; one that is gone is no error."""
        final = self._place(path)
        final.unlink(missing_ok=True)
        Path(f"{final}{_PART}").unlink(missing_ok=True)

    def settle(self, is_known: Callable[[str], bool], now: float | None = None) -> int:
        """Complete known files that a crash left unfinished, remove forgotten ones; return how many there were."""
        before = (time.time() if now is None else now) - _FORGOTTEN
        count = 0
        for part in sorted(self._folder.glob(f"*/*{_PART}")):
            path = f"{part.parent.name}/{part.name[: -len(_PART)]}"
            with suppress(FileNotFoundError):  # its own process has settled it meanwhile
                if is_known(path):
                    part.rename(self._folder / path)
                elif part.stat().st_mtime < before:
                    part.unlink()
                else:
                    continue
                count += 1
        return count

    def _place(self, path: str) -> Path:
        if not _NAME.fullmatch(path):  # nothing but our own names ever leads to a file
            raise ValueError("no name of a kept file")
        return self._folder / path


def _random_name() -> str:
    name = secrets.token_hex(16)
    return f"{name[:2]}/{name[2:]}"
