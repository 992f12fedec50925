"""Small files of every kind, as their first bytes show them."""

from __future__ import annotations

import io
import zipfile


def zipped(*names: str) -> bytes:
    """Return a ZIP archive with entries of these names."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return buffer.getvalue()


PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 24
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF" + b"\0" * 24
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"
DOCX = zipped("[Content_Types].xml", "word/document.xml")
DOCM = zipped("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin")
