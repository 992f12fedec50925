"""Versions, precedence of origins, revision, codes and views."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from knowledge.models import Alias, Fee, ProcedureVersion
from knowledge.store import (
    ORIGINS,
    Incoming,
    current_version,
    resolve_code,
    revision,
    save_record,
    save_records,
)
from knowledge.views import load_view

FEES_BEFORE_AND_AFTER = [
    {"kind": "amount", "amount": 20000, "legal_source": "a", "valid_from": "2026-01-01", "valid_to": "2026-12-31"},
    {"kind": "amount", "amount": 30000, "legal_source": "b", "valid_from": "2027-01-01"},
]


def test_a_changed_fee_makes_a_second_version_and_keeps_the_first(session, make_record):
    dearer = [{"kind": "amount", "amount": 50000, "legal_source": "2/2026", "valid_from": "2026-06-01"}]
    outcomes = [save_record(session, make_record(), "bundled") for _time in range(2)]
    outcomes.append(save_record(session, make_record(fees=dearer), "bundled"))
    assert outcomes == ["created", "unchanged", "changed"]
    rows = session.execute(
        sa.select(ProcedureVersion.number, Fee.amount, ProcedureVersion.superseded_at.is_(None)).join(Fee)
    ).all()
    assert rows == [(1, 20000, False), (2, 50000, True)]


@pytest.mark.parametrize(("standing", "coming"), [(a, b) for a in ORIGINS for b in ORIGINS])
def test_a_weaker_origin_never_replaces_a_better_one(session, make_record, standing, coming):
    save_record(session, make_record(), standing)
    outcome = save_record(session, make_record(name="Một tên khác hẳn"), coming)
    weaker = ORIGINS.index(coming) < ORIGINS.index(standing)
    assert outcome == ("kept" if weaker else "changed")
    assert load_view(session, "9.000001").origin == (standing if weaker else coming)


def test_what_a_kept_record_says_otherwise_is_told(session, make_record):
    save_record(session, make_record(), "bundled")
    other = make_record(
        fees=[{"kind": "amount", "amount": 25000, "legal_source": "x", "valid_from": "2026-01-01"}],
        modes=[{"mode": "in_person", "times": [{"amount": 5, "unit": "day"}]}],
    )
    saved = save_records(session, [Incoming(other, "national")])[0]
    assert saved.differences == ("fee: standing 20000, file 25000", "time in_person: standing 3, file 5")


def test_the_revision_grows_once_per_changing_transaction(session, make_record):
    numbers = []
    for names in (["Tên thứ nhất", "Tên thứ hai"], ["Tên thứ hai"], ["Tên thứ ba"]):
        for name in names:
            save_record(session, make_record(name=name), "bundled")
        session.commit()
        numbers.append(revision(session))
    assert numbers == [1, 1, 2]


def test_everything_a_record_says_comes_back(session, make_record):
    record = make_record(
        aliases=["giấy thử", "tờ thử"],
        former_codes=["1.999999"],
        boundary_free=True,
        fees=[
            {
                "kind": "amount",
                "modes": ["online", "in_person"],
                "case": "Lần đầu",
                "amount": 10000,
                "per": "bản",
                "paid": "khi nộp",
                "legal_source": "a",
                "valid_from": "2026-01-01",
                "valid_to": "2026-12-31",
                "note": "b",
            },
            {"kind": "rule", "rule": "Theo diện tích", "legal_source": "c", "valid_from": "2026-01-01"},
            {"kind": "unknown"},
        ],
        steps=["Một", "Hai"],
        conditions=["Ba"],
        results=["Bốn"],
        notes=["Năm"],
        legal_basis=[{"number": "1/2026/NĐ-CP", "title": "Nghị định"}],
        related=[{"code": "9.000002", "relation": "before", "note": "trước"}],
        source={"name": "Cổng", "url": "u", "decision": "d", "checked_on": "2026-07-17", "note": "ghi chú"},
    )
    save_record(session, record, "bundled")
    session.expire_all()
    assert load_view(session, record.code).record.dict() == record.dict()


def test_unknown_papers_are_not_an_empty_list(session, make_record):
    save_record(session, make_record(papers=None), "bundled")
    save_record(session, make_record(code="9.000002", papers=[]), "bundled")
    assert load_view(session, "9.000001").record.papers is None
    assert load_view(session, "9.000002").record.papers == ()


@pytest.mark.parametrize(
    ("day", "amounts"),
    [
        (dt.date(2025, 12, 31), []),
        (dt.date(2026, 1, 1), [20000]),
        (dt.date(2026, 12, 31), [20000]),
        (dt.date(2027, 1, 1), [30000]),
    ],
)
def test_fees_are_those_of_the_day(session, make_record, day, amounts):
    save_record(session, make_record(fees=FEES_BEFORE_AND_AFTER), "bundled")
    assert [fee.amount for fee in load_view(session, "9.000001", day).fees] == amounts


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("9.000001", "9.000001"),
        ("9.000001.H36", "9.000001"),
        ("thủ tục 9.000001.000.00.00.H21 ạ", "9.000001"),
        ("1.999999", "9.000001"),
        ("1.234567", None),
        ("19.000001", None),
        ("9.0000012", None),
        ("", None),
    ],
)
def test_codes_are_found_with_suffixes_and_former_ones(session, make_record, text, code):
    save_record(session, make_record(former_codes=["1.999999"]), "bundled")
    assert resolve_code(session, text) == code


def test_aliases_follow_the_record(session, make_record):
    save_record(session, make_record(aliases=["cũ", "chung"]), "bundled")
    save_record(session, make_record(aliases=["chung", "mới"]), "bundled")
    assert sorted(session.execute(sa.select(Alias.text)).scalars()) == ["chung", "mới"]


def test_a_code_twice_in_one_batch_is_saved_twice(session, make_record):
    batch = [Incoming(make_record(name=name), "bundled") for name in ("Tên thứ nhất", "Tên thứ hai")]
    assert [saved.outcome for saved in save_records(session, batch)] == ["created", "changed"]
    assert current_version(session, "9.000001").number == 2


def test_an_unknown_origin_is_refused(make_record):
    with pytest.raises(ValueError, match="rumour"):
        Incoming(make_record(), "rumour")
