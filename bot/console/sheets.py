"""Tables as spreadsheets, in which nothing that somebody typed becomes a formula."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from io import BytesIO
from urllib.parse import quote

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from starlette.responses import Response

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LONGEST_CELL = 32_000  # characters; the format ends at 32,767

Cell = str | int | float | dt.date | dt.datetime | None


def spreadsheet(title: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return a workbook of one sheet. Moments are to be given in the reader's time, without a zone."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    head = [WriteOnlyCell(sheet, value=harmless(word)) for word in header]
    for cell in head:
        cell.font = Font(bold=True)
    sheet.append(head)
    for row in rows:
        sheet.append([harmless(value) if isinstance(value, str) else value for value in row])
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def harmless(text: str) -> str:
    """Return a text that no spreadsheet program takes for a formula, now or after it was saved as CSV."""
    clean = _UNPRINTABLE.sub(" ", text)[:_LONGEST_CELL]
    return f"'{clean}" if clean.startswith(_FORMULA) else clean


def download(content: bytes, name: str) -> Response:
    """Return a workbook as a file to be saved."""
    disposition = f"attachment; filename*=UTF-8''{quote(name)}"
    return Response(content, media_type=XLSX, headers={"Content-Disposition": disposition})
