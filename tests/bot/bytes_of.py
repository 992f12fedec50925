"""Small files of every kind, as their first bytes show them."""

from __future__ import annotations

import io
import struct
import zipfile


def zipped(*names: str) -> bytes:
    """Return a ZIP archive with entries of these names."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return buffer.getvalue()


def crowded(names: int, long: int = 0, is_64: bool = False) -> bytes:
    """Return a document with so many further entries and a comment of so many bytes in each; its count is a lie."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in ("[Content_Types].xml", "word/document.xml", *map(str, range(names))):
            entry = zipfile.ZipInfo(name)
            entry.comment = b"x" * long
            archive.writestr(entry, "")
    whole, end = buffer.getvalue()[:-22], buffer.getvalue()[-22:]
    size, start = struct.unpack("<LL", end[12:20])
    if is_64:
        whole += struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, size, start)
        whole += struct.pack("<4sLQL", b"PK\x06\x07", 0, start + size, 1)
        size = start = 0xFFFFFFFF
    return whole + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, size, start, 0)


PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 24
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF" + b"\0" * 24
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"
DOCX = zipped("[Content_Types].xml", "word/document.xml")
DOCM = zipped("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin")
