"""Writing what is known to files that can be read back: JSON lines, a folder of YAML, a spreadsheet.

JSON lines and YAML keep everything a record says. The spreadsheet has the columns of the province's
template; what does not fit into them is left blank, and a blank cell changes nothing when read back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from knowledge.errors import KnowledgeError
from knowledge.importers.spreadsheet_cells import sheet_words
from knowledge.importers.spreadsheet_write import cells_of, write_template
from knowledge.models import Procedure, ProcedureVersion
from knowledge.records import ProcedureRecord
from knowledge.views import ProcedureView, load_views


def export(session: Session, path: Path) -> int:
    """Write the current full records to ``.jsonl``, ``.xlsx`` or a folder of YAML; return how many.

    Raises:
        KnowledgeError: the ending of the path is none of these.
    """
    views = _views(session)
    if path.suffix == ".jsonl":
        return _write_jsonl(views, path)
    if path.suffix == ".xlsx":
        return _write_xlsx(views, path)
    if path.suffix:
        raise KnowledgeError(f"{path}: export writes .jsonl, .xlsx, or a folder of YAML (a name without an ending)")
    return _write_yaml(views, path)


def _views(session: Session) -> Iterator[ProcedureView]:
    version = ProcedureVersion
    query = sa.select(Procedure.code).join(version).where(version.superseded_at.is_(None), version.coverage == "full")
    codes = list(session.execute(query.order_by(Procedure.code)).scalars())
    for start in range(0, len(codes), 200):
        found = load_views(session, codes[start : start + 200])
        yield from (found[code] for code in codes[start : start + 200])


def plain(record: ProcedureRecord) -> dict[str, Any]:
    """Return a record as plain data without its empty parts, ready for YAML and JSON."""
    facts = json.loads(record.json())
    return {key: _without_blanks(value) for key, value in facts.items() if _says_something(key, value)}


def _says_something(key: str, value: object) -> bool:
    return key in ("modes", "fees", "levels") or value not in (None, "", [])


def _without_blanks(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_blanks(part) for key, part in value.items() if part not in (None, "", [], False)}
    return [_without_blanks(part) for part in value] if isinstance(value, list) else value


def _write_jsonl(views: Iterable[ProcedureView], path: Path) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for view in views:
            count += 1
            file.write(json.dumps(plain(view.record), ensure_ascii=False) + "\n")
    return count


def _write_yaml(views: Iterable[ProcedureView], folder: Path) -> int:
    count = 0
    folder.mkdir(parents=True, exist_ok=True)
    for view in views:
        count += 1
        text = yaml.safe_dump(plain(view.record), allow_unicode=True, sort_keys=False, width=110)
        (folder / f"{view.code}.yml").write_text(text, encoding="utf-8")
    return count


def _write_xlsx(views: Iterable[ProcedureView], path: Path) -> int:
    write_template(path)
    book = load_workbook(path)
    sheet = book[sheet_words()["sheet"]]
    count = 0
    for view in views:
        count += 1
        cells = cells_of(view)
        sheet.append([cells.get(column, "") for column in sheet_words()["columns"]])
    book.save(path)
    return count
