"""The province's spreadsheet: cells as people write them, partial rows, refusals by cell."""

from __future__ import annotations

import datetime as dt

import pytest
from openpyxl import Workbook, load_workbook

from knowledge.errors import ImportFileError
from knowledge.export import export
from knowledge.importers.base import Reason
from knowledge.importers.runner import run_import
from knowledge.importers.spreadsheet_cells import CellError, cell_text, read_day, read_fee, read_paper, read_time
from knowledge.importers.spreadsheet_write import write_template
from knowledge.store import save_record
from knowledge.views import load_view

KNOWN = ["1.004222", "1.004194", "1.000894", "1.001193", "1.000656", "2.000815"]


@pytest.fixture
def known(session, make_record):
    """A session that knows the procedures of the sample sheet."""
    for code in KNOWN:
        save_record(session, make_record(code=code), "bundled")
    session.commit()
    return session


def test_the_sample_sheet(known, fixtures):
    (report,) = run_import(known, fixtures / "province_fees.csv")
    assert report.counts == {"read": 11, "created": 1, "changed": 2, "unchanged": 1, "rejected": 7}
    said = [(row, issue.reason, issue.detail.split(":")[0]) for row, issue in report.issues]
    assert said == [
        (0, Reason.BAD_CELL, "columns not understood"),
        (3, Reason.SUSPICIOUS_AMOUNT, "column 'Phí trực tiếp'"),
        (4, Reason.BAD_CELL, "column 'Phí hiệu lực từ'"),
        (5, Reason.BAD_CELL, "column 'Thời gian trực tiếp'"),
        (6, Reason.BAD_CELL, "column 'Phí hiệu lực từ'"),
        (8, Reason.BAD_CELL, "column 'Lĩnh vực'"),
        (8, Reason.BAD_CELL, "column 'Cấp'"),
        (8, Reason.BAD_CELL, "column 'Cơ quan giải quyết'"),
        (8, Reason.BAD_CELL, "column 'Ngày kiểm tra'"),
        (9, Reason.BAD_CODE, "column 'Mã thủ tục'"),
        (10, Reason.DUPLICATE_CODE, "an earlier row has this code"),
        (12, Reason.BAD_CODE, "the row has no code"),
    ]


@pytest.mark.parametrize(("day", "amount"), [(dt.date(2026, 11, 30), 20000), (dt.date(2026, 12, 1), 25000)])
def test_a_new_fee_starts_on_its_day_and_the_old_one_ends_before(known, fixtures, day, amount):
    run_import(known, fixtures / "province_fees.csv")
    fees = load_view(known, "1.004222", day).fees
    assert [fee.amount for fee in fees if "in_person" in fee.modes] == [amount]


def test_empty_cells_keep_what_is_there(known, fixtures):
    before = load_view(known, "1.004222").record
    run_import(known, fixtures / "province_fees.csv")
    after = load_view(known, "1.004222").record
    assert after.dict(exclude={"fees"}) == before.dict(exclude={"fees"})


def test_a_new_procedure_comes_in_whole(known, fixtures):
    run_import(known, fixtures / "province_fees.csv")
    view = load_view(known, "9.000001")
    assert (view.coverage, view.origin) == ("full", "spreadsheet")
    assert [paper.name for paper in view.record.papers] == ["Đơn đề nghị", "Căn cước", "Ảnh 3x4"]
    assert [fee.kind.value for fee in view.record.fees] == ["free"]
    assert [time.unit.value for mode in view.record.modes for time in mode.times] == ["same_day"]


def test_a_second_import_changes_nothing(known, fixtures):
    run_import(known, fixtures / "province_fees.csv")
    (again,) = run_import(known, fixtures / "province_fees.csv")
    assert (again.count("changed"), again.count("created")) == (0, 0)


@pytest.mark.parametrize(
    ("text", "fee"),
    [
        ("25.000", {"kind": "amount", "amount": 25000, "per": ""}),
        ("25000 đ", {"kind": "amount", "amount": 25000, "per": ""}),
        ("25,000", {"kind": "amount", "amount": 25000, "per": ""}),
        ("25 000đ/lần", {"kind": "amount", "amount": 25000, "per": "lần"}),
        ("1.500.000 đồng / hồ sơ", {"kind": "amount", "amount": 1500000, "per": "hồ sơ"}),
        ("0", {"kind": "free"}),
        ("MIỄN PHÍ", {"kind": "free"}),
        ("mien phi", {"kind": "free"}),
        ("chưa rõ", {"kind": "unknown"}),
        ("5.000 đ mỗi trang", {"kind": "rule", "rule": "5.000 đ mỗi trang"}),
    ],
)
def test_fee_cells(text, fee):
    assert read_fee(text) == fee


