"""What a file is, by its bytes alone: names, endings and Content-Type are claims of a stranger."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.errors import FileRefused

LARGEST_FILE = 10 * 1024 * 1024
HEAD = 16  # bytes that are enough to tell

_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"mif1", b"msf1")
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
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
        with zipfile.ZipFile(path) as archive:  # reads the directory alone: nothing is unpacked
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise FileRefused("type") from error
    if not names >= _DOCX_PARTS:
        raise FileRefused("type")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise FileRefused("macro")
