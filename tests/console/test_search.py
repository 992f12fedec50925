"""Searching everything: without marks, within the own scope, with nothing of what was erased."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import sessionmaker

from bot import words
from bot.cases import code_of
from bot.console.person import Person
from bot.console.watching.search import highlighted, talks
from knowledge.database import create_engine, session_factory
from knowledge.models import AuditEntry, Message, Note, Staff
from tests.bot.conftest import cluster, database_url  # noqa: F401 - each kind of database
from tests.console.desk import Browser, Office
from tests.console.hostile import TEXTS, assert_harmless
from tests.console.scene import DOSSIER, LA_GI, PHAN_THIET, RESIDENCE, file_dossier, learn
from tests.console.talks import Talks

LOOKER = Person(1, "lan", "Lan", "clerk", LA_GI, "ready", False)


def sought(browser: Browser, text: str) -> str:
    return browser.client.get("/console/search", params={"q": text}).text


def marked(page: str) -> list[str]:
    return [html.unescape(text) for text in re.findall(r"<mark>(.*?)</mark>", page)]


@pytest.fixture
def sessions(database_url: str) -> sessionmaker:  # noqa: F811
    return session_factory(create_engine(database_url))


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("Đường đi", True),
        ("duong di", True),
        ("DUONG", True),
        ("phu", True),
        ("phuong lam dong", True),
        ("đườn", True),
        ("lâm đồng duong", True),
        ("dương đỉ", True),
        ("uong", False),
        ("duong xyz", False),
        ("phuon", True),
        ("!!!", False),
        ("\" OR 1 -- *", False),
        ("a & b | c:*", False),
    ],
)  # fmt: skip
def test_words_are_found_without_marks(sessions: sessionmaker, query: str, is_found: bool) -> None:
    key = Talks(sessions).begin("Đường đi đến phường Lâm Đồng ở đâu ạ?")
    with sessions() as session:
        found = words.newest(session, Message, words.words_of(query), None, 10)
    assert [conversation for _, conversation in found] == ([key] if is_found else [])


def test_the_index_follows_every_way_of_writing(sessions: sessionmaker) -> None:
    key = Talks(sessions).begin("con mèo")

    def count(query: str, table: type = Message) -> int:
        with sessions() as session:
            return len(words.newest(session, table, words.words_of(query), None, 10))

    def run(statement: object) -> None:
        with sessions.begin() as session:
            session.execute(statement)

    assert (count("con meo"), count("con cho")) == (1, 0)
    run(sa.update(Message).values(text="con chó"))
    assert (count("con meo"), count("con cho")) == (0, 1)
    run(sa.update(Message).values(text=""))
    words.forget(sessions)
    assert count("con") == 0
    run(sa.update(Message).values(text="con gà"))
    assert count("ga") == 1
    run(sa.delete(Message))
    assert count("ga") == 0
    Talks(sessions).answer(key, "con vịt")
    assert count("vit") == 0, "what the assistant says is found by its procedures"
    run(sa.insert(Staff).values(id=1, username="lan", name="Lan", role="clerk"))
    run(sa.insert(Note).values(conversation_id=key, staff_id=1, text="gọi lại sau", mentions=[]))
    assert count("goi lai", Note) == 1
    run(sa.delete(Note))
    assert count("goi lai", Note) == 0


def test_many_hits_are_cut_and_the_newest_come_first(sessions: sessionmaker) -> None:
    kept = Talks(sessions)
    for number in range(25):
        kept.begin(f"tạm trú {number}", key=f"c{number:02}")
    with sessions() as session:
        found = talks(session, LOOKER, ["tam", "tru"])
    assert found.is_cut and len(found.found) == 20
    assert found.found[0].conversation.id == "c24"


def test_what_is_another_units_is_not_found(office: Office) -> None:
    kept = Talks(office.server.sessions)
    own, other, nobodys = (kept.begin(f"bí mật {name}") for name in ("một", "hai", "ba"))
    kept.hand_over(own, LA_GI)
    kept.hand_over(other, PHAN_THIET)
    page = sought(office.enter("lan", "clerk", unit_code=LA_GI), "bi mat")
    assert own in page and nobodys in page and other not in page
    assert other in sought(office.enter("boss", "admin"), "bi mat")


def test_numbers_are_covered_and_the_search_is_audited(office: Office) -> None:
    Talks(office.server.sessions).begin("gọi em 0912345678 hoặc lan.nguyen@gmail.com nhé")
    page = sought(office.enter("boss", "admin"), "goi em")
    assert marked(page) == ["gọi", "em"] and "0912" not in page and "lan.nguyen" not in page
    sought(office.let_in(1), "0912345678")
    with office.server.sessions() as session:
        details = [row.detail for row in session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id))]
    assert details == [{"q": "goi em", "rows": 1}, {"q": "••••••••78", "rows": 1}]


def test_procedures_dossiers_and_cases_are_found(office: Office) -> None:
    learn(office.server)
    file_dossier(office.server)
    kept = Talks(office.server.sessions)
    key = kept.begin("chào")
    with office.server.sessions.begin() as session:
        code = code_of(session, key).code
    boss = office.enter("boss", "admin")
    assert f"/console/history?procedure={RESIDENCE}" in sought(boss, "thuong tru")
    assert "quá hẹn" in sought(boss, DOSSIER.lower())
    assert key in sought(boss, code)
    kept.hand_over(key, PHAN_THIET)
    assert key not in sought(office.enter("lan", "clerk", unit_code=LA_GI), code)


def test_a_note_is_found_with_its_conversation(office: Office) -> None:
    key = Talks(office.server.sessions).begin("chào")
    boss = office.enter("boss", "admin")
    with office.server.sessions.begin() as session:
        session.add(Note(conversation_id=key, staff_id=1, text="Đã dặn mang bản gốc"))
    page = sought(boss, "ban goc")
    assert key in page and marked(page) == ["bản", "gốc"] and "Ghi chú" in page


def test_what_was_erased_is_not_found(office: Office) -> None:
    key = Talks(office.server.sessions).begin("điều bí mật")
    boss = office.enter("boss", "admin")
    assert key in sought(boss, "bi mat")
    office.server.parts.eraser.erase(key)
    assert key not in sought(boss, "bi mat")


@pytest.mark.parametrize("text", TEXTS)
def test_nothing_comes_alive(office: Office, text: str) -> None:
    kept = Talks(office.server.sessions)
    kept.begin(f"alert {text} alert")
    boss = office.enter("boss", "admin")
    assert_harmless(sought(boss, text))
    assert_harmless(sought(boss, "alert"))


@pytest.mark.parametrize(
    ("text", "query", "pieces"),
    [
        ("Đăng ký tạm trú", "dang ky", [("Đăng", True), (" ", False), ("ký", True), (" tạm trú", False)]),
        ("kýx ký", "ky", [("kýx", True), (" ", False), ("ký", True)]),
        ("kýx ký là", "ky la", [("kýx ", False), ("ký", True), (" ", False), ("là", True)]),
        ("không có", "xyz", [("không có", False)]),
        ("không có", "", [("không có", False)]),
    ],
)
def test_hits_are_marked(text: str, query: str, pieces: list[tuple[str, bool]]) -> None:
    assert [(piece.text, piece.is_hit) for piece in highlighted(text, words.words_of(query))] == pieces


def test_a_long_text_is_cut_around_the_first_hit() -> None:
    pieces = highlighted("đầu " * 200 + "đích" + " cuối" * 200, ["dich"])
    said: Callable[[], str] = lambda: "".join(piece.text for piece in pieces)  # noqa: E731
    assert said().startswith("…") and said().endswith("…") and len(said()) < 220
    assert [piece.text for piece in pieces if piece.is_hit] == ["đích"]
