"""Canned replies while somebody writes."""

from __future__ import annotations

import re

import pytest

from knowledge.models import CannedReply
from nlu.text import fold
from tests.console.desk import Browser, Office
from tests.console.hostile import TEXTS, assert_harmless

LA_GI = "23235"
REPLIES = (
    ("gio", "Giờ làm việc", "7 giờ đến 11 giờ 30.", ""),
    ("gioi-thieu", "Giới thiệu", "Dạ, {ten_can_bo}, {don_vi}, xin nghe ạ.", ""),
    ("le-phi", "Lệ phí hộ tịch", "Miễn phí theo giờ hành chính.", ""),
    ("dia-chi", "Địa chỉ phường", "Số 1, La Gi.", LA_GI),
    ("xa-khac", "Của xã khác", "Giờ của xã khác.", "22945"),
)


@pytest.fixture
def clerk(office: Office) -> Browser:
    with office.server.sessions.begin() as session:
        for shortcut, title, text, unit in REPLIES:
            row = CannedReply(shortcut=shortcut, title=title, text=text, unit_code=unit)
            row.folded = fold(f"{shortcut} {title} {text}")
            session.add(row)
    return office.enter("lan", "clerk", name="Chị Lan", unit_code=LA_GI)


def found(browser: Browser, text: str) -> list[str]:
    page = browser.client.get("/console/canned/search", params={"q": text}).text
    return re.findall(r"<code>/([a-z-]+)</code>", page)


@pytest.mark.parametrize(
    ("typed", "shortcuts"),
    [
        ("gio", ["gio", "gioi-thieu", "le-phi"]),
        ("/gioi", ["gioi-thieu"]),
        ("GIỜ", ["gio", "gioi-thieu", "le-phi"]),
        ("le phi", ["le-phi"]),
        ("dia chi", ["dia-chi"]),
        ("xa khac", []),
        ("", ["dia-chi", "gio", "gioi-thieu", "le-phi"]),
        ("{ten", ["gioi-thieu"]),
        ("không có", []),
    ],
)
def test_the_best_comes_first_and_another_units_never(clerk: Browser, typed: str, shortcuts: list[str]) -> None:
    assert found(clerk, typed) == shortcuts


def test_places_are_filled_in(clerk: Browser) -> None:
    page = clerk.get("/canned/search?q=gioi").text
    assert 'data-text="Dạ, Chị Lan, Phường La Gi, xin nghe ạ."' in page


def test_there_are_eight_at_most(office: Office, clerk: Browser) -> None:
    with office.server.sessions.begin() as session:
        for number in range(20):
            session.add(CannedReply(shortcut=f"x{number}", title="X", text="X", folded=f"x{number} x x"))
    assert len(re.findall("data-text", clerk.get("/canned/search?q=x").text)) == 8


@pytest.mark.parametrize("text", TEXTS)
def test_nothing_written_comes_alive(office: Office, clerk: Browser, text: str) -> None:
    with office.server.sessions.begin() as session:
        session.add(CannedReply(shortcut="doc", title=text, text=text, folded=fold(f"doc {text}")))
    assert_harmless(clerk.get("/canned/search?q=doc").text)
    assert_harmless(clerk.client.get("/console/canned/search", params={"q": text}).text)
