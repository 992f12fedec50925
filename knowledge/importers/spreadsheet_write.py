"""What stands, as cells of the province's spreadsheet, and the empty template."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from knowledge.importers.spreadsheet_cells import sheet_words
from knowledge.records import FeeKind, FeeRecord, ModeName, PaperRecord, ProcedureRecord, TimeRecord
from knowledge.views import ProcedureView


def write_template(path: Path) -> None:
    """Write an empty spreadsheet with every column, and a sheet that explains them."""
    words = sheet_words()
    book = Workbook()
    sheet = book.active
    sheet.title = words["sheet"]
    helps = book.create_sheet(words["help_sheet"])
    helps.append(words["help_heads"])
    for number, column in enumerate(words["columns"].values(), 1):
        cell = sheet.cell(1, number, column["heads"][0])
        cell.font, cell.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[get_column_letter(number)].width = 18
        helps.append([column["heads"][0], column["help"]])
    # codes and amounts are text: Excel would turn 25.000 into 25
    for number in range(1, len(words["columns"]) + 1):
        sheet.column_dimensions[get_column_letter(number)].number_format = "@"
    sheet.freeze_panes = "B2"
    helps.column_dimensions["A"].width, helps.column_dimensions["B"].width = 24, 100
    book.save(path)


def cells_of(view: ProcedureView) -> dict[str, str]:
    """Return what a row of the spreadsheet says of a procedure; what fits no column is left out."""
    record = view.record
    cells = {
        "code": record.code,
        "name": record.name,
        "short_name": record.short_name,
        "aliases": "\n".join(record.aliases),
        "field": record.field,
        "levels": ", ".join(_word("levels", level.value) for level in record.levels),
        "agency": record.agency.name,
        "where": record.agency.where,
        "papers": "\n".join(_paper(paper) for paper in record.papers or () if not paper.case),
        "steps": "\n".join(record.steps),
        "results": "\n".join(record.results),
        "legal_basis": "\n".join(f"{text.number}: {text.title}".rstrip(": ") for text in record.legal_basis),
        "url": record.source.url,
        "decision": record.source.decision,
        "checked_on": _day(record.source.checked_on),
    }
    if any(paper.case for paper in record.papers or ()):
        cells["papers"] = ""  # cases have no column: an empty cell keeps what is there
    return {**cells, **_times(record), **_fees(view)}


def _times(record: ProcedureRecord) -> dict[str, str]:
    single = {mode.mode: mode.times[0] for mode in record.modes if len(mode.times) == 1 and not mode.times[0].case}
    return {f"time_{mode.value}": _time(time) for mode, time in single.items()}


def _time(time: TimeRecord) -> str:
    words = sheet_words()["words"]
    if time.unit.value in ("same_day", "immediate"):
        return words[time.unit.value][0]
    if time.amount is None or time.unit.value == "unknown":
        return ""
    most = f"-{time.max_amount}" if time.max_amount else ""
    return f"{time.amount}{most} {_word('units', time.unit.value)}"


def _fees(view: ProcedureView) -> dict[str, str]:
    """Return the fee cells; only fees of one source and period fit into a row."""
    usual = [fee for fee in view.fees if not fee.case and fee.kind is not FeeKind.UNKNOWN]
    if len({(fee.legal_source, fee.valid_from, fee.valid_to) for fee in usual}) != 1:
        return {}
    first = usual[0]
    cells = {"fee_source": first.legal_source, "fee_from": _day(first.valid_from), "fee_to": _day(first.valid_to)}
    for fee in usual:
        for mode in fee.modes or tuple(mode.mode for mode in view.record.modes):
            cells[f"fee_{ModeName(mode).value}"] = _fee(fee)
    return cells


def _fee(fee: FeeRecord) -> str:
    if fee.kind is FeeKind.AMOUNT:
        amount = f"{fee.amount:,}".replace(",", ".")
        return f"{amount} đ/{fee.per}" if fee.per else amount
    return fee.rule or sheet_words()["words"]["free"][0].capitalize()


def _paper(paper: PaperRecord) -> str:
    papers = sheet_words()["papers"]
    marks = [f"{count:02} {papers[kind].split('|')[0]}" for kind, count in _counts(paper) if count]
    marks += [papers["present"]] if paper.present else []
    return f"{paper.name} ({', '.join(marks)})" if marks else paper.name


def _counts(paper: PaperRecord) -> tuple[tuple[str, int | None], ...]:
    return (("original", paper.originals), ("copy", paper.copies))


def _word(kind: str, meaning: str) -> str:
    return next(word for word, value in sheet_words()["words"][kind].items() if value == meaning)


def _day(day: dt.date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else ""
