"""The offer to be told of changes, and what notices say: true, short, and without a name or a number."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from actions.dossiers import outcome
from knowledge.answers.notices import FOLLOW, notice, offer, read_wish, template_values, to_json, wish_of
from knowledge.answers.wording import notice_texts
from knowledge.connectors.authority import Found
from knowledge.connectors.base import ConnectorDown
from knowledge.connectors.national import NationalSystem
from knowledge.connectors.own import OwnTable
from knowledge.dossiers.changes import new_date
from knowledge.dossiers.desk import Desk, LookUp, Seen
from knowledge.dossiers.facts import Facts
from knowledge.dossiers.notices import NoticeKind
from knowledge.models import Dossier, DossierCopy, DossierEvent
from knowledge.reply import Reply
from tests.fakes.dossier_system import DossierSystem, dossier
from tests.knowledge.systems import CODE, KEY, NOW, OTHER, PROFILE, RIGHT, at, desk, own_row

FACTS = Facts(
    code=CODE,
    procedure_code="1.013831",
    procedure_name="Đăng ký biến động đất đai",
    unit="Chi nhánh Văn phòng Đăng ký đất đai",
    status=4,
    received_at=at("2026-11-10T08:30"),
    due_at=at("2026-11-27T17:00"),
    new_due_at=None,
    finished_at=None,
    returned_at=None,
    changed_at=None,
    seen_at=at("2026-11-23T08:00"),
    source="own",
)


def seen(recalled_by: str = "own", **facts: Any) -> Seen:
    told = replace(FACTS, **facts)
    return Seen(told.code, Found(told), recalled_by=recalled_by)


def test_the_words_of_the_consent_have_a_version() -> None:
    """Whoever changes the words gives them a new version, and adds it here."""
    known = {"1": "d99339cc5d83"}
    digest = hashlib.sha256(str(notice_texts().get("consent.text")).encode()).hexdigest()[:12]
    assert known[str(notice_texts().get("consent.version"))] == digest


@pytest.mark.parametrize(
    ("found", "titles"),
    [
        ([seen()], ["Báo cho em khi có thay đổi"]),
        ([seen(), seen(code=OTHER)], [f"Báo cho em về hồ sơ {CODE}", f"Báo cho em về hồ sơ {OTHER}"]),
        ([seen(), seen(code=OTHER, status=10)], ["Báo cho em khi có thay đổi"]),
        ([seen(status=8)], []),
        ([seen(recalled_by="")], []),  # its system would want the proof again, which nobody keeps
    ],
)
def test_what_can_still_change_is_offered_to_be_told(found: list[Seen], titles: list[str]) -> None:
    reply = outcome(LookUp(tuple(found)), PROFILE, NOW)
    offered = [button for button in reply.buttons if button.intent == FOLLOW]
    assert [button.title for button in offered] == titles
    assert ("nhắn “dừng” là em thôi báo" in reply.plain()) is bool(titles)
    assert len(reply.buttons) <= 5  # as many as Zalo shows


def test_a_wish_goes_through_a_button_as_it_was() -> None:
    wish = wish_of("own", replace(FACTS, new_due_at=NOW))
    offered = offer(Reply("status", ((),)), [seen(new_due_at=NOW)])
    assert read_wish(Reply.from_json(offered.to_json()).buttons[0].entities) == wish
    assert read_wish(to_json(wish_of("own", FACTS))).new_due_at is None


@pytest.mark.parametrize(
    ("kind", "facts", "said"),
    [
        (NoticeKind.STATUS, {}, ["vừa có thay đổi", "Đang xử lý.", "Nhắn “dừng”", "Nguồn: bảng hồ sơ của đơn vị, lúc"]),
        (NoticeKind.STATUS, {"status": 10}, ["Đã trả kết quả", "Đây là tin cuối"]),
        (NoticeKind.RESULT, {"status": 9}, ["đã có kết quả", "giấy hẹn", "giấy tờ tùy thân", "bưu chính"]),
        (NoticeKind.SUPPLEMENT, {"status": 5}, ["cần bổ sung", "hạn nộp ghi trên phiếu yêu cầu bổ sung"]),
        (
            NoticeKind.NEW_DATE,
            {"new_due_at": at("2026-12-04T17:00")},
            ["thứ Sáu 04/12/2026", "trước đó hẹn thứ Sáu 27"],
        ),
        (NoticeKind.NEW_DATE, {"new_due_at": at("2026-12-04T17:00"), "due_at": None}, ["Rất xin lỗi", "04/12/2026."]),
        (NoticeKind.DUE, {}, ["sắp đến hẹn trả kết quả: thứ Sáu 27/11/2026"]),
        (NoticeKind.DUE, {"source": "demo"}, ["hồ sơ mẫu"]),
    ],
)
def test_what_a_notice_says(kind: NoticeKind, facts: dict[str, Any], said: list[str]) -> None:
    told = notice(kind, replace(FACTS, **facts), PROFILE)
    assert [piece for piece in said if piece not in told.plain()] == []
    assert CODE in told.plain()
    assert len(told.plain().split()) <= 120
    assert (told.outcome, told.buttons, told.expects) == ("status", (), "")
    values = template_values(kind, replace(FACTS, **facts), PROFILE)
    assert values["ma_ho_so"] == CODE
    assert 0 < len(values["noi_dung"]) <= 100


def test_a_new_date_of_ours_is_set_with_the_words_for_the_citizen(session: Session) -> None:
    own_row(session, due_at=at("2026-11-27T17:00"))
    row = session.scalar(sa.select(Dossier))
    new_date(session, row, at("2026-12-04T17:00"), "chờ thông báo thuế", NOW)
    event = session.scalar(sa.select(DossierEvent))
    assert (row.new_due_at, row.updated_at, event.at, event.text) == (
        at("2026-12-04T17:00"), NOW, NOW, "chờ thông báo thuế",
    )  # fmt: skip
    assert "Cơ quan ghi: chờ thông báo thuế" in notice(NoticeKind.STATUS, FACTS, PROFILE, event.text).plain()
    assert "Cơ quan ghi" not in notice(NoticeKind.NEW_DATE, FACTS, PROFILE, event.text).plain()


def test_what_was_proven_is_asked_for_again_by_its_code(
    other: NationalSystem, system: DossierSystem, sessions: sessionmaker, session: Session
) -> None:
    own_row(session, code=OTHER)
    own = OwnTable(sessions, KEY)
    assert (own.recall(OTHER.lower()).status, own.recall(CODE)) == (4, None)
    system.put(dossier(CODE, 5))
    assert (other.recall(CODE).status, other.recall(OTHER)) == (5, None)
    assert session.scalar(sa.select(DossierCopy.facts))["status"] == 5
    system.down()
    with pytest.raises(ConnectorDown):  # never the copy: it is no news
        other.recall(CODE)


def test_the_desk_says_which_system_tells_again(
    other: NationalSystem, system: DossierSystem, sessions: sessionmaker, session: Session, monkeypatch: Any
) -> None:
    own_row(session, code=OTHER)
    place: Desk = desk(system, sessions)
    assert [one.recalled_by for one in place.see([CODE, OTHER], RIGHT)] == ["national", "own"]
    monkeypatch.setattr(NationalSystem, "recalls", False)
    assert [one.recalled_by for one in place.see([CODE], RIGHT)] == [""]
