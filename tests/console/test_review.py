"""The queue of answers to be looked at again, over HTTP."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from bot.console.watching.review import KEYS
from knowledge.answers import ASPECTS
from knowledge.models import AuditEntry, ReviewItem
from tests.console.desk import Browser, Office
from tests.console.hostile import TEXTS, assert_harmless
from tests.console.scene import LA_GI, PHAN_THIET, RESIDENCE, STAY, learn
from tests.console.talks import Talks


@pytest.fixture
def talks(office: Office) -> Talks:
    learn(office.server)
    return Talks(office.server.sessions)


@pytest.fixture
def editor(office: Office, talks: Talks) -> Browser:
    return office.enter("bien.tap", "editor")


def doubt(talks: Talks, question: str = "ở trọ cần gì", unit: str = "", cause: str = "unsure", **body: object) -> int:
    """Put a question into the queue and return its number."""
    key = talks.begin(question)
    if unit:
        talks.hand_over(key, unit)
    understood = {"why": "clarify_abandoned", "outcome": "clarify", **body}
    with talks.sessions.begin() as session:
        item = ReviewItem(conversation_id=key, seq=1, cause=cause, question=question, understood=understood)
        session.add(item)
        session.flush()
        return int(item.id)


def item(talks: Talks, number: int) -> ReviewItem:
    with talks.sessions() as session:
        return session.get(ReviewItem, number)


def test_there_is_a_key_for_every_aspect() -> None:
    assert KEYS.keys() == ASPECTS.keys() and len(set(KEYS.values())) == len(ASPECTS)


def test_it_shows_what_was_understood_and_why(talks: Talks, editor: Browser) -> None:
    doubt(talks, "đăng ký ở trọ, gọi 0912345678", candidates=[STAY, RESIDENCE], aspects=["fee"])
    page = editor.get("/review").text
    for said in ("Hỏi lại rồi người dân bỏ đi", "Hỏi lại", "đăng ký ở trọ", "••••••••78", "Đăng ký tạm trú"):
        assert said in page
    assert "0912" not in page and "Mở cuộc trò chuyện" not in page, "an editor reads no conversations"
    assert re.search(rf'value="{STAY}" data-key="1"', page) and re.search(rf'value="{RESIDENCE}" data-key="2"', page)
    assert re.search(r'name="aspect.fee" value="1" data-key="p" checked', page)


def test_a_decision_is_kept_and_the_next_question_comes(talks: Talks, editor: Browser) -> None:
    first, second = doubt(talks), doubt(talks, "câu sau")
    fields = {"behaviour": "answer", "procedure": STAY, "aspect.documents": "1", "aspect.nothing": "1"}
    answer = editor.post(f"/review/{first}", **fields)
    assert answer.status_code == 303
    page = editor.client.get(answer.headers["location"]).text
    assert "câu sau" in page and f'href="/console/review/{first}"' in page
    kept = item(talks, first)
    assert (kept.state, kept.behaviour, kept.procedure_code, kept.aspects) == ("decided", "answer", STAY, ["documents"])
    assert kept.staff_id and kept.decided_at
    editor.post(f"/review/{second}", behaviour="not_ours", procedure=STAY)
    assert (item(talks, second).behaviour, item(talks, second).procedure_code) == ("not_ours", "")
    assert "Không còn câu nào cần xét" in editor.get("/review").text
    with talks.sessions() as session:
        audited = session.scalars(sa.select(AuditEntry.subject).where(AuditEntry.action == "review_decided")).all()
    assert audited == [f"review:{first}", f"review:{second}"]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"behaviour": "answer"},
        {"behaviour": "answer", "procedure": "9.999999"},
        {"behaviour": "nothing"},
    ],
)
def test_half_a_decision_changes_nothing(talks: Talks, editor: Browser, fields: dict[str, str]) -> None:
    number = doubt(talks)
    assert editor.post(f"/review/{number}", **fields).status_code == 422
    assert item(talks, number).state == "open"


def test_who_was_faster_keeps_the_decision_and_may_correct_it(office: Office, talks: Talks, editor: Browser) -> None:
    number, other = doubt(talks), office.enter("khac", "editor")
    assert editor.post(f"/review/{number}", behaviour="skip").status_code == 303
    late = other.post(f"/review/{number}", behaviour="right")
    assert late.status_code == 422 and "Đồng nghiệp vừa xét câu này rồi" in late.text
    assert editor.post(f"/review/{number}", behaviour="person").status_code == 303
    assert item(talks, number).behaviour == "person"


def test_causes_are_told_apart(talks: Talks, editor: Browser) -> None:
    doubt(talks, "không chắc")
    flagged = doubt(talks, "đánh dấu", cause="flagged")
    page = editor.get("/review?cause=flagged").text
    assert "đánh dấu" in page and f"/console/review/{flagged}/procedures" in page
    assert editor.post(f"/review/{flagged}", behaviour="skip", cause="flagged").headers["location"].endswith("flagged")
    assert "Không còn câu nào" in editor.get("/review?cause=rated").text


def test_another_units_question_is_not_there(office: Office, talks: Talks) -> None:
    own, other, nobodys = doubt(talks, "một", LA_GI), doubt(talks, "hai", PHAN_THIET), doubt(talks, "ba")
    head = office.enter("ha", "head", unit_code=LA_GI)
    assert [head.get(f"/review/{number}").status_code for number in (own, other, nobodys)] == [200, 404, 200]
    assert head.post(f"/review/{other}", behaviour="skip").status_code == 404
    assert head.get(f"/review/{other}/procedures?q=x").status_code == 404
    assert item(talks, other).state == "open"
    assert "Tất cả <b>2</b>" in head.get("/review").text


def test_other_procedures_are_found(talks: Talks, editor: Browser) -> None:
    number = doubt(talks)
    part = editor.get(f"/review/{number}/procedures?q=thuong+tru").text
    assert re.search(rf'value="{RESIDENCE}" data-key="1"', part) and "<html" not in part
    assert "Không có thủ tục nào" in editor.get(f"/review/{number}/procedures?q=zzzz+qqqq").text


def test_staff_flag_an_answer_from_the_thread(office: Office, talks: Talks) -> None:
    key = talks.begin("hỏi")
    seq = talks.answer(key, "Dạ sai")
    talks.hand_over(key, LA_GI)
    lan, stranger = office.enter("lan", "clerk", unit_code=LA_GI), office.enter("xa", "clerk", unit_code=PHAN_THIET)
    assert stranger.post(f"/conversations/{key}/flag", seq=str(seq)).status_code == 404
    for wrong in ("", "x", "-1", "0", "99999999999999"):
        assert lan.post(f"/conversations/{key}/flag", seq=wrong).status_code in (422,), wrong
    assert "Đã đưa vào danh sách xét" in lan.post(f"/conversations/{key}/flag", seq=str(seq)).text
    with talks.sessions() as session:
        assert session.scalars(sa.select(ReviewItem.question)).all() == ["hỏi"]


@pytest.mark.parametrize("text", TEXTS)
def test_nothing_comes_alive(office: Office, talks: Talks, editor: Browser, text: str) -> None:
    number = doubt(talks, text, candidates=[text], procedures=[text], aspects=[text], why=text, outcome=text)
    for browser in (editor, office.enter("boss", "admin")):
        assert_harmless(browser.get(f"/review/{number}").text)
        assert_harmless(browser.client.get("/console/review", params={"cause": text, "last": text, "after": text}).text)
        assert_harmless(browser.client.get(f"/console/review/{number}/procedures", params={"q": text}).text)
