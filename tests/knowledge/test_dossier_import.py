"""The office's own table of dossiers: columns in any order, bad rows named, doing it again changes nothing."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from openpyxl import Workbook
from sqlalchemy.orm import Session

from knowledge.cli import main
from knowledge.demo import seed
from knowledge.dossiers.cells import CellError, last_digits, read_moment
from knowledge.dossiers.importing import Report, import_dossiers
from knowledge.dossiers.table import find_proven
from knowledge.errors import ImportFileError
from knowledge.models import Dossier, DossierEvent
from knowledge.profile import load_profile
from knowledge.proof import seal

KEY = b"a key of at least sixteen"
NOW = dt.datetime(2026, 11, 23, 2, 0, tzinfo=dt.timezone.utc)
PROFILE = load_profile("lam-dong")
LAND, HOME, SINGLE = "000.15.H36-261110-0042", "H36.15-20261116-0000043", "000.15.H36-261102-0044"


@pytest.fixture
def sample(fixtures: Path) -> Path:
    return fixtures / "dossiers" / "mot_cua.csv"


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., Path]:
    """A writer of small tables: a row is a mapping from column to cell."""

    def write(*rows: dict[str, Any], name: str = "ho_so.csv") -> Path:
        path, heads = tmp_path / name, list(rows[0])
        cells = [heads, *([row.get(head, "") for head in heads] for row in rows)]
        if name.endswith(".xlsx"):
            book = Workbook()
            for row in cells:
                book.active.append(row)
            book.save(path)
        else:
            with path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows(cells)
        return path

    return write


def load(session: Session, path: Path, now: dt.datetime = NOW) -> Report:
    return import_dossiers(session, path, PROFILE, KEY, now)


def get(session: Session, code: str) -> Dossier:
    return session.scalars(sa.select(Dossier).where(Dossier.code == code)).one()


def test_good_rows_go_in_and_bad_ones_are_named_with_line_and_column(session: Session, sample: Path) -> None:
    report = load(session, sample)
    assert dict(report.counts) == {"read": 8, "created": 4, "refused": 4, "changed": 0, "unchanged": 0}
    assert list(report.lines()) == [
        "mot_cua.csv: 8 dòng, 4 mới, 0 đổi, 0 giữ nguyên, 4 bị loại",
        "mot_cua.csv: bỏ qua các cột không biết: MaLinhVuc",
        "bị loại  dòng 6, cột TrangThaiHoSo: «11» không phải mã trạng thái từ 1 đến 10",
        "bị loại  dòng 7, cột MaDoiTuong: không đọc được 4 số cuối; để ô ở dạng văn bản, chỉ một số",
        "bị loại  dòng 7, cột NgayHenTra: «31/02/2026» không phải ngày; "
        "ghi 2026-11-20, 2026-11-20T17:00 hoặc 20261120170000",
        "bị loại  dòng 8, cột TrangThaiHoSo: ô trống",
        "bị loại  dòng 8, cột MaHoSo: «không có» không có chữ số nào, không phải mã hồ sơ",
        "bị loại  dòng 9, cột MaHoSo: mã này đã có ở dòng 3",
        "lưu ý    dòng 10, cột NgayHenTra: ngày hẹn trả trước ngày tiếp nhận",
        "lưu ý    dòng 10, cột MaDoiTuong: không có số giấy tờ lẫn số điện thoại, "
        "người dân sẽ không tra được hồ sơ này",
    ]


def test_both_shapes_of_dates_and_bare_days(session: Session, sample: Path) -> None:
    load(session, sample)
    zone = PROFILE.time_zone
    land, home = get(session, LAND), get(session, HOME)
    assert land.received_at == dt.datetime(2026, 11, 10, 8, 30, tzinfo=zone)
    assert land.due_at == dt.datetime(2026, 11, 20, 17, 0, tzinfo=zone)  # a bare day ends with the office
    assert home.received_at == dt.datetime(2026, 11, 16, 8, 30, tzinfo=zone)
    assert home.due_at == dt.datetime(2026, 11, 25, 17, 0, tzinfo=zone)
    assert (land.procedure_code, land.source, land.seen_at) == ("1.013831", "own", NOW)


@pytest.mark.parametrize(
    ("code", "digits", "fits"),
    [
        (LAND, "1234", True),
        (LAND, "5678", True),
        (HOME, "5679", True),
        (SINGLE, "3456", True),
        (LAND, "5679", False),
        (HOME, "1234", False),
    ],
)
def test_both_numbers_prove_their_own_dossier_alone(
    session: Session, sample: Path, code: str, digits: str, fits: bool
) -> None:
    load(session, sample)
    assert (find_proven(session, code, seal(digits, KEY), KEY) is not None) is fits


def test_no_name_and_no_number_is_kept_or_printed(session: Session, sample: Path, tmp_path: Path) -> None:
    report = load(session, sample)
    session.commit()
    kept = b"".join(path.read_bytes() for path in sorted(tmp_path.glob("own.db*")))
    said = "\n".join(report.lines()).encode()
    for secret in ("060199001234", "0912345678", "0912 345 678", "345678", "260123456", "Hoa", "hoa@vd.vn", "Nam"):
        assert secret.encode() not in kept + said
    assert "Đăng ký biến động".encode() in kept
    assert get(session, LAND).note == "Bà […] ([…]) xin nhận thay, […]"


def test_a_second_import_changes_nothing_but_when_it_was_seen(session: Session, sample: Path) -> None:
    load(session, sample)
    before = session.execute(sa.select(*(c for c in Dossier.__table__.c if c.name != "seen_at"))).all()
    later = NOW + dt.timedelta(days=1)
    report = load(session, sample, later)
    assert (report.counts["unchanged"], report.counts["created"], report.counts["changed"]) == (4, 0, 0)
    assert session.execute(sa.select(*(c for c in Dossier.__table__.c if c.name != "seen_at"))).all() == before
    assert set(session.scalars(sa.select(Dossier.seen_at))) == {later}
    assert session.scalar(sa.select(sa.func.count()).select_from(DossierEvent)) == 4


def test_a_changed_status_adds_an_event_and_a_changed_date_does_not(session: Session, table: Callable) -> None:
    row = {"MaHoSo": LAND, "TrangThaiHoSo": 2, "TenTTHC": "x", "MaDoiTuong": "060199001234", "NgayHenTra": "2026-11-20"}
    steps = [row, {**row, "NgayHenTra": "2026-11-27"}, {**row, "TrangThaiHoSo": 9}, {**row, "TrangThaiHoSo": 9}]
    counted = []
    for day, step in enumerate(steps):
        report = load(session, table(step), NOW + dt.timedelta(days=day))
        statuses = session.scalars(sa.select(DossierEvent.status).order_by(DossierEvent.id)).all()
        counted.append(([name for name in ("created", "changed", "unchanged") if report.counts[name]], statuses))
    assert counted == [(["created"], [2]), (["changed"], [2]), (["changed"], [2, 9]), (["unchanged"], [2, 9])]


def test_an_absent_column_and_an_empty_number_keep_what_is_there(session: Session, table: Callable) -> None:
    load(
        session, table({"MaHoSo": LAND, "TrangThaiHoSo": 2, "TenTTHC": "x", "SoDienThoai": "0912345678", "GhiChu": "y"})
    )
    load(session, table({"MaHoSo": LAND, "TrangThaiHoSo": 4, "TenTTHC": "x", "SoDienThoai": ""}))
    assert get(session, LAND).note == "y"
    assert find_proven(session, LAND, seal("5678", KEY), KEY) is not None


def test_a_workbook_with_real_dates_and_numbers(session: Session, table: Callable) -> None:
    row = {
        "Mã hồ sơ": LAND,
        "Trạng thái hồ sơ": 4,
        "Tên TTHC": "Đăng ký biến động",
        "Mã đối tượng": 60199001234,
        "Ngày hẹn trả": dt.datetime(2026, 11, 20),
        "Ngày hẹn trả mới": dt.datetime(2026, 11, 27, 16, 30),
        "Ngày tiếp nhận": 20261110083000,
    }
    report = load(session, table(row, name="ho_so.xlsx"))
    assert (report.counts["created"], report.problems) == (1, [])
    land = get(session, LAND)
    assert land.due_at == dt.datetime(2026, 11, 20, 17, 0, tzinfo=PROFILE.time_zone)
    assert land.new_due_at == dt.datetime(2026, 11, 27, 16, 30, tzinfo=PROFILE.time_zone)
    assert land.received_at == dt.datetime(2026, 11, 10, 8, 30, tzinfo=PROFILE.time_zone)
    assert find_proven(session, LAND, seal("1234", KEY), KEY) is not None


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-11-20", "2026-11-20T17:00+07:00"),
        ("2026-11-20T00:00:00", "2026-11-20T17:00+07:00"),
        ("20261120000000", "2026-11-20T17:00+07:00"),
        ("20261120", "2026-11-20T17:00+07:00"),
        ("20261120163000", "2026-11-20T16:30+07:00"),
        ("202611201630", "2026-11-20T16:30+07:00"),
        ("2026-11-20 16:30", "2026-11-20T16:30+07:00"),
        ("2026-11-20T16:30:15.000", "2026-11-20T16:30:15+07:00"),
        ("2026-11-20T09:30:00Z", "2026-11-20T16:30+07:00"),
        ("2026-11-20T09:30:00.000Z", "2026-11-20T16:30+07:00"),
        ("20/11/2026", "2026-11-20T17:00+07:00"),
        ("20/11/2026 16:30", "2026-11-20T16:30+07:00"),
        ("", None),
    ],
)
def test_moments(written: str, moment: str | None) -> None:
    expected = dt.datetime.fromisoformat(moment) if moment else None
    assert read_moment(written, PROFILE, at_end=True) == expected


@pytest.mark.parametrize(
    "written", ["20261320", "2026-02-30", "11/20/2026", "20/11", "mai", "0001-01-01", "99991231", "45981"]
)
def test_what_is_no_moment(written: str) -> None:
    with pytest.raises(CellError):
        read_moment(written, PROFILE, at_end=False)


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("060199001234", "1234"),
        ("60199001234", "1234"),
        ("+84 912.345.678", "5678"),
        ("(0912) 345-678", "5678"),
        ("1234", "1234"),
        ("", ""),
        ("123", None),
        ("6.0199E+10", None),
        ("0912345678; 0987654321", None),
        ("09123456780987654321", None),
        ("không có", None),
    ],
)
def test_the_last_digits_of_one_number(written: str, digits: str | None) -> None:
    if digits is None:
        with pytest.raises(CellError):
            last_digits(written)
    else:
        assert last_digits(written) == digits


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.csv", b"MaHoSo,TenTTHC\n1,x\n", "thiếu cột MaHoSo, TrangThaiHoSo"),
        ("x.csv", "MaHoSo,TrạngThai".encode("utf-16"), "không phải UTF-8"),
        ("x.xlsx", b"no workbook", "không đọc được tệp .xlsx"),
        ("x.pdf", b"", "không phải tệp .csv hay .xlsx"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_sentence(
    session: Session, tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ImportFileError, match=message):
        load(session, tmp_path / name)


def test_demo_dossiers_make_way_for_real_ones(session: Session, sample: Path, database_url: str, capsys) -> None:
    count = len(list(seed(session, PROFILE, KEY, NOW.date())))
    session.commit()
    assert f"Đã bỏ {count} hồ sơ mẫu" in "\n".join(load(session, sample).lines())
    assert set(session.scalars(sa.select(Dossier.source))) == {"own"}
    assert main(["--database", database_url, "demo"]) == 0  # the office is in use: `make run` goes on
    assert "real dossiers are in this database" in capsys.readouterr().out
    assert set(session.scalars(sa.select(Dossier.source))) == {"own"}


def test_the_command_ends_with_1_when_rows_were_refused(
    sample: Path, database_url: str, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTHC_SECRET", "x" * 20)
    assert main(["--database", database_url, "dossiers", "import", str(sample)]) == 1
    assert "mot_cua.csv: 8 dòng, 4 mới" in capsys.readouterr().out