@pytest.mark.parametrize("text", ["135", "25.00", "999 đ", "1.5", "25.0000", "1,23"])
def test_amounts_that_cannot_be_are_refused(text):
    with pytest.raises(CellError):
        read_fee(text)


@pytest.mark.parametrize(
    ("text", "unit", "time"),
    [
        ("7 ngày làm việc", "", {"amount": 7, "max_amount": None, "unit": "working_day"}),
        ("3-15", "ngày", {"amount": 3, "max_amount": 15, "unit": "day"}),
        ("8 gio", "", {"amount": 8, "max_amount": None, "unit": "hour"}),
        ("trong ngày", "", {"unit": "same_day"}),
        ("ngay", "", {"unit": "immediate"}),
    ],
)
def test_time_cells(text, unit, time):
    assert read_time(text, unit) == time


@pytest.mark.parametrize(("text", "unit"), [("7", ""), ("bảy ngày", ""), ("7 tuần", "")])
def test_times_without_a_known_unit_are_refused(text, unit):
    with pytest.raises(CellError, match="with a unit"):
        read_time(text, unit)


@pytest.mark.parametrize(
    ("line", "paper"),
    [
        ("Tờ khai", ("Tờ khai", None, None, False)),
        ("- Tờ khai (bản chính)", ("Tờ khai", 1, None, False)),
        ("Sổ (01 bản chính, 02 bản sao)", ("Sổ", 1, 2, False)),
        ("Căn cước (xuất trình)", ("Căn cước", None, None, True)),
        ("Giấy khai sinh (nếu có)", ("Giấy khai sinh (nếu có)", None, None, False)),
    ],
)
def test_paper_lines(line, paper):
    found = read_paper(line)
    assert (found["name"], found["originals"], found["copies"], found["present"]) == paper


@pytest.mark.parametrize("text", ["01/12/2026", "1-12-2026", "2026-12-01", cell_text(dt.datetime(2026, 12, 1))])
def test_day_cells(text):
    assert read_day(text, "fee_from") == dt.date(2026, 12, 1)


def test_the_template_filled_by_hand_is_read_back(known, tmp_path):
    path = tmp_path / "mẫu.xlsx"
    write_template(path)
    book = load_workbook(path)
    sheet = book.worksheets[0]
    place = {cell.value: cell.column for cell in sheet[1]}
    for head, value in {
        "Mã thủ tục": "1.004222",
        "Phí trực tuyến": 12500,
        "Căn cứ phí": "12/2026/NQ-HĐND",
        "Phí hiệu lực từ": dt.datetime(2026, 12, 1),
        "Đã đối chiếu": "Có",
        "Người nhập": "Lê Thị Hoa",
    }.items():
        sheet.cell(2, place[head], value)
    book.save(path)
    (report,) = run_import(known, path)
    assert (report.source, report.counts) == ("mẫu.xlsx Thủ tục", {"read": 1, "changed": 1})
    fees = load_view(known, "1.004222", dt.date(2026, 12, 2)).fees
    assert [(fee.amount, fee.status.value) for fee in fees if "online" in fee.modes] == [(12500, "verified")]


def test_an_exported_sheet_read_back_loses_nothing(known, make_record, tmp_path):
    detailed = [{"name": "Tờ khai", "form": "Mẫu 01", "originals": 1, "note": "ký tên", "replaced_by_data": True}]
    save_record(known, make_record(code="9.000005", papers=detailed), "bundled")
    export(known, tmp_path / "all.xlsx")
    (report,) = run_import(known, tmp_path / "all.xlsx")
    assert report.counts == {"read": len(KNOWN) + 1, "unchanged": len(KNOWN) + 1}


def _no_code_column(path):
    book = Workbook()
    book.active.append(["Tên", "Phí"])
    book.save(path)


@pytest.mark.parametrize(
    ("name", "write", "message"),
    [
        ("a.xlsx", lambda path: path.write_bytes(b"not a workbook"), "not an xlsx file"),
        ("b.csv", lambda path: path.write_bytes("Mã thủ tục".encode("utf-16")), "not UTF-8"),
        ("c.csv", lambda path: path.write_text("Tên;Phí\n"), "no column 'Mã thủ tục'"),
        ("d.xlsx", _no_code_column, "no column 'Mã thủ tục'"),
        ("e.csv", lambda path: path.write_text(""), "no column 'Mã thủ tục'"),
        ("f.csv", lambda path: path.write_text("Mã thủ tục;Tên\n"), "nothing to import"),
    ],
)
def test_files_that_are_no_sheet_are_one_clear_error(session, tmp_path, name, write, message):
    write(tmp_path / name)
    with pytest.raises(ImportFileError, match=message):
        run_import(session, tmp_path / name)
