"""The desk: two systems that disagree, one of them dead, several dossiers at once."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy.orm import Session, sessionmaker

from knowledge.answers.status import status_reply
from knowledge.connectors.national import NationalSystem
from tests.fakes.dossier_system import DossierSystem, dossier
from tests.knowledge.systems import CODE, NEWER, NOW, OTHER, PROFILE, RIGHT, WRONG, at, desk, own_row


@pytest.mark.parametrize(
    ("own_status", "other_status", "believed"),
    [
        (4, 1, "own"),  # the portal has not heard of it yet
        (1, 1, "national"),
        (1, 4, "own"),  # of processing the own table knows best, even when it is behind
        (4, 10, "own"),
        (9, 4, "own"),
        (4, 11, "own"),
    ],
)
def test_of_two_systems_one_is_believed_at_each_stage(
    other: NationalSystem,
    system: DossierSystem,
    sessions: sessionmaker,
    session: Session,
    own_status: int,
    other_status: int,
    believed: str,
) -> None:
    own_row(session, status=own_status, due_at=at("2026-11-27T17:00"))
    system.put(dossier(CODE, other_status))
    (seen,) = desk(system, sessions).see([CODE], RIGHT)
    assert seen.found is not None
    assert seen.found.facts.source == believed
    assert len(seen.found.others) == (own_status != other_status)


def test_a_disagreement_is_told_with_both_sources_and_times(
    other: NationalSystem, system: DossierSystem, sessions: sessionmaker, session: Session
) -> None:
    own_row(session, due_at=at("2026-11-27T17:00"), seen_at=at("2026-11-23T08:00"))
    system.put(dossier(CODE, 9, NgayHenTra="20261130170000"))
    (seen,) = desk(system, sessions).see([CODE], RIGHT)
    assert seen.found is not None
    said = status_reply([seen.found], PROFILE, NOW).plain()
    assert "Đang xử lý (cập nhật" in said
    assert "Hẹn trả: thứ Sáu 27/11/2026." in said
    assert "Lưu ý: hệ thống hồ sơ quốc gia lúc " in said
    assert "lại ghi “Đã xử lý xong”, hẹn trả thứ Hai 30/11/2026. Em báo theo bảng hồ sơ của đơn vị" in said
    assert "Nguồn: bảng hồ sơ của đơn vị, lúc 08:00 23/11/2026" in said


@pytest.mark.parametrize(
    ("status", "said", "not_said"),
    [
        (4, ["Tiếp nhận: thứ Ba 10/11/2026.", "Hẹn trả: thứ Sáu 27/11/2026."], ["Có kết quả: ", "Đã trả: "]),
        (9, ["Tiếp nhận: thứ Ba 10/11/2026. Có kết quả: thứ Sáu 20/11/2026."], ["Đã trả: ", "Hẹn trả"]),
        (10, ["Có kết quả: thứ Sáu 20/11/2026. Đã trả: thứ Hai 23/11/2026."], ["Hẹn trả"]),
        (8, ["Đã dừng xử lý", "Tiếp nhận: "], ["Có kết quả: ", "Hẹn trả"]),
    ],
)
def test_the_dates_are_told_that_the_status_bears_out(
    other: NationalSystem,
    system: DossierSystem,
    sessions: sessionmaker,
    status: int,
    said: list[str],
    not_said: list[str],
) -> None:
    system.put(dossier(CODE, status, NgayKetThucXuLy="20261120", NgayTra="20261123"))
    (seen,) = desk(system, sessions).see([CODE], RIGHT)
    assert seen.found is not None
    told = status_reply([seen.found], PROFILE, NOW).plain()
    assert [piece for piece in said if piece not in told] == []
    assert [piece for piece in not_said if piece in told] == []


@pytest.mark.parametrize(
    ("code", "sealed", "found", "silent"),
    [(CODE, RIGHT, True, False), (CODE, WRONG, False, True), (OTHER, RIGHT, False, True)],
)
def test_with_one_system_dead_the_other_answers_and_nothing_is_claimed(
    other: NationalSystem,
    system: DossierSystem,
    sessions: sessionmaker,
    session: Session,
    code: str,
    sealed: str,
    found: bool,
    silent: bool,
) -> None:
    own_row(session)
    system.down()
    (seen,) = desk(system, sessions).see([code], sealed)
    assert (seen.found is not None, seen.silent) == (found, silent)


def test_the_age_of_a_copy_is_told(other: NationalSystem, system: DossierSystem, sessions, session: Session) -> None:
    place = desk(system, sessions)
    place.see([CODE], RIGHT)
    system.down()
    (seen,) = place.see([CODE], RIGHT)
    assert seen.found is not None
    said = status_reply([seen.found], PROFILE, seen.found.facts.seen_at + dt.timedelta(hours=3)).plain()
    assert "Hệ thống hồ sơ đang không trả lời. Đây là dữ liệu của 3 giờ trước, lúc " in said


def test_an_unknown_step_is_told_as_one_and_a_person_is_offered(
    other: NationalSystem, system: DossierSystem, sessions: sessionmaker
) -> None:
    system.put(dossier(CODE, 17, NgayHenTra="20261101170000"))
    (seen,) = desk(system, sessions).see([CODE], RIGHT)
    assert seen.found is not None
    reply = status_reply([seen.found], PROFILE, NOW)
    assert "Đang xử lý, em chưa rõ bước nào." in reply.plain()
    assert "quá hẹn" not in reply.plain()
    assert reply.buttons[0].intent == "ask_human"


def test_several_dossiers_are_asked_for_at_the_same_time(
    other: NationalSystem, system: DossierSystem, sessions: sessionmaker
) -> None:
    codes = [CODE, OTHER, NEWER]
    for code in codes:
        system.put(dossier(code))
    system.fault = 0.4
    seen = desk(system, sessions).see(codes, RIGHT)
    assert [one.code for one in seen if one.found] == codes
    assert sorted(system.asked) == sorted(codes)
    assert system.most_at_once == 3
