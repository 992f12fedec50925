"""Connectors: the own table, and a system of the national format with everything that goes wrong there."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from knowledge.connectors import national
from knowledge.connectors.base import ConnectorDown, Factor
from knowledge.connectors.breaker import Breaker
from knowledge.connectors.national import NationalSystem
from knowledge.connectors.registry import build_connectors
from knowledge.connectors.wire import AnswerReader
from knowledge.models import DossierCopy, utc_now
from knowledge.proof import bind
from nlu.dossier_codes import match_key
from tests.fakes.dossier_system import CUT, DossierSystem, dossier
from tests.knowledge.systems import CODE, KEY, NEWER, NOW, OTHER, PHONE, PROFILE, RIGHT, WRONG, at, own_row


def test_without_an_address_there_is_the_own_table_alone(sessions: sessionmaker, session: Session) -> None:
    (own,) = build_connectors(sessions, PROFILE, KEY, {})
    assert (own.name, own.factors, own.is_connected()) == ("own", {Factor.IDENTITY, Factor.PHONE}, False)
    own_row(session)
    assert own.is_connected()
    assert own.prove(CODE, RIGHT).code == CODE
    assert own.prove(CODE, WRONG) is own.prove(OTHER, RIGHT) is None


def test_a_dossier_is_told_without_name_number_and_note(other: NationalSystem, system: DossierSystem) -> None:
    facts = other.prove(CODE, RIGHT)
    assert facts is not None
    assert (facts.status, facts.unit) == (4, "Chi nhánh Văn phòng Đăng ký đất đai")
    assert facts.received_at == dt.datetime(2026, 11, 10, 8, 30, tzinfo=PROFILE.time_zone)
    assert facts.due_at == dt.datetime(2026, 11, 27, 17, 0, tzinfo=PROFILE.time_zone)
    said = json.dumps(facts.to_json(), ensure_ascii=False)
    assert [word for word in ("Hoa", "060199", "0912", "345", "hoa@") if word in said] == []
    assert system.asked == [CODE]


@pytest.mark.parametrize(
    ("code", "sealed", "found"),
    [(CODE, RIGHT, True), (CODE, PHONE, True), (CODE, WRONG, False), (OTHER, RIGHT, False)],
)
def test_code_and_digits_must_fit(other: NationalSystem, code: str, sealed: str, found: bool) -> None:
    assert (other.prove(code, sealed) is not None) is found


@pytest.mark.parametrize(
    ("planted", "expected"),
    [
        ({"NgayHenTra": "2026-11-27T17:00:00"}, {"due_at": at("2026-11-27T17:00")}),
        ({"NgayHenTra": "20261127000000"}, {"due_at": at("2026-11-27T17:00")}),
        ({"NgayHenTra": ""}, {"due_at": None}),
        ({"NgayHenTra": None}, {"due_at": None}),
        ({"NgayHenTra": "sớm"}, {"due_at": None}),
        ({"NgayHenTraMoi": "20261204170000"}, {"new_due_at": at("2026-12-04T17:00")}),
        (
            {"DanhSachHoSoBoSung": [{"NgayHenTraMoi": "20261201170000"}, {"NgayHenTraMoi": "20261204170000"}, "x"]},
            {"new_due_at": at("2026-12-04T17:00"), "promised_at": at("2026-12-04T17:00")},
        ),
        ({"DanhSachHoSoBoSung": None}, {"new_due_at": None}),
        ({"TrangThaiHoSo": 9, "NgayKetThucXuLy": "20261120"}, {"status": 9, "finished_at": at("2026-11-20T07:00")}),
        ({"TrangThaiHoSo": "11"}, {"status": None}),
        ({"TrangThaiHoSo": "đang thụ lý"}, {"status": None}),
        ({"TrangThaiHoSo": ""}, {"status": None}),
        ({"TenTTHC": "", "MaTTHC": "1.004222"}, {"procedure_name": "1.004222"}),
        ({"DonViXuLy": {"ten": "x"}}, {"unit": ""}),
        ({"SoDienThoai": "không có"}, {"status": 4}),
    ],
)
def test_the_traps_of_the_format(
    other: NationalSystem, system: DossierSystem, planted: dict[str, Any], expected: dict[str, Any]
) -> None:
    system.put(dossier(CODE, **planted))
    facts = other.prove(CODE, RIGHT)
    assert {name: getattr(facts, name) for name in expected} == expected


def test_the_codes_of_a_vendor_clash_and_are_mapped(other: NationalSystem, system: DossierSystem, sessions) -> None:
    reader = AnswerReader("national", PROFILE, KEY, "igate", frozenset(Factor))
    told = {}
    for status in (0, 3, 4, 9, 12, 17, 18):
        answer = {"error_code": "00", "result": dossier(CODE, status)}  # some send the object bare
        told[status] = reader.read(answer, CODE, NOW).facts.status
    assert told == {0: 1, 3: 5, 4: 4, 9: 6, 12: 4, 17: None, 18: 7}


def test_a_number_that_the_province_does_not_trust_proves_nothing() -> None:
    reader = AnswerReader("national", PROFILE, KEY, "national", frozenset({Factor.PHONE}))
    told = reader.read({"error_code": 0, "result": [dossier(CODE)]}, CODE, NOW)
    assert told is not None
    assert told.seals == ("", bind(PHONE, match_key(CODE), KEY))


FAULTS = [
    ("slow", 5.0),
    ("500", 500),
    ("too many", 429),
    ("cut off", CUT),
    ("not allowed", 401),
    ("no JSON", b"<html>"),
    ("an error code", b'{"error_code": 99, "result": []}'),
    ("a list", b"[]"),
    ("an abyss", b"[" * 100_000),
    ("endless", b" " * (national._LARGEST + 1)),
]


@pytest.mark.parametrize("fault", [fault for _, fault in FAULTS], ids=[name for name, _ in FAULTS])
def test_an_ill_system_is_down_whatever_the_code_and_the_digits(
    other: NationalSystem, system: DossierSystem, fault: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(national, "_BUDGET", 0.3 if fault == 5.0 else 5.0)
    system.fault = fault
    for code, sealed in ((CODE, RIGHT), (CODE, WRONG), (OTHER, RIGHT)):
        with pytest.raises(ConnectorDown):
            other.prove(code, sealed)


@pytest.mark.parametrize(
    "result", ["null", "5", '"x"', "[null, [], 5]", '[{"MaHoSo": null}]', '[{"MaHoSo": {"a": 1}}]', "{}"]
)
def test_an_answer_without_the_dossier_is_none(other: NationalSystem, system: DossierSystem, result: str) -> None:
    system.fault = f'{{"error_code": 0, "result": {result}}}'.encode()
    assert other.prove(CODE, RIGHT) is None


def test_a_system_that_is_gone_is_down(other: NationalSystem, system: DossierSystem) -> None:
    system.down()
    with pytest.raises(ConnectorDown):
        other.prove(CODE, RIGHT)


@pytest.mark.parametrize(("faults", "asked"), [([500], 2), ([503, 429], 3), ([CUT], 2)])
def test_what_passes_is_asked_again(
    other: NationalSystem, system: DossierSystem, faults: list[int], asked: int
) -> None:
    system.faults = faults
    assert other.prove(CODE, RIGHT) is not None
    assert len(system.asked) == asked


def test_what_does_not_pass_is_not_asked_again(other: NationalSystem, system: DossierSystem) -> None:
    system.fault = 401
    with pytest.raises(ConnectorDown, match="401"):
        other.prove(CODE, RIGHT)
    assert len(system.asked) == 1


def test_after_three_failures_it_is_left_alone(other: NationalSystem, system: DossierSystem) -> None:
    system.fault = 401
    for _ in range(5):
        with pytest.raises(ConnectorDown):
            other.prove(CODE, RIGHT)
    assert len(system.asked) == 3


def test_a_breaker_lets_one_try_through_after_its_rest() -> None:
    now = [0.0]
    breaker = Breaker(lambda: now[0])
    for _ in range(3):
        assert breaker.lets_through()
        breaker.failed()
    assert not breaker.lets_through()
    now[0] = 31.0
    assert [breaker.lets_through() for _ in range(3)] == [True, False, False]
    breaker.succeeded()
    assert breaker.lets_through()


def test_a_copy_of_what_was_proven_speaks_while_the_system_does_not(
    other: NationalSystem, system: DossierSystem, session: Session
) -> None:
    system.put(dossier(OTHER))
    assert other.prove(CODE, WRONG) is None
    assert session.scalar(sa.select(sa.func.count()).select_from(DossierCopy)) == 0
    assert other.prove(CODE, RIGHT) is not None
    system.fault = 500
    copy = other.prove(CODE, PHONE)
    assert copy is not None and copy.is_copy and copy.status == 4
    for code, sealed in ((CODE, WRONG), (OTHER, RIGHT), (NEWER, RIGHT)):  # no word about which of these exist
        with pytest.raises(ConnectorDown):
            other.prove(code, sealed)
    system.fault = None
    system.put(dossier(CODE, 9))
    other._breaker.succeeded()
    assert other.prove(CODE, RIGHT).status == 9
    assert session.scalars(sa.select(DossierCopy.facts)).one()["status"] == 9


def test_an_old_copy_is_not_told(other: NationalSystem, system: DossierSystem, session: Session) -> None:
    other.prove(CODE, RIGHT)
    session.execute(sa.update(DossierCopy).values(fetched_at=utc_now() - dt.timedelta(days=8)))
    session.commit()
    system.fault = 500
    with pytest.raises(ConnectorDown):
        other.prove(CODE, RIGHT)
