"""The records that come with the product: loading them, checking them, writing them out."""

from __future__ import annotations

import datetime as dt
import shutil

import pytest
import yaml

from knowledge import loading
from knowledge.check import check_bundled
from knowledge.errors import KnowledgeError
from knowledge.export import export, plain
from knowledge.importers import bundled
from knowledge.importers.base import Reason
from knowledge.importers.runner import run_import
from knowledge.store import revision

TODAY = dt.date(2026, 11, 23)


@pytest.fixture
def folder(tmp_path, make_record):
    """Two records that hold together, in a folder of their own."""
    path = tmp_path / "records"
    path.mkdir()
    for code, name in (("1.004222", "Tên thứ nhất"), ("1.004194", "Tên thứ hai")):
        write(path, make_record(code=code, name=name, short_name=name))
    return path


def write(folder, record, **changes):
    facts = {**plain(record), **changes}
    (folder / f"{record.code}.yml").write_text(yaml.safe_dump(facts, allow_unicode=True), encoding="utf-8")


def test_the_bundled_records_have_no_findings():
    assert list(check_bundled(today=TODAY)) == []


def test_there_are_at_least_150_bundled_records():
    assert len(list(bundled.FOLDER.rglob("*.yml"))) >= 150


FINDINGS = [
    ({"fees": [{"kind": "amount", "amount": 5000}]}, "a known fee needs legal_source and valid_from"),
    (
        {"fees": [{"kind": "free", "legal_source": "a", "valid_from": "2025-01-01", "valid_to": "2025-12-31"}]},
        "fee free ended on 2025-12-31",
    ),
    ({"aliases": ["chung tên"]}, "alias 'chung tên' stands in"),
    ({"short_name": "Tên thứ hai"}, "short_name 'Tên thứ hai' is also that of"),
    ({"related": [{"code": "7.777777", "relation": "before"}]}, "related code 7.777777 is not known"),
    ({"modes": [{"mode": "online", "times": [{"amount": 1, "unit": "unknown"}]}]}, "a time of online has no unit"),
    ({"status": "verified"}, "verified without decision or legal basis"),
    ({"source": {"name": "Cổng", "checked_on": "2025-01-01"}}, "last checked on 2025-01-01"),
    ({"source": {"name": "Cổng", "checked_on": "2027-01-01"}}, "lies in the future"),
]


@pytest.mark.parametrize(("changes", "finding"), FINDINGS)
def test_what_a_writer_must_mend_is_said_with_its_file(folder, make_record, changes, finding):
    assert list(check_bundled(folder, TODAY)) == []
    record = make_record(code="1.004222", name="Tên thứ nhất", short_name="Tên thứ nhất")
    if "aliases" in changes:
        write(folder, make_record(code="1.004194", name="Tên thứ hai", short_name="Tên thứ hai"), **changes)
    write(folder, record, **changes)
    (line,) = check_bundled(folder, TODAY)
    assert finding in line
    assert line.startswith("1.004")
    assert " → " in line


def test_a_wrong_file_is_named_and_the_others_go_in(session, folder):
    (folder / "broken.yml").write_text("code: [1", encoding="utf-8")
    shutil.copy(folder / "1.004222.yml", folder / "copy.yml")
    (report,) = run_import(session, folder)
    assert report.counts == {"read": 4, "created": 2, "rejected": 2}
    said = {issue.reason: issue.detail for _row, issue in report.issues}
    assert "broken.yml" in said[Reason.INVALID_RECORD]
    assert "copy.yml" in said[Reason.DUPLICATE_CODE]


def test_loading_twice_does_nothing_and_a_changed_file_is_noticed(session, folder, make_record, monkeypatch):
    monkeypatch.setattr(loading, "_BUNDLED", ((bundled.IMPORTER, folder),))
    first = loading.load_bundled(session)
    session.commit()
    assert [report.counts for report in first] == [{"read": 2, "created": 2}]
    assert loading.load_bundled(session) == []
    write(folder, make_record(code="1.004222", name="Tên đã sửa", short_name="Tên thứ nhất"))
    assert [report.counts for report in loading.load_bundled(session)] == [{"read": 2, "changed": 1, "unchanged": 1}]
    session.commit()
    assert revision(session) == 2


def test_errors_are_said_again_at_the_next_load(session, folder, monkeypatch):
    monkeypatch.setattr(loading, "_BUNDLED", ((bundled.IMPORTER, folder),))
    (folder / "broken.yml").write_text("code: [1", encoding="utf-8")
    rejected = [[report.count("rejected") for report in loading.load_bundled(session)] for _time in range(2)]
    assert rejected == [[1], [1]]


@pytest.mark.parametrize("name", ["all.jsonl", "yaml"])
def test_exports_read_back_change_nothing(session, tmp_path, name):
    run_import(session, bundled.FOLDER)
    count = export(session, tmp_path / name)
    (report,) = run_import(session, tmp_path / name)
    assert report.counts == {"read": count, "unchanged": count}


def test_an_export_needs_a_known_ending(session, tmp_path):
    with pytest.raises(KnowledgeError, match=".jsonl, .xlsx"):
        export(session, tmp_path / "all.doc")
