"""Apologies: nothing is promised before a head who did not write it has approved the very words that they read."""

from __future__ import annotations

import datetime as dt
from io import BytesIO

import pytest
import sqlalchemy as sa
from docx import Document
from pypdf import PdfReader

from bot.console.apology.as_docx import docx
from bot.console.apology.as_pdf import pdf
from bot.console.apology.letter import Letter, compose
from knowledge.dossiers.standings import refresh
from knowledge.models import Apology, AuditEntry, Dossier, DossierEvent, DossierStanding, utc_now
from tests.console.desk import Browser, Office
from tests.console.hostile import TEXTS, assert_harmless
from tests.console.late import PROFILE, REASON, apology_for, late_dossier, working_day
from tests.console.scene import LA_GI, PHAN_THIET

SAID = {
    "set_anew_before": "đã hẹn lại một lần",
    "not_late": "không quá hạn và chưa sắp đến hạn",
    "apology_reason": "Cần nêu lý do",
    "reason_names_somebody": "không ghi số điện thoại",
    "date_past": "phải sau hôm nay",
    "date_day_off": "cơ quan nghỉ",
    "bad_date": "Ngày không đúng",
    "own_apology": "cần một trưởng bộ phận khác duyệt",
    "apology_moved": "Người khác vừa sửa",
}


@pytest.fixture
def lan(office: Office) -> Browser:
    """A clerk of La Gi, where dossier 1 is late."""
    with office.server.sessions.begin() as session:
        session.add(late_dossier(1))
    with office.server.sessions() as session:
        refresh(session, utc_now(), PROFILE)
    return office.enter("lan", "clerk", unit_code=LA_GI, name="Lan")


@pytest.fixture
def ha(office: Office, lan: Browser) -> Browser:
    """The head of the same unit."""
    return office.enter("ha", "head", unit_code=LA_GI, name="Hà")


def draft() -> dict[str, str]:
    return {"reason": REASON, "date": working_day().isoformat()}


def row(office: Office, key: int = 1) -> Apology:
    with office.server.sessions() as session:
        return session.get(Apology, key)


def dossier(office: Office, key: int = 1) -> Dossier:
    with office.server.sessions() as session:
        return session.get(Dossier, key)


def test_from_a_draft_to_the_new_date(office: Office, lan: Browser, ha: Browser) -> None:
    assert lan.post("/dossiers/1/apology", **draft()).headers["location"].startswith("/console/apologies/1")
    assert (row(office).state, dossier(office).new_due_at) == ("draft", None)
    assert lan.get("/dossiers/1/apology").headers["location"] == "/console/apologies/1"
    assert lan.post("/apologies/1/approve", version="1").status_code == 403
    assert ha.get("/apologies/1").text.count(REASON) == 2  # in the letter and in the form
    assert ha.post("/apologies/1/approve", version="1").status_code == 303
    kept, decided = dossier(office), row(office)
    assert (
        kept.new_due_at.astimezone(PROFILE.time_zone).date() == working_day() and kept.new_due_at == decided.new_due_at
    )
    assert (decided.state, decided.decided_by) == ("approved", 2)
    assert "Không ai theo dõi" in ha.get("/apologies/1").text
    with office.server.sessions() as session:
        text = session.scalar(sa.select(DossierEvent.text))
        assert f"{working_day():%d/%m/%Y}" in text and REASON not in text
        assert session.scalar(sa.select(sa.func.count()).select_from(DossierStanding)) == 0  # late no more
        about = sa.and_(AuditEntry.subject == "apology:1", AuditEntry.action != "apology_viewed")
        steps = session.execute(sa.select(AuditEntry.action, AuditEntry.staff_id).where(about)).all()
    assert steps == [("apology_drafted", 1), ("apology_approved", 2)]
    for step in ("", "/approve", "/reject"):  # the last word was said
        said = ha.post(f"/apologies/1{step}", version="2", refusal="đổi ý mất rồi ạ", **draft())
        assert said.status_code in (409, 422)
    assert dossier(office).new_due_at == kept.new_due_at


def test_a_date_is_set_anew_once(office: Office, lan: Browser, ha: Browser) -> None:
    with office.server.sessions.begin() as session:
        session.get(Dossier, 1).new_due_at = utc_now() - dt.timedelta(days=3)  # by the office's own system
    page = lan.get("/dossiers/1/apology").text
    assert SAID["set_anew_before"] in page and "<textarea" not in page
    assert SAID["set_anew_before"] in lan.post("/dossiers/1/apology", **draft()).text
    with office.server.sessions.begin() as session:
        session.add(apology_for(1, author_id=1))
    answer = ha.post("/apologies/1/approve", version="1")
    assert answer.status_code == 422 and SAID["set_anew_before"] in answer.text and row(office).state == "draft"


def test_what_will_not_do(office: Office, lan: Browser) -> None:
    saturday = working_day() + dt.timedelta(days=(5 - working_day().weekday()) % 7 + 7)
    refused = [
        ({"reason": "chậm"}, "apology_reason"),
        ({"reason": "x" * 1001}, "apology_reason"),
        ({"reason": "Chờ anh Ba, số 0912 345 678, bổ sung giấy tờ"}, "reason_names_somebody"),
        ({"reason": "Chờ người có CCCD 060123456789 bổ sung"}, "reason_names_somebody"),
        ({"date": PROFILE.today().isoformat()}, "date_past"),
        ({"date": saturday.isoformat()}, "date_day_off"),
        ({"date": "mai"}, "bad_date"),
    ]
    for wrong, fault in refused:
        answer = lan.post("/dossiers/1/apology", **{**draft(), **wrong})
        assert answer.status_code == 422 and SAID[fault] in answer.text, wrong
    assert row(office) is None
    for values in ({"status": 9}, {"status": 5}, {"due_at": utc_now() + dt.timedelta(days=30)}):
        with office.server.sessions.begin() as session:
            session.execute(sa.update(Dossier).values(**values))
        assert SAID["not_late"] in lan.post("/dossiers/1/apology", **draft()).text


