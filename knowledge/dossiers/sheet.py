"""The table of dossiers as a file (csv in UTF-8, or xlsx): its lines, one after the other, never all at once."""

from __future__ import annotations

import csv
import datetime as dt
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from openpyxl import load_workbook

from knowledge.answers.wording import Texts, load_texts
from knowledge.errors import ImportFileError
from nlu.text import fold

_FILE = Path(__file__).parent / "importing.vi.yml"
_LOOK_FOR_HEAD = 10  # lines; offices like to put a title above the table


@dataclass(frozen=True)
class Sheet:
    """A file whose head is read: columns that nobody knows, and the lines below as (number, cell by column)."""

    strangers: tuple[str, ...]
    lines: Iterator[tuple[int, dict[str, str]]]


def import_texts() -> Texts:
    """Return the columns and the sentences of the import."""
    return load_texts(_FILE)


def open_sheet(path: Path) -> Sheet:
    """Return the table in a file.

    Raises:
        ImportFileError: the file is of another kind, cannot be read, or lacks a needed column.
    """
    kinds = {".csv": _csv_rows, ".xlsx": _xlsx_rows}
    if path.suffix.lower() not in kinds or not path.is_file():
        raise ImportFileError(import_texts()("file.kind", path=path))
    rows = enumerate(kinds[path.suffix.lower()](path), 1)
    for _number, row in islice(rows, _LOOK_FOR_HEAD):
        places, strangers = _columns(row)
        if not _missing(places):
            return Sheet(tuple(strangers), _lines(rows, places))
    heads = ", ".join(import_texts().get("columns")[name]["head"] for name in _missing({}))
    raise ImportFileError(import_texts()("file.no_head", path=path, columns=heads, rows=_LOOK_FOR_HEAD))


def _csv_rows(path: Path) -> Iterator[list[str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            file.seek(0)
            mark = max(",;\t", key=first.count)
            for row in csv.reader(file, delimiter=mark):
                yield [cell.strip() for cell in row]
    except UnicodeDecodeError as error:
        raise ImportFileError(import_texts()("file.encoding", path=path)) from error
    except csv.Error as error:
        raise ImportFileError(f"{path}: {error}") from error


def _xlsx_rows(path: Path) -> Iterator[list[str]]:
    """Yield the rows of the first sheet; the others are an office's own business."""
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise ImportFileError(import_texts()("file.broken", path=path, error=error)) from error
    for row in book.worksheets[0].iter_rows(values_only=True):
        yield [_text(value) for value in row]
    book.close()


def _text(value: object) -> str:
    """Return a cell's text: moments in ISO 8601, whole numbers without a tail."""
    if value is None:
        return ""
    if isinstance(value, (dt.datetime, dt.date)):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _columns(row: list[str]) -> tuple[dict[str, int], list[str]]:
    known = {_folded(column["head"]): name for name, column in import_texts().get("columns").items()}
    places = {known[_folded(text)]: place for place, text in enumerate(row) if _folded(text) in known}
    return places, [text for text in row if text and _folded(text) not in known]


def _missing(places: Mapping[str, int]) -> list[str]:
    columns = import_texts().get("columns").items()
    return [name for name, column in columns if column.get("needed") and name not in places]


def _folded(text: str) -> str:
    return re.sub(r"[\W_]+", "", fold(text))


def _lines(rows: Iterator[tuple[int, list[str]]], places: Mapping[str, int]) -> Iterator[tuple[int, dict[str, str]]]:
    for number, row in rows:
        cells = {name: row[place] for name, place in places.items() if place < len(row)}
        if any(cells.values()):
            yield number, cells
