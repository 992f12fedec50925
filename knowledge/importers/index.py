"""The index of facts that comes with the product: one line per procedure of the national files.

``knowledge/data/index/procedures.csv`` holds no running text: only codes, names, levels, agencies,
times, fee amounts with their status, legal numbers and the portal link. It is written by
``python -m knowledge build-index FROM`` and read at install with coverage ``index``.
``knowledge/README.md`` explains the short forms.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError
from sqlalchemy.orm import Session

from knowledge.errors import ImportFileError
from knowledge.importers import national
from knowledge.importers.base import Importer, Reason, Row, refused
from knowledge.importers.index_codes import LEVELS, read_fees, read_modes, write_fees, write_modes
from knowledge.importers.national_text import short_name
from knowledge.importers.phrases import phrases, portal
from knowledge.records import (
    AgencyRecord,
    Audience,
    LegalRecord,
    ProcedureRecord,
    SourceRecord,
    Status,
)
from knowledge.store import Incoming

TABLE = Path(__file__).parent.parent / "data" / "index" / "procedures.csv"
_COLUMNS = (
    *("code", "name", "field", "levels", "agency", "audience"),
    *("modes", "fees", "legal", "link", "file", "decision"),
)
# most links share this beginning; it is left out of the table
_LINK = "https://dichvucong.gov.vn/thu-tuc-hanh-chinh/"


def accepts(path: Path) -> bool:
    """Tell whether the path is an index table."""
    if path.suffix != ".csv" or not path.is_file():
        return False
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.readline().strip() == ",".join(_COLUMNS)


def read(_session: Session, path: Path) -> Iterator[Row]:
    """Yield a row per line of the table."""
    with path.open(encoding="utf-8", newline="") as file:
        for number, line in enumerate(csv.DictReader(file), 1):
            try:
                yield Row(path.name, number, Incoming(_record(line), "index", "index"))
            except (ValidationError, ValueError, KeyError) as error:
                yield refused(path.name, number, Reason.INVALID_RECORD, str(error)[:300], line.get("code") or "")


def build_index(source: Path, table: Path = TABLE) -> int:
    """Write the table anew from national files; return the number of lines.

    Raises:
        ImportFileError: no national file is there, or a row of one could not be read.
    """
    lines = []
    for row in national.read_files(source):
        if row.incoming is not None:
            lines.append(_line(row.source, row.incoming.record))
        elif row.number:
            raise ImportFileError(f"{row.source} row {row.number}: {row.issues[0].detail}")
    table.parent.mkdir(parents=True, exist_ok=True)
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(lines, key=lambda line: line["code"]))
    return len(lines)


def _line(source: str, record: ProcedureRecord) -> dict[str, str]:
    return {
        "code": record.code,
        "name": record.name,
        "field": record.field,
        "levels": "".join(LEVELS[level] for level in record.levels),
        "agency": f"{LEVELS[record.agency.level]}:{record.agency.name}",
        "audience": record.audience.value,
        "modes": write_modes(record.modes),
        "fees": write_fees(record.fees),
        "legal": " ".join(text.number for text in record.legal_basis if " " not in text.number),
        "link": record.source.url.removeprefix(_LINK).removeprefix(phrases()["portal_url"]),
        "file": source,
        "decision": record.source.decision,
    }


def _record(line: dict[str, str]) -> ProcedureRecord:
    levels = {letter: level for level, letter in LEVELS.items()}
    checked_on = phrases()["files"][line["file"]]["checked_on"]
    letter, agency = line["agency"].split(":", 1)
    return ProcedureRecord(
        code=line["code"],
        name=line["name"],
        short_name=short_name(line["name"]),
        field=line["field"],
        audience=Audience(line["audience"]),
        agency=AgencyRecord(name=agency, level=levels[letter]),
        levels=tuple(levels[letter] for letter in line["levels"]),
        modes=read_modes(line["modes"]),
        fees=read_fees(line["fees"], checked_on),
        legal_basis=tuple(LegalRecord(number=number) for number in line["legal"].split()),
        source=SourceRecord(
            name=portal(),
            url=_LINK + line["link"] if line["link"] else phrases()["portal_url"],
            decision=line["decision"],
            checked_on=checked_on,
        ),
        status=Status.UNVERIFIED,
    )


IMPORTER = Importer("index", accepts, read)
