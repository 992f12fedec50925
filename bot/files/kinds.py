"""What a file is, by its bytes alone: names, endings and Content-Type are claims of a stranger."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.errors import FileRefused

LARGEST_FILE = 10 * 1024 * 1024
HEAD = 16  # bytes that are enough to tell

_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"mif1", b"msf1")
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_LARGEST_DIRECTORY, _MOST_ENTRIES = 1024 * 1024, 2000
_ENTRY = b"PK\x01\x02"  # begins each entry of a directory
_DOCX_PARTS = {"[Content_Types].xml", "word/document.xml"}


@dataclass(frozen=True)
class FileKind:
    """A kind that is taken: its media type, the ending it is saved under, and how its first bytes look."""

    media_type: str
    ending: str
    begins: Callable[[bytes], bool]

    @property
    def is_image(self) -> bool:
        """Whether it is a picture."""
        return self.media_type.startswith("image/")


KINDS = (
    FileKind("image/jpeg", "jpg", lambda head: head.startswith(b"\xff\xd8\xff")),
    FileKind("image/png", "png", lambda head: head.startswith(b"\x89PNG\r\n\x1a\n")),
    FileKind("image/heic", "heic", lambda head: head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS),
    FileKind("application/pdf", "pdf", lambda head: head.startswith(b"%PDF-")),
    FileKind(_DOCX, "docx", lambda head: head.startswith(b"PK\x03\x04")),
)


def kind_of(head: bytes) -> FileKind:
    """Return the kind that the first ``HEAD`` bytes show.

    Raises:
        FileRefused: none that is taken.
    """
    for kind in KINDS:
        if kind.begins(head):
            return kind
    raise FileRefused("empty" if not head else "type")


def ending_of(media_type: str) -> str:
    """Return the ending of a kept file's media type, "" when it is none of ours."""
    return next((kind.ending for kind in KINDS if kind.media_type == media_type), "")


def check_whole(kind: FileKind, path: Path) -> None:
    """Look inside a container: every ZIP begins like a DOCX, and a document may carry a program.

    Raises:
        FileRefused: it is no document, or one with macros.
    """
    if kind.media_type != _DOCX:
        return
    try:
        with _Directory(path) as file, zipfile.ZipFile(file) as archive:  # nothing is unpacked
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise FileRefused("type") from error
    if not names >= _DOCX_PARTS:
        raise FileRefused("type")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise FileRefused("macro")


class _Directory(io.FileIO):
    """An archive whose directory is read only when it is small: what it says of its own size may be a lie."""

    def read(self, size: int | None = -1) -> bytes:
        """Return what ``ZipFile`` asks for: the end of the file, then the whole directory.

        Raises:
            zipfile.BadZipFile: it is larger than that of any document, or would make too many objects.
        """
        if size is not None and size > _LARGEST_DIRECTORY:
            raise zipfile.BadZipFile("large directory")
        found = super().read(size)
        if found.count(_ENTRY) > _MOST_ENTRIES:
            raise zipfile.BadZipFile("many entries")
        return found
