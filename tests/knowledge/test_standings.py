"""The table of late and soon due dossiers: land first, made once a night, brought up to date by every import."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from knowledge.dossiers import standings
from knowledge.dossiers.importing import import_dossiers
from knowledge.dossiers.standing import IS_RUNNING, PROMISED
from knowledge.models import Apology, Dossier, DossierStanding, Staff, StandingRun
from knowledge.profile import load_profile
from knowledge.store import save_record

PROFILE = load_profile("lam-dong")
NOW = dt.datetime(2026, 11, 23, 3, 0, tzinfo=dt.timezone.utc)  # a Monday, ten in the morning; the 24th is a holiday
DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
LAND, BIRTH, NOWHERE = "1.013831", "1.001193", "9.999999"


def put(session: Session, code: str, due: dt.datetime | None, procedure: str = LAND, **more: Any) -> None:
    """Add a dossier; it is being worked on."""
    names = {"procedure_code": procedure, "procedure_name": "như giấy hẹn", "source": "own"}
    session.add(Dossier(code=code, due_at=due, **names, **{"unit": "Phường La Gi", "status": 4, **more}))
    session.flush()


def kept(session: Session) -> list[DossierStanding]:
    one = DossierStanding
    return list(session.scalars(sa.select(one).order_by(one.rank, one.field, one.procedure_code, one.due_at)))


@pytest.fixture
def filed(session: Session, make_record: Any) -> Session:
    """Dossiers of three fields; some are late, some soon due, some neither."""
    save_record(session, make_record(code=LAND, short_name="Biến động đất đai", field="Đất đai"), "bundled")
    save_record(session, make_record(code=BIRTH, short_name="Khai sinh", field="Hộ tịch"), "bundled")
    put(session, "A-1", NOW - 9 * DAY, BIRTH)
    put(session, "A-2", NOW - DAY, unit="Văn phòng Đăng ký đất đai")
    put(session, "A-3", NOW + HOUR)
    put(session, "A-4", NOW - 5 * DAY, NOWHERE, unit="Bộ phận Một cửa phường Phan Thiết")
    put(session, "A-5", NOW - 5 * DAY, new_due_at=NOW + 3 * DAY)  # two working days: the 24th is none
    put(session, "A-6", NOW + 4 * DAY)
    put(session, "A-7", NOW - DAY, status=9)
    put(session, "A-8", NOW - DAY, status=5)
    put(session, "A-9", None)
    return session


def test_land_comes_first_and_only_running_clocks_count(filed: Session) -> None:
    standings.refresh(filed, NOW, PROFILE)
    assert [(row.code, row.field, row.procedure_name, row.unit_code) for row in kept(filed)] == [
        ("A-2", "Đất đai", "Biến động đất đai", ""),
        ("A-3", "Đất đai", "Biến động đất đai", "23235"),
        ("A-5", "Đất đai", "Biến động đất đai", "23235"),
        ("A-1", "Hộ tịch", "Khai sinh", "23235"),
        ("A-4", "", "như giấy hẹn", "22945"),
    ]


def test_a_later_look_forgets_what_is_done_and_an_older_one_changes_nothing(filed: Session) -> None:
    standings.refresh(filed, NOW, PROFILE)
    filed.execute(sa.update(Dossier).where(Dossier.code.in_(["A-1", "A-2"])).values(status=9))
    standings.refresh(filed, NOW + DAY, PROFILE)
    assert sum(row.due_at < NOW + DAY for row in kept(filed)) == 2  # one became late meanwhile
    before = [(row.code, row.computed_at) for row in kept(filed)]
    filed.execute(sa.update(Dossier).where(Dossier.code == "A-4").values(unit="Sở Tài chính"))
    standings.refresh(filed, NOW, PROFILE)
    assert [(row.code, row.computed_at) for row in kept(filed)] == before
    assert "Sở Tài chính" not in {row.unit for row in kept(filed)}


def test_many_are_taken_in_pieces_without_gap(filed: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standings, "_BATCH", 2)
    for number in range(5):
        put(filed, f"B-{number}", NOW - DAY)  # all in one moment: the number decides
    standings.refresh(filed, NOW, PROFILE)
    assert len(kept(filed)) == 10


@pytest.mark.parametrize(
    ("unit", "code"),
    [
        ("UBND phường La Gi", "23235"),
        ("bo phan mot cua phuong La Gi", "23235"),
        ("Thị xã La Gi", ""),  # three communes of today
        ("Sở Nông nghiệp và Môi trường tỉnh Lâm Đồng", ""),
        ("", ""),
    ],
)
def test_a_unit_is_a_commune_only_where_its_name_tells_one(unit: str, code: str) -> None:
    assert standings.unit_code_of(unit, PROFILE) == code


def test_a_night_is_worked_once_and_again_only_after_a_death(sessions: sessionmaker) -> None:
    with sessions.begin() as session:
        put(session, "A-1", NOW - DAY)
    assert standings.nightly(sessions, NOW, PROFILE)
    assert not standings.nightly(sessions, NOW + HOUR, PROFILE)
    with sessions.begin() as session:
        (run,) = session.scalars(sa.select(StandingRun))
        assert (run.day, run.done_at) == (dt.date(2026, 11, 23), NOW)
        run.done_at = None  # it died in the middle
    assert not standings.nightly(sessions, NOW + HOUR / 4, PROFILE)
    assert standings.nightly(sessions, NOW + HOUR, PROFILE)
    assert standings.nightly(sessions, NOW + DAY, PROFILE)


def load(session: Session, folder: Path, status: int, new_due: str = "", later: int = 0) -> None:
    with (folder / "d.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow("MaHoSo TenTTHC TrangThaiHoSo NgayHenTra NgayHenTraMoi DonViXuLy".split())
        table.writerow(("H36.15-20261101-0000042", "Sang tên", status, "19/11/2026", new_due, "Phường La Gi"))
    import_dossiers(session, folder / "d.csv", PROFILE, b"a key of at least sixteen", NOW + later * HOUR)


def test_an_import_brings_the_table_up_to_date(session: Session, tmp_path: Path) -> None:
    load(session, tmp_path, 4)
    assert [row.unit_code for row in kept(session)] == ["23235"]
    load(session, tmp_path, 9, later=1)
    assert kept(session) == []


def test_an_empty_cell_takes_no_approved_date_back_and_a_date_in_it_counts(session: Session, tmp_path: Path) -> None:
    load(session, tmp_path, 4)
    dossier = session.scalar(sa.select(Dossier))
    session.add(Staff(id=1, username="ha", name="Hà", role="head", password_hash="x"))
    session.flush()
    dossier.new_due_at = NOW + 9 * DAY
    dates = {"due_at": dossier.due_at, "new_due_at": dossier.new_due_at}
    session.add(Apology(dossier_id=dossier.id, state="approved", reason="x", author_id=1, **dates))
    session.commit()
    load(session, tmp_path, 4, later=1)
    assert session.scalar(sa.select(Dossier.new_due_at)) == NOW + 9 * DAY and kept(session) == []
    load(session, tmp_path, 4, "20/11/2026", later=2)
    assert session.scalar(sa.select(Dossier.new_due_at)).date() == dt.date(2026, 11, 20)


def test_the_scan_goes_by_the_index_of_running_dossiers(session: Session) -> None:
    wanted = sa.select(Dossier.id).where(IS_RUNNING, PROMISED <= NOW).order_by(PROMISED, Dossier.id)
    text = str(wanted.compile(session.get_bind())).replace("?", "'2026-11-23'")
    plan = " ".join(row[-1] for row in session.execute(sa.text(f"EXPLAIN QUERY PLAN {text}")))
    assert "ix_dossiers_promised" in plan and "TEMP B-TREE" not in plan
