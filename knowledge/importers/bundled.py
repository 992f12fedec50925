"""Written records: one YAML file per procedure, as in ``knowledge/data/procedures``, or exported JSON lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from pydantic import ValidationError
from sqlalchemy.orm import Session

from knowledge.errors import RecordError
from knowledge.importers.base import Importer, Reason, Row, refused
from knowledge.records import ProcedureRecord, read_record
from knowledge.store import Incoming

FOLDER = Path(__file__).parent.parent / "data" / "procedures"


def accepts(path: Path) -> bool:
    """Tell whether the path is a folder of records, one record, or JSON lines written by an export."""
    if path.is_dir():
        return next(path.rglob("*.yml"), None) is not None
    return path.suffix == ".yml" or (path.suffix == ".jsonl" and _is_export(path))


def read(_session: Session, path: Path) -> Iterator[Row]:
    """Yield a row per record; a wrong one is refused with its place, the others go on."""
    first: dict[str, str] = {}
    for number, (place, load) in enumerate(_records(path), 1):
        yield _row(path.name, number, place, load, first)


def _records(path: Path) -> Iterator[tuple[str, Callable[[], ProcedureRecord]]]:
    if path.suffix == ".jsonl":
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                yield f"{path} line {number}", partial(ProcedureRecord.parse_raw, line)
        return
    for file in sorted(path.rglob("*.yml")) if path.is_dir() else [path]:
        yield str(file), partial(read_record, file)


def _row(source: str, number: int, place: str, load: Callable[[], ProcedureRecord], first: dict[str, str]) -> Row:
    try:
        record = load()
    except RecordError as error:
        return refused(source, number, Reason.INVALID_RECORD, str(error))
    except ValidationError as error:
        return refused(source, number, Reason.INVALID_RECORD, f"{place}: {error}")
    if record.code in first:
        detail = f"{place}: the code stands in {first[record.code]} already"
        return refused(source, number, Reason.DUPLICATE_CODE, detail, record.code)
    first[record.code] = place
    return Row(source, number, Incoming(record, "bundled"))


def _is_export(path: Path) -> bool:
    with path.open(encoding="utf-8", errors="replace") as file:
        return '"short_name"' in file.readline()


IMPORTER = Importer("bundled", accepts, read)
