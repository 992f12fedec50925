"""The real national files, where this machine has them: counts, re-import, and the records against their rows."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from knowledge.importers.bundled import FOLDER
from knowledge.importers.index import TABLE, build_index
from knowledge.importers.national import read_files
from knowledge.importers.national_fees import note_amounts
from knowledge.importers.phrases import phrases
from knowledge.importers.runner import run_import
from knowledge.records import FeeKind, ProcedureRecord, read_records
from knowledge.stats import issue_table

ROWS = {"procedures_2026.jsonl": 2625, "procedures_defence_2025.jsonl": 207, "procedures_social_2026.jsonl": 128}
_ACCEPTED = Path(__file__).parent / "accepted_differences.yml"
_README = FOLDER.parents[1] / "README.md"


@pytest.fixture(scope="module")
def source_rows(real_data):
    """Every row of the three files by code."""
    rows = {}
    for name in ROWS:
        for line in (real_data / name).read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            rows[row["code"]] = row
    return rows


def test_every_row_is_imported_or_refused_and_a_second_import_changes_nothing(session, real_data):
    first = {report.source: report for report in run_import(session, real_data)}
    for source, count in ROWS.items():
        report = first[source]
        assert report.count("read") == count
        assert report.count("created") + report.count("rejected") == count
        assert report.count("rejected") == sum(issue.rejected for _row, issue in report.issues)
    second = {report.source: report for report in run_import(session, real_data)}
    assert {source: second[source].count("unchanged") for source in ROWS} == ROWS
    table = "\n".join(issue_table(session))
    assert table in _README.read_text(encoding="utf-8"), f"the table in {_README} is old; it should be:\n{table}"


def test_the_measured_traps_are_all_met(real_data):
    reasons = Counter(issue.reason.value for row in read_files(real_data) if row.source in ROWS for issue in row.issues)
    # measured when the files were collected: 314 notes beside "free" (+1 in the social file), 363 unsplit lists,
    # 313 times without unit of which 2 are glued (+1 in the defence file), 55 glued cells, 334 rows without any fee
    assert reasons["free_label_but_note"] == 315
    assert reasons["documents_unparsed"] == 363
    assert reasons["time_unit_missing"] == 312
    assert reasons["time_fee_glued"] == 55
    assert reasons["none_given"] >= 334
    assert reasons["district_level_mentioned"] >= 53


def test_no_row_in_doubt_is_told_as_free(real_data, source_rows):
    wrong = []
    for row in read_files(real_data):
        if row.incoming is None:
            continue
        record = row.incoming.record
        stated = source_rows[record.code]
        told_free = any(fee.kind is FeeKind.FREE for fee in record.fees)
        if told_free and stated.get("fee_status", "free") in ("check", "none_given"):
            wrong.append(record.code)
    assert wrong == []


def test_the_bundled_index_is_that_of_the_files(real_data, tmp_path):
    build_index(real_data, tmp_path / "index.csv")
    assert (tmp_path / "index.csv").read_text(encoding="utf-8") == TABLE.read_text(encoding="utf-8")


def test_bundled_records_agree_with_their_rows(source_rows):
    accepted = yaml.safe_load(_ACCEPTED.read_text(encoding="utf-8")) or {}
    found: dict[str, list[str]] = {}
    for path, record in read_records(FOLDER):
        for line in _disagreements(record, source_rows.get(record.code)):
            if line not in (accepted.get(record.code) or {}):
                found.setdefault(str(path.relative_to(FOLDER)), []).append(line)
    listed = "\n".join(f"{name}: {line}" for name, lines in found.items() for line in lines)
    assert not found, f"records that disagree with the national files:\n{listed}"


def test_no_accepted_difference_is_stale(source_rows):
    accepted = yaml.safe_load(_ACCEPTED.read_text(encoding="utf-8")) or {}
    records = {record.code: record for _path, record in read_records(FOLDER)}
    assert set(accepted) <= set(records)
    stale = [
        f"{code}: {line}"
        for code, lines in accepted.items()
        for line in lines
        if line not in list(_disagreements(records[code], source_rows.get(code)))
    ]
    assert stale == []


def _disagreements(record: ProcedureRecord, row: dict | None) -> Iterator[str]:
    if row is None:
        yield "code is not in the files"
        return
    words = phrases()
    levels = {words["levels"][level.lower()] for level in row["levels"] or row.get("levels_inferred") or ()}
    if levels != {level.value for level in record.levels}:
        yield f"levels {_listed(level.value for level in record.levels)}, file {_listed(levels)}"
    modes = {words["modes"][mode["mode"].lower()] for mode in row["modes"]}
    extra = {mode.mode.value for mode in record.modes} - modes
    if extra:
        yield f"modes {_listed(extra)} are not in the file"
    known = _amounts(row)
    for amount in sorted({fee.amount for fee in record.fees if fee.amount}):
        if not known & {amount, amount * 2}:  # the second: half of a full amount until 31/12/2026
            yield f"amount {amount} is not in the row"
    numbers = _numbers(row)
    for mode in record.modes:
        stated = {number for time in mode.times for number in (time.amount, time.max_amount) if number}
        for number in sorted(stated - numbers):
            yield f"time {number} of {mode.mode.value} is not in the row"


def _amounts(row: dict) -> set[int]:
    """Every amount in the row's fee fields and texts; small fields are thousands."""
    amounts = set(note_amounts(_text(row)))
    for mode in row["modes"]:
        for fee in mode.get("fees") or ():
            amount = fee["amount"] or 0
            amounts |= {amount, amount * 1000}
            if "time_fee_glued" in mode["flags"]:
                amounts.add(int(str(amount)[1:] or 0) * 1000)
    return amounts


def _numbers(row: dict) -> set[int]:
    return {int(number) for number in re.findall(r"\d+", _text(row))}


def _text(row: dict) -> str:
    parts = [row.get(key) or "" for key in ("steps", "conditions", "documents_raw")]
    for mode in row["modes"]:
        parts += [mode.get("note") or "", mode.get("time_raw") or "", mode.get("fee_raw") or ""]
        parts += [fee.get("note") or "" for fee in mode.get("fees") or ()]
    parts += [paper["name"] for paper in row.get("documents") or ()]
    return "\n".join(parts)


def _listed(values) -> str:
    return ", ".join(sorted(values))
