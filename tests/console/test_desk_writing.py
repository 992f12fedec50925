"""What staff write arrives once, keeps its draft, and nothing that anybody typed comes alive."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace

import pytest
import sqlalchemy as sa

from bot.console.desk import reading
from bot.console.desk.composing import mentioned
from bot.console.pages import bold
from bot.console.veil import excerpt, veil
from knowledge.models import Attachment, Draft, Message, Note, OutboxItem, Staff, utc_now
from tests.console.desk import Browser
from tests.console.hall import PHONE, Hall, reply, talk
from tests.console.hostile import FILE_NAMES, TEXTS, assert_harmless


@pytest.fixture
def lan(hall: Hall) -> Browser:
    return hall.enter("lan")


@pytest.fixture
def key(hall: Hall, lan: Browser) -> str:
    """A conversation that Lan has."""
    found = hall.wait()
    lan.post(talk(found, "claim"))
    return found


def test_a_reply_sent_twice_is_one_message(hall: Hall, lan: Browser, key: str) -> None:
    once = str(uuid.uuid4())
    answers = [reply(lan, key, "Dạ", once) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert hall.said(key) == ["Dạ"]
    lan.post(talk(key, "let_go"))
    assert reply(lan, key, "Dạ", once).status_code == 303, "it did arrive, and that is what the second hears"
    assert reply(lan, key, "Dạ").status_code == 409


def test_a_draft_is_kept_and_gone_once_it_is_sent(hall: Hall, lan: Browser, key: str) -> None:
    assert lan.post(talk(key, "draft"), kind="reply", text="Dạ em xem").status_code == 204
    assert lan.post(talk(key, "draft"), kind="note", text="hỏi chị Hoa").status_code == 204
    page = lan.get(talk(key)).text
    assert ">Dạ em xem</textarea>" in page
    assert ">hỏi chị Hoa</textarea>" in page
    assert "Dạ em xem" not in hall.enter("hoa").get(talk(key)).text, "a draft is its writer's"
    reply(lan, key, "Dạ em xem rồi")
    with hall.sessions() as session:
        assert list(session.scalars(sa.select(Draft.kind))) == ["note"]
    assert lan.post(talk(key, "draft"), kind="letter", text="x").status_code == 422


@pytest.mark.parametrize(("text", "status"), [("", 422), ("  \n ", 422), ("x" * 4001, 422), ("x" * 4000, 303)])
def test_a_reply_has_a_length(lan: Browser, key: str, text: str, status: int) -> None:
    assert reply(lan, key, text).status_code == status


def test_a_key_is_a_key(lan: Browser, key: str) -> None:
    assert lan.post(talk(key, "reply"), text="x", key="1").status_code == 422


def test_a_note_is_for_colleagues_and_calls_who_is_named(hall: Hall, lan: Browser, key: str) -> None:
    hoa = hall.enter("hoa")
    for _ in range(2):
        assert lan.post(talk(key, "note"), text="@Chị hoa xem giúp em").status_code == 303
    assert "@Chị hoa xem giúp em" in hoa.get(talk(key)).text
    assert hall.said(key) == []
    with hall.sessions() as session:
        notes = list(session.scalars(sa.select(Note)))
    assert [note.mentions for note in notes] == [[hall.ids["hoa"]]], "the same words twice in a row are one note"
    assert "Chị hoa" in lan.get(talk(key, "people?for=mention&q=HOA")).text


def test_the_longer_of_two_names_counts() -> None:
    people = [Staff(id=1, name="Lan"), Staff(id=2, name="Lan Anh")]
    assert mentioned("@Lan Anh ơi", people) == [2]
    assert mentioned("@Lan Anh và @lan", people) == [1, 2]
    assert mentioned("Lan Anh", people) == []


def test_a_closed_window_keeps_the_reply_back(hall: Hall, lan: Browser) -> None:
    key = hall.wait(channel="zalo")
    lan.post(talk(key, "claim"))
    assert "Kênh cho nhắn thêm" in lan.get(talk(key)).text
    with hall.sessions.begin() as session:
        session.execute(sa.update(Message).values(created_at=utc_now() - dt.timedelta(days=7, minutes=1)))
    assert "Kênh đã đóng" in lan.get(talk(key)).text
    assert reply(lan, key, "muộn rồi").status_code == 409
    assert hall.said(key) == []
    assert lan.post(talk(key, "note"), text="gọi điện vậy").status_code == 303


@pytest.mark.parametrize(
    ("state", "error", "said"),
    [
        ("pending", "", "Đang gửi"),
        ("pending", "connection refused", "Chưa gửi được, đang thử lại"),
        ("sent", "", "Đã gửi"),
        ("parked", "the citizen has been silent for too long", "Không gửi được: quá hạn nhắn tin của kênh"),
        ("parked", "too old", "Không gửi được: chờ quá 24 giờ"),
        ("unsure", "", "Chưa chắc đã đến"),
    ],
)
def test_what_became_of_a_message_stands_under_it(
    hall: Hall, lan: Browser, key: str, state: str, error: str, said: str
) -> None:
    reply(lan, key)
    with hall.sessions.begin() as session:
        later = utc_now() + dt.timedelta(days=1)
        session.execute(sa.update(OutboxItem).values(state=state, error=error, available_at=later))
    assert said in lan.get(talk(key)).text


def test_opening_a_conversation_is_noted_and_looking_for_news_is_not(hall: Hall, lan: Browser, key: str) -> None:
    lan.get(talk(key))
    lan.get(talk(key, "lines"))
    seen = hall.audit("conversation_viewed")
    assert [(entry.staff_id, entry.subject) for entry in seen] == [(hall.ids["lan"], f"conversation:{key}")]


def test_a_long_conversation_is_read_page_by_page(hall: Hall, lan: Browser, key: str) -> None:
    for number in range(reading.PAGE + 5):
        hall.people.write(key, f"câu số {number:03}.")
    with hall.sessions() as session:
        newest = reading.read(session, key)
        older = reading.read(session, key, newest.before)
    assert newest.before and not older.before
    ids = [entry.id for entry in (*older.entries, *newest.entries)]
    assert len(ids) == len(set(ids)), "nothing twice"
    assert [entry.order for entry in (*older.entries, *newest.entries)] == sorted(
        entry.order for entry in (*older.entries, *newest.entries)
    )
    assert "câu số 000." not in lan.get(talk(key)).text
    assert "câu số 000." in lan.get(talk(key, f"lines?before={newest.before}")).text


def test_an_edit_is_a_version_and_the_first_one_says_so(hall: Hall, lan: Browser, key: str) -> None:
    hall.people.write(key, "hộ khẩu")
    with hall.sessions.begin() as session:
        last = session.scalar(sa.select(sa.func.max(Message.seq)))
        body = {"kind": "edit", "of": last}
        session.add(Message(conversation_id=key, seq=last + 1, author="citizen", text="thường trú", body=body))
    page = lan.get(talk(key)).text
    assert "đã sửa lúc" in page
    assert f'href="#m{last}"' in page
    assert "hộ khẩu" in page and "thường trú" in page


@pytest.mark.parametrize("text", TEXTS)
def test_nothing_comes_alive(hall: Hall, lan: Browser, text: str) -> None:
    key = hall.wait(text)
    assert_harmless(lan.get("/waiting").text)
    lan.post(talk(key, "claim"))
    lan.post(talk(key, "note"), text=text)
    lan.post(talk(key, "draft"), kind="reply", text=text)
    lan.post(talk(key, "transfer"), to=f"staff:{hall.office.add('kia', name=text)}", note=text)
    reply(lan, key, f"**{text}**")
    with hall.sessions.begin() as session:
        first = session.scalar(sa.select(Message.id).where(Message.conversation_id == key).order_by(Message.seq))
        name = FILE_NAMES[len(text) % len(FILE_NAMES)]
        session.add(Attachment(conversation_id=key, message_id=first, kind="file", name=name, state="stored"))
    for path in (talk(key), talk(key, "lines"), "/mine", talk(key, "people"), talk(key, "people?for=mention")):
        assert_harmless(lan.get(path).text)


def test_lists_cover_telephone_numbers_and_mail(hall: Hall, lan: Browser) -> None:
    key = hall.wait(f"gọi tôi số {PHONE} hoặc nguyen.an@example.vn")
    page = lan.get("/waiting").text
    assert PHONE not in page and "nguyen.an" not in page
    assert PHONE in lan.get(talk(key)).text


@pytest.mark.parametrize(
    ("text", "covered"),
    [
        ("số 0912 345 678 nhé", "số •••• ••• •78 nhé"),
        ("+84912345678", "+•••••••••78"),
        ("hồ sơ 000.15.H36-231221-0001", "hồ sơ 000.15.H36-231221-0001"),
        ("phí 150000 đồng năm 2026", "phí 150000 đồng năm 2026"),
        ("a.b@c.vn", "•••@c.vn"),
    ],
)
def test_a_veil_covers_what_reaches_a_person(text: str, covered: str) -> None:
    assert veil(text) == covered


def test_an_excerpt_is_one_line() -> None:
    assert excerpt("một\n  hai") == "một hai"
    assert excerpt("x" * 200) == "x" * 119 + "…"


def test_bold_is_bold_and_nothing_else() -> None:
    assert str(bold("**a** <b> **c")) == "<b>a</b> &lt;b&gt; **c"


def test_typing_is_shown_for_whoever_has_the_citizen_alone(hall: Hall, lan: Browser, key: str) -> None:
    hub = hall.office.server.parts.hub
    assert hall.enter("hoa").post(talk(key, "typing")).status_code == 204
    assert key not in hub._typing
    assert lan.post(talk(key, "typing")).status_code == 204
    assert key in hub._typing
    reply(lan, key)
    assert key not in hub._typing


def test_an_entry_stands_under_the_name_above_it(hall: Hall, key: str) -> None:
    hall.people.write(key, "một")
    hall.people.write(key, "hai")
    with hall.sessions() as session:
        entries = [entry for entry in reading.read(session, key).entries if entry.kind == "message"]
    assert [entry.is_first for entry in entries[-2:]] == [True, False]
    apart = replace(entries[-1], at=entries[-1].at + dt.timedelta(minutes=6))
    assert [entry.is_first for entry in reading._placed([*entries[:-1], apart])][-1]
