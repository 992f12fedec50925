"""The same citizens in front of the real front server, with a fake Rasa behind it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.bot.fake_rasa import FakeRasa, Held
from tests.bot.running import Running
from tests.browser.replies import birth, residence
from tests.browser.test_accessibility import serious_faults
from tests.browser.widget import Widget


@pytest.fixture
def shown(page: Page, real: Running) -> Iterator[Widget]:
    widget = Widget(page)
    widget.visit(real.url)
    widget.open()
    yield widget
    page.goto("about:blank")


def said(answer: list) -> list:
    """Return Rasa's JSON for an answer."""
    return [{"recipient_id": "someone", "custom": message["reply"]} for message in answer]


def test_a_question_a_tap_and_a_reload(shown: Widget, rasa: FakeRasa) -> None:
    blocked: list[str] = []
    shown.page.on("console", lambda line: blocked.append(line.text) if "Content Security Policy" in line.text else None)
    rasa.script("phí thường trú", said(residence()))
    shown.ask("phí thường trú")
    card = shown.messages("assistant").first
    expect(card.get_by_role("row", name="Trực tuyến 10.000 đ 7 ngày làm việc")).to_be_visible()
    shown.button("Cần giấy tờ gì").click()
    expect(shown.messages("assistant")).to_have_count(2)
    expect(shown.messages("citizen").last).to_contain_text("Cần giấy tờ gì")
    shown.page.reload()
    expect(shown.messages("assistant")).to_have_count(2)
    assert shown.order() == [1, 2, 3, 4]
    assert blocked == [], "the widget must live with the server's own content policy"
    assert serious_faults(shown.page) == []


def test_the_line_is_cut_while_an_answer_is_on_its_way(shown: Widget, real: Running, rasa: FakeRasa) -> None:
    held = Held()
    rasa.script("khai sinh", held, said(birth()))
    shown.ask("chào em")
    expect(shown.messages("assistant")).to_have_count(1)
    shown.ask("khai sinh")
    rasa.wait_for("khai sinh")
    shown.page.context.set_offline(True)
    held.release.set()
    expect(shown.root.locator(".bar")).to_be_visible()
    shown.page.context.set_offline(False)
    expect(shown.messages("assistant")).to_have_count(2)
    assert shown.order() == [1, 2, 3, 4]


def test_a_file_goes_to_the_office_and_comes_back(shown: Widget, rasa: FakeRasa) -> None:
    rasa.script("gặp cán bộ", said([{"reply": {"outcome": "handoff", "handoff": "asked", "bubbles": [TEXT]}}]))
    shown.ask("gặp cán bộ")
    expect(shown.messages("assistant")).to_contain_text("Mã trường hợp")
    shown.send_file("giấy tờ.pdf", b"%PDF-1.7 mot to giay")
    sent = shown.messages("citizen").last
    expect(sent).to_contain_text("giấy tờ.pdf")
    expect(sent).to_contain_text("Đã gửi")
    expect(shown.messages("assistant").last).to_contain_text("không tự đọc được nội dung")
    shown.page.reload()
    with shown.page.expect_download() as caught:
        shown.button("Mở tệp giấy tờ.pdf").click()
    assert caught.value.suggested_filename == "giấy tờ.pdf"
    assert Path(caught.value.path()).read_bytes() == b"%PDF-1.7 mot to giay"
    shown.send_file("gia.pdf", b"<script>alert(1)</script>")
    expect(shown.log.locator(".citizen").last).to_contain_text("tệp không phải ảnh, PDF hay DOCX")
    assert serious_faults(shown.page) == []


TEXT = [{"kind": "text", "text": "Em đã ghi lại ạ."}]
BAD = ["<b onclick=alert(1)>phí</b>", "/restart", "' OR 1=1 --", "x" * 2000, "👨‍👩‍👧 khai sinh"]


@pytest.mark.parametrize("text", BAD, ids=range(len(BAD)))
def test_bad_input_gets_an_answer(shown: Widget, text: str) -> None:
    shown.ask(text)
    expect(shown.messages("assistant")).to_have_count(1)
    shown.ask("chào em")
    expect(shown.messages("assistant")).to_have_count(2)
