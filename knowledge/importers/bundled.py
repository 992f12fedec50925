"""The records written by hand in ``knowledge/data/procedures``: one YAML file per procedure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.orm import Session

from knowledge.errors import RecordError
from knowledge.importers.base import Importer, Reason, Row, refused
from knowledge.records import read_record
from knowledge.store import Incoming

FOLDER = Path(__file__).parent.parent / "data" / "procedures"


def accepts(path: Path) -> bool:
    """Tell whether the path is a folder of records or one record."""
    if path.is_dir():
        return next(path.rglob("*.yml"), None) is not None
    return path.suffix == ".yml"


def read(_session: Session, path: Path) -> Iterator[Row]:
    """Yield a row per YAML file; a wrong file is refused with its name, the others go on."""
    files = sorted(path.rglob("*.yml")) if path.is_dir() else [path]
    first: dict[str, Path] = {}
    for number, file in enumerate(files, 1):
        yield _row(file, path, number, first)


def _row(file: Path, folder: Path, number: int, first: dict[str, Path]) -> Row:
    source = folder.name
    try:
        record = read_record(file)
    except RecordError as error:
        return refused(source, number, Reason.INVALID_RECORD, str(error))
    if record.code in first:
        detail = f"{file}: the code stands in {first[record.code]} already"
        return refused(source, number, Reason.DUPLICATE_CODE, detail, record.code)
    first[record.code] = file
    return Row(source, number, Incoming(record, "bundled"))


IMPORTER = Importer("bundled", accepts, read)
