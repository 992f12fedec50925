"""The spreadsheet that a province fills (xlsx, or csv in UTF-8): new procedures, or cells to change.

Columns and words stand in ``spreadsheet.vi.yml``; ``python -m knowledge template FILE.xlsx`` writes
an empty one. A row with a wrong cell is refused with sheet, row and column; the others go in.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from openpyxl import load_workbook
from pydantic import ValidationError
from sqlalchemy.orm import Session

from knowledge.errors import ImportFileError
from knowledge.importers.base import Importer, Issue, Reason, Row, refused
from knowledge.importers.spreadsheet_cells import cell_text, sheet_words
from knowledge.importers.spreadsheet_merge import Merge
from knowledge.store import Incoming, resolve_code
from knowledge.views import load_view
from nlu.text import fold

_CODE = re.compile(r"^\d\.\d{6}(\.[0-9A-Z]+)*$")
_LOOK_FOR_HEAD = 10


def accepts(path: Path) -> bool:
    """Tell whether the path is a spreadsheet."""
    return path.is_file() and path.suffix.lower() in (".xlsx", ".csv")


def read(session: Session, path: Path) -> Iterator[Row]:
    """Yield a row per line that names a procedure.

    Raises:
        ImportFileError: the file is no spreadsheet, not UTF-8, or has no column for the code.
    """
    sheets = _csv_sheet(path) if path.suffix.lower() == ".csv" else _xlsx_sheets(path)
    seen: set[str] = set()
    found = False
    for title, grid in sheets:
        head = _head(grid)
        if head is not None:
            found = True
            yield from _read_sheet(session, f"{path.name} {title}".strip(), grid, head, seen)
    if not found:
        name = sheet_words()["columns"]["code"]["heads"][0]
        raise ImportFileError(f"{path}: no column {name!r} in the first {_LOOK_FOR_HEAD} rows of any sheet")


def _xlsx_sheets(path: Path) -> Iterator[tuple[str, list[list[str]]]]:
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise ImportFileError(f"{path}: not an xlsx file ({error})") from error
    for sheet in book.worksheets:
        if sheet.title == sheet_words()["help_sheet"]:
            continue
        yield sheet.title, [[cell_text(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    book.close()


def _csv_sheet(path: Path) -> Iterator[tuple[str, list[list[str]]]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ImportFileError(f"{path}: not UTF-8; save it as 'CSV UTF-8' ({error})") from error
    first = text.split("\n", 1)[0]
    mark = max(",;\t", key=first.count)
    yield "", [[cell_text(value) for value in row] for row in csv.reader(io.StringIO(text), delimiter=mark)]


def _head(grid: list[list[str]]) -> int | None:
    codes = {fold(head) for head in sheet_words()["columns"]["code"]["heads"]}
    for number, row in enumerate(grid[:_LOOK_FOR_HEAD]):
        if any(fold(text) in codes for text in row):
            return number
    return None


def _read_sheet(session: Session, source: str, grid: list[list[str]], head: int, seen: set[str]) -> Iterator[Row]:
    columns, strangers = _columns(grid[head])
    if strangers:
        yield Row(source, 0, None, (Issue(Reason.BAD_CELL, f"columns not understood: {', '.join(strangers)}"),))
    for number, texts in enumerate(grid[head + 1 :], head + 2):
        cells = {column: texts[place] for column, place in columns.items() if place < len(texts)}
        if cells.get("code") and not cells["code"].startswith("#"):
            yield _read_row(session, source, number, cells, seen)
        elif any(cells.values()) and not cells.get("code"):
            yield refused(source, number, Reason.BAD_CODE, "the row has no code")


def _columns(row: list[str]) -> tuple[dict[str, int], list[str]]:
    known = {fold(head): key for key, column in sheet_words()["columns"].items() for head in column["heads"]}
    columns = {known[fold(text)]: place for place, text in enumerate(row) if fold(text) in known}
    return columns, [text for text in row if text and fold(text) not in known]


def _read_row(session: Session, source: str, number: int, cells: dict[str, str], seen: set[str]) -> Row:
    if not _CODE.match(cells["code"]):
        return refused(source, number, Reason.BAD_CODE, f"{_place('code')}: {cells['code']!r} is not a code")
    code = resolve_code(session, cells["code"]) or cells["code"][:8]
    if code in seen:
        return refused(source, number, Reason.DUPLICATE_CODE, "an earlier row has this code", code)
    seen.add(code)
    view = load_view(session, code)
    merge = Merge(cells, code, view)
    try:
        record = merge.record()
    except ValidationError as error:
        return refused(source, number, Reason.INVALID_RECORD, str(error)[:300], code)
    if record is None:
        return Row(source, number, None, _issues(merge.errors, Reason.BAD_CELL, code, rejected=True))
    coverage = "full" if view is None or "papers" in merge.changed else view.coverage
    incoming = Incoming(record, "spreadsheet", coverage, cells.get("editor", ""))
    return Row(source, number, incoming, _issues(merge.suspicious, Reason.SUSPICIOUS_AMOUNT, code, rejected=False))


def _issues(found: list[tuple[str, str]], reason: Reason, code: str, rejected: bool) -> tuple[Issue, ...]:
    return tuple(Issue(reason, f"{_place(column)}: {message}", code, rejected) for column, message in found)


def _place(column: str) -> str:
    return f"column {sheet_words()['columns'][column]['heads'][0]!r}"


IMPORTER = Importer("spreadsheet", accepts, read)
