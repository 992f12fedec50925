"""The index table: its short forms, its loading, and what stands above it."""

from __future__ import annotations

import datetime as dt

import pytest

from knowledge.importers import national
from knowledge.importers.index import TABLE, build_index
from knowledge.importers.index_codes import read_fees, read_modes, write_fees, write_modes
from knowledge.importers.runner import run_import
from knowledge.views import load_view

DAY = dt.date(2026, 7, 17)
FEES = [
    "",
    "=free",
    "=?",
    "=?+",
    "o=10000|t=20000@75/2022/TT-BTC+",
    "t=10 USD",
    "ob=25000<2026-12-31",
    "b=50000@25/2021/TT-BTC, 64/2025/TT-BTC<2026-12-31+",
]
MODES = ["", "t", "t7w", "ob10d t15d", "t3-15w", "o1? b6m t8h"]


@pytest.mark.parametrize("text", FEES)
def test_fees_come_back_as_they_were_written(text):
    assert write_fees(read_fees(text, DAY)) == text


@pytest.mark.parametrize("text", MODES)
def test_modes_come_back_as_they_were_written(text):
    assert write_modes(read_modes(text)) == text


@pytest.mark.parametrize("text", ["x=1", "t20000", "=", "t="])
def test_wrong_fees_are_refused(text):
    with pytest.raises(ValueError, match="not a fee"):
        read_fees(text, DAY)


@pytest.mark.parametrize("text", ["7w", "t7", "t7x", "tt-w"])
def test_wrong_times_are_refused(text):
    with pytest.raises(ValueError, match="not a time"):
        read_modes(text)


def test_the_sample_becomes_a_table_and_the_full_files_replace_its_rows(session, fixtures, tmp_path):
    sample = tmp_path / "sample"
    sample.mkdir()
    lines = (fixtures / "national" / "procedures_2026.jsonl").read_text(encoding="utf-8").splitlines()[:10]
    (sample / "procedures_2026.jsonl").write_text("\n".join(lines), encoding="utf-8")
    table = tmp_path / "table.csv"
    assert build_index(sample, table) == 10
    (loaded,) = run_import(session, table)
    assert (loaded.importer, loaded.counts) == ("index", {"read": 10, "created": 10})
    view = load_view(session, "9.000004")
    assert (view.coverage, view.record.papers, view.record.status.value) == ("index", None, "unverified")
    assert [(fee.amount, fee.kind.value) for fee in view.record.fees] == [(135000, "amount"), (None, "unknown")]
    (full,) = run_import(session, sample)
    assert full.counts == {"read": 10, "changed": 10}
    (below,) = run_import(session, table)
    assert below.counts == {"read": 10, "kept": 10}


def test_cases_of_one_mode_are_not_told_as_one_amount(fixtures):
    # the row of 9.000010 has 2.000 đ at the commune and 10 USD at an embassy, both in person
    records = [row.incoming.record for row in national.read_files(fixtures / "national") if row.incoming]
    assert [write_fees(record.fees) for record in records if record.code == "9.000010"] == ["=?+"]


def test_the_bundled_table_is_whole_sorted_and_small(session):
    (report,) = run_import(session, TABLE)
    assert report.counts == {"read": 2960, "created": 2960}
    codes = [line.split(",")[0] for line in TABLE.read_text(encoding="utf-8").splitlines()[1:]]
    assert codes == sorted(set(codes))
    assert TABLE.stat().st_size <= 1_500_000


def test_a_spoilt_line_is_refused_and_the_others_go_in(session, tmp_path):
    lines = TABLE.read_text(encoding="utf-8").splitlines()[:4]
    lines[2] = lines[2].replace(".", ";", 1)
    (tmp_path / "t.csv").write_text("\n".join(lines), encoding="utf-8")
    (report,) = run_import(session, tmp_path / "t.csv")
    assert report.counts == {"read": 3, "created": 2, "rejected": 1}
