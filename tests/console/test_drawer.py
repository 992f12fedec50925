"""The drawer: what it tells of a conversation, official answers to insert, and nothing of another unit's."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa

from bot.console.drawer.dossiers import covered
from bot.console.veil import veil
from knowledge.models import AuditEntry, Dossier, Handoff, Message
from tests.console.desk import Browser, Office
from tests.console.hostile import FILE_NAMES, TEXTS, assert_harmless
from tests.console.scene import DOSSIER, LA_GI, PHAN_THIET, RESIDENCE, Scene
from tests.console.talks import stored_file

HTMX = {"HX-Request": "true"}


@pytest.fixture
def scene(office: Office) -> Scene:
    return Scene(office.server)


@pytest.fixture
def clerk(office: Office, scene: Scene) -> Browser:
    return office.enter("mai", "clerk", unit_code=LA_GI)


def entries(office: Office, action: str) -> list[AuditEntry]:
    with office.server.sessions() as session:
        return list(session.scalars(sa.select(AuditEntry).where(AuditEntry.action == action)))


def test_it_tells_why_and_what_was_said_before(scene: Scene, clerk: Browser) -> None:
    page = clerk.get(f"/conversations/{scene.main}/drawer").text
    for said in ("Hồ sơ quá hạn", "Đăng ký thường trú", RESIDENCE, "Phường La Gi", "Trước khi chuyển: 4 tin"):
        assert said in page
    part = clerk.get(f"/conversations/{scene.main}/drawer", **HTMX).text
    assert 'class="beside"' in part and "<html" not in part


def test_numbers_and_codes_are_covered_until_they_are_asked_for(scene: Scene, clerk: Browser) -> None:
    page = clerk.get(f"/conversations/{scene.main}/drawer").text
    assert "0912" not in page and "••••••••78" in page
    assert "000.15.H36-261110-••42" in page


def test_one_look_is_one_line_of_the_audit(office: Office, scene: Scene, clerk: Browser) -> None:
    for _ in range(3):
        clerk.get(f"/conversations/{scene.main}/drawer")
    assert [entry.subject for entry in entries(office, "conversation_viewed")] == [f"conversation:{scene.main}"]


@pytest.mark.parametrize("aspect", ["documents", "fee", "time", "place"])
def test_an_official_answer_comes_with_its_source(scene: Scene, clerk: Browser, aspect: str) -> None:
    found = clerk.get(f"/conversations/{scene.main}/drawer/answer?code={RESIDENCE}&aspect={aspect}").json()
    assert found["known"] and found["text"] and "**" not in found["text"]
    assert RESIDENCE in found["citation"] and re.search(r"\d\d/\d\d/\d{4}", found["citation"])
    assert found["citation"] not in found["text"]


def test_what_the_records_do_not_hold_is_said_to_be_unknown(scene: Scene, clerk: Browser) -> None:
    with scene.server.sessions.begin() as session:
        session.execute(sa.text("DELETE FROM fees"))
    found = clerk.get(f"/conversations/{scene.main}/drawer/answer?code={RESIDENCE}&aspect=fee").json()
    assert not found["known"] and "chưa có trong dữ liệu" in found["told"]
    base = f"/conversations/{scene.main}/drawer"
    assert clerk.get(f"{base}/answer?code=9.999999&aspect=fee").status_code == 404
    assert clerk.get(f"{base}/answer?code={RESIDENCE}&aspect=legal").status_code == 422
    assert "chưa có trong dữ liệu" in clerk.get(f"{base}/procedures?q=zzzz+qqqq").text


@pytest.mark.parametrize("typed", ["thường trú", "thuong tru", "dang ky thuong", "1.004222", "nhập hộ khẩu"])
def test_a_procedure_is_found_as_it_is_typed(scene: Scene, clerk: Browser, typed: str) -> None:
    answer = clerk.client.get(f"/console/conversations/{scene.main}/drawer/procedures", params={"q": typed})
    assert f'data-code="{RESIDENCE}"' in answer.text


def test_a_dossier_is_shown_with_its_days_late_and_audited(office: Office, scene: Scene, clerk: Browser) -> None:
    page = clerk.post(f"/conversations/{scene.main}/drawer/dossier", code="000.15.h36 - 261110 - 42").text
    assert "Đang xử lý, quá hẹn" in page and "Đã tiếp nhận hồ sơ" in page
    assert [entry.subject for entry in entries(office, "dossier_viewed")] == [f"dossier:{DOSSIER}"]
    unknown = clerk.post(f"/conversations/{scene.main}/drawer/dossier", code="000.15.H36-261110-9999")
    assert "chưa có trong dữ liệu" in unknown.text
    assert clerk.post(f"/conversations/{scene.main}/drawer/dossier", code=" ").status_code == 422
    assert len(entries(office, "dossier_viewed")) == 1


@pytest.mark.parametrize(("status", "late"), [(4, True), (2, True), (None, False), (5, False), (9, False), (1, False)])
def test_only_a_running_clock_is_late(scene: Scene, clerk: Browser, status: int | None, late: bool) -> None:
    with scene.server.sessions.begin() as session:
        session.execute(sa.update(Dossier).values(status=status))
    page = clerk.post(f"/conversations/{scene.main}/drawer/dossier", code=DOSSIER).text
    assert ("quá hẹn" in page) is late


def test_a_number_is_shown_for_a_reason_alone(office: Office, scene: Scene, clerk: Browser) -> None:
    path = f"/conversations/{scene.main}/drawer/contact"
    for reason in ("", "gọi", "x" * 201):
        refused = clerk.post(path, reason=reason)
        assert refused.status_code == 422 and "0912345678" not in refused.text
    assert entries(office, "contact_unmasked") == []
    assert "0912345678" in clerk.post(path, reason="gọi lại theo yêu cầu").text
    (entry,) = entries(office, "contact_unmasked")
    assert entry.detail == {"reason": "gọi lại theo yêu cầu"}
    with scene.server.sessions.begin() as session:
        session.execute(sa.update(Handoff).values(contact=""))
    assert "Không còn số điện thoại" in clerk.post(path, reason="gọi lại theo yêu cầu").text


def test_a_file_is_a_download_that_cannot_run(office: Office, scene: Scene, clerk: Browser) -> None:
    message = scene.talks.file(scene.main, stored_file(scene.server), "đơn.pdf", media_type="application/pdf")
    answer = clerk.get(f"/files/{message}")
    assert answer.content == b"%PDF-1.7 x"
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert [entry.subject for entry in entries(office, "file_opened")] == [f"conversation:{scene.main}"]
    for missing in (message + 1000, 99999999999999999999):
        assert clerk.get(f"/files/{missing}").status_code == 404


@pytest.mark.parametrize("name", FILE_NAMES)
def test_a_name_of_a_file_stays_a_name(scene: Scene, clerk: Browser, name: str) -> None:
    message = scene.talks.file(scene.main, stored_file(scene.server), name)
    assert_harmless(clerk.get(f"/conversations/{scene.main}/drawer").text)
    answer = clerk.get(f"/files/{message}")
    assert "set-cookie" not in answer.headers and answer.headers["content-disposition"].startswith("attachment; ")


def paths(scene: Scene) -> list[tuple[str, str, dict[str, Any]]]:
    message = scene.talks.file(scene.main, stored_file(scene.server), "x.pdf")
    base = f"/conversations/{scene.main}/drawer"
    return [
        ("get", base, {}),
        ("get", f"{base}/procedures", {}),
        ("get", f"{base}/answer?code={RESIDENCE}&aspect=fee", {}),
        ("post", f"{base}/dossier", {"code": DOSSIER}),
        ("post", f"{base}/contact", {"reason": "gọi lại theo yêu cầu"}),
        ("get", f"/files/{message}", {}),
    ]


def test_another_units_conversation_is_not_there(office: Office, scene: Scene) -> None:
    stranger = office.enter("xa", "clerk", unit_code=PHAN_THIET)
    before = sum(len(entries(office, action)) for action in ("dossier_viewed", "contact_unmasked", "file_opened"))
    for method, path, fields in paths(scene):
        answer = getattr(stranger, method)(path, **fields)
        assert answer.status_code == 404 and "0912345678" not in answer.text, path
        assert getattr(stranger, method)(path.replace(scene.main, "nobody"), **fields).status_code == 404
    after = sum(len(entries(office, action)) for action in ("dossier_viewed", "contact_unmasked", "file_opened"))
    assert (before, after) == (0, 0)


def test_who_only_looks_inserts_and_uncovers_nothing(office: Office, scene: Scene) -> None:
    viewer = office.enter("xem", "viewer", unit_code=LA_GI)
    page = viewer.get(f"/conversations/{scene.main}/drawer").text
    assert "data-insert" not in page and "Hiện số" not in page
    statuses = [getattr(viewer, method)(path, **fields).status_code for method, path, fields in paths(scene)]
    assert statuses == [200, 200, 403, 200, 403, 200]


def test_the_case_is_one_and_its_other_talks_keep_their_scope(office: Office, scene: Scene, clerk: Browser) -> None:
    page = clerk.get(f"/conversations/{scene.main}/drawer").text
    assert "Cùng trường hợp" in page and "Trang web" in page and "thuộc đơn vị khác" not in page
    with scene.server.sessions() as session:
        other = session.scalar(sa.select(Message.conversation_id).where(Message.text.like("em hỏi tiếp%")))
    scene.talks.hand_over(other, PHAN_THIET)
    page = clerk.get(f"/conversations/{scene.main}/drawer").text
    assert "thuộc đơn vị khác" in page and other not in page


@pytest.mark.parametrize("text", TEXTS)
def test_nothing_a_citizen_says_comes_alive(scene: Scene, clerk: Browser, text: str) -> None:
    key = scene.talks.begin(text)
    scene.talks.answer(key, text, procedures=(text,))
    scene.talks.hand_over(key, LA_GI, reason=text[:20], contact=text[:120], summary={"procedures": [text]})
    base = f"/conversations/{key}/drawer"
    assert_harmless(clerk.get(base).text)
    assert_harmless(clerk.client.get(f"/console{base}/procedures", params={"q": text, "code": text}).text)
    assert_harmless(clerk.post(f"{base}/dossier", code=text).text)
    assert_harmless(clerk.post(f"{base}/contact", reason=text[:4]).text)


@pytest.mark.parametrize(
    ("code", "shown"), [(DOSSIER, "000.15.H36-261110-••42"), ("7", "7"), ("A-1", "A-1"), ("A-1234567", "A-•••••67")]
)
def test_a_code_is_covered(code: str, shown: str) -> None:
    assert covered(code) == shown


@pytest.mark.parametrize("text", ["a" * 20_000, "0" * 20_000, "a@" * 5000, "0 9 " * 5000])
def test_covering_takes_no_time(text: str) -> None:
    assert veil(text) is not None