def test_nobody_approves_their_own_or_what_they_have_not_read(office: Office, lan: Browser, ha: Browser) -> None:
    lan.post("/dossiers/1/apology", **draft())
    lan.post("/apologies/1", version="1", **{**draft(), "reason": "Lý do khác hẳn, mới sửa."})
    for step, more in (("approve", {}), ("reject", {"refusal": "Chưa rõ lý do ạ"}), ("", draft())):
        answer = ha.post(f"/apologies/1/{step}".rstrip("/"), version="1", **more)
        assert answer.status_code == 409 and SAID["apology_moved"] in answer.text
    assert (row(office).state, row(office).reason) == ("draft", "Lý do khác hẳn, mới sửa.")
    assert ha.post("/apologies/1", version="2", **draft()).status_code == 303
    answer = ha.post("/apologies/1/approve", version="3")
    assert answer.status_code == 422 and SAID["own_apology"] in answer.text
    assert dossier(office).new_due_at is None


def test_what_is_sent_back_may_be_written_anew_but_never_twice_at_once(
    office: Office, lan: Browser, ha: Browser
) -> None:
    lan.post("/dossiers/1/apology", **draft())
    assert "Đồng nghiệp vừa soạn" in ha.post("/dossiers/1/apology", **draft()).text
    assert SAID["apology_reason"] in ha.post("/apologies/1/reject", version="1", refusal="").text
    assert ha.post("/apologies/1/reject", version="1", refusal="Chưa rõ lý do ạ").status_code == 303
    assert dossier(office).new_due_at is None and "Chưa rõ lý do ạ" in lan.get("/apologies/1").text
    assert lan.post("/dossiers/1/apology", **draft()).headers["location"].startswith("/console/apologies/2")
    assert ("/apologies/2" in lan.get("/apologies").text, "/apologies/1" in lan.get("/apologies").text) == (True, False)
    assert "/apologies/1" in lan.get("/apologies?state=rejected").text


def test_another_unit_sees_nothing(office: Office, lan: Browser) -> None:
    lan.post("/dossiers/1/apology", **draft())
    other, centre = office.enter("nam", "head", unit_code=PHAN_THIET), office.enter("boss", "admin")
    for path in ("/apologies/1", "/apologies/1/letter.pdf", "/dossiers/1/apology"):
        assert other.get(path).status_code == 404
    assert other.post("/apologies/1/approve", version="1").status_code == 404
    assert "H36.15" not in other.get("/apologies").text and "H36.15" in centre.get("/apologies").text


def letter(**changed: object) -> Letter:
    values = {"reason": f"{REASON} **không đậm** __gạch__ [x](http://y)", "changed_at": utc_now(), **changed}
    apology = apology_for(1, author_id=1)
    for name, value in values.items():
        setattr(apology, name, value)
    return compose(apology, late_dossier(1), PROFILE)


def read_docx(content: bytes) -> str:
    paper = Document(BytesIO(content))
    cells = [cell.text for table in paper.tables for line in table.rows for cell in line.cells]
    return "\n".join([*(paragraph.text for paragraph in paper.paragraphs), *cells])


def read_pdf(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)


@pytest.mark.parametrize(("write", "read"), [(docx, read_docx), (pdf, read_pdf)])
def test_both_files_say_all_that_the_letter_says(write: object, read: object) -> None:
    said = " ".join(read(write(letter())).split())  # type: ignore[operator]
    for piece in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "ỦY BAN NHÂN DÂN TỈNH LÂM ĐỒNG",
        "PHƯỜNG LA GI",
        "VĂN BẢN XIN LỖI",
        "Kính gửi: …………",
        "H36.15-20261101-0000001",
        "Đăng ký biến động đất đai",
        f"Lý do: {REASON} **không đậm** __gạch__ [x](http://y)",
        f"{working_day():%d/%m/%Y}",
        "DỰ THẢO, CHƯA ĐƯỢC DUYỆT",
        "MẪU CẦN ĐỐI CHIẾU VỚI MẪU SỐ 04",
        "THỦ TRƯỞNG CƠ QUAN",
    ):
        assert piece in said, piece


def test_marks_go_as_their_reasons_go() -> None:
    assert len(letter().marks) == 2
    assert [mark for mark in letter(state="approved").marks if "Dự thảo" in mark] == []
    late, early = letter().paragraphs, letter(changed_at=utc_now() - dt.timedelta(days=30)).paragraphs
    assert late[2][0][0].startswith("Đến nay") and "dự kiến chưa trả" in early[2][0][0]


def test_files_come_as_downloads_and_nothing_comes_alive(office: Office, lan: Browser) -> None:
    with office.server.sessions.begin() as session:
        session.add(apology_for(1, author_id=1))
    for kind, begin in (("docx", b"PK"), ("pdf", b"%PDF")):
        answer = lan.get(f"/apologies/1/letter.{kind}")
        assert answer.content.startswith(begin) and f".{kind}" in answer.headers["content-disposition"]
        assert answer.headers["content-disposition"].startswith("attachment")
    for text in TEXTS:
        with office.server.sessions.begin() as session:
            session.execute(sa.update(Apology).values(reason=text, refusal=text))
            session.execute(sa.update(Dossier).values(procedure_name=text, code=text, procedure_code=text[:20]))
        for path in ("/apologies", "/apologies/1"):
            assert_harmless(lan.get(path).text)
