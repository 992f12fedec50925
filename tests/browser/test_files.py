"""A photo or document for staff: offered when people are asked for, with progress, sent again under the same id."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.fake_server import FakeServer
from tests.browser.test_accessibility import serious_faults
from tests.browser.test_keyboard import focused_label
from tests.browser.widget import Widget

PDF = b"%PDF-1.7 " + b"x" * 3000


@pytest.fixture
def waiting(widget: Widget) -> Widget:
    """A citizen who has asked for a person."""
    widget.ask("gặp cán bộ")
    expect(widget.attach).to_be_visible()
    return widget


def test_files_are_offered_once_a_person_was_asked_for(widget: Widget) -> None:
    expect(widget.attach).to_be_hidden()
    widget.ask("phí thường trú")
    expect(widget.messages("assistant")).to_have_count(1)
    expect(widget.attach).to_be_hidden()
    widget.ask("gặp cán bộ")
    expect(widget.attach).to_be_visible()
    widget.page.reload()
    expect(widget.attach).to_be_visible()


def test_a_file_stands_in_the_conversation_and_opens_again(waiting: Widget, fake: FakeServer) -> None:
    waiting.send_file("giấy tờ.pdf", PDF)
    sent = waiting.messages("citizen").last
    expect(sent).to_contain_text("giấy tờ.pdf 3 KB")
    expect(sent).to_contain_text("Đã gửi")
    assert [(name, content) for _, name, content in fake.knobs.files] == [("giấy tờ.pdf", PDF)]
    assert serious_faults(waiting.page) == []
    waiting.page.reload()
    with waiting.page.expect_download() as caught:
        waiting.button("Mở tệp giấy tờ.pdf").click()
    assert caught.value.suggested_filename == "giấy tờ.pdf"
    assert Path(caught.value.path()).read_bytes() == PDF


def test_progress_is_shown_and_texts_go_past(waiting: Widget, fake: FakeServer) -> None:
    fake.knobs.hold_files = True
    waiting.send_file("anh.jpg", b"\xff\xd8\xff" + b"x" * 200_000, "image/jpeg")
    bar = waiting.root.get_by_role("progressbar", name="Đang gửi tệp anh.jpg")
    expect(bar).to_have_js_property("value", 1)
    waiting.ask("phí thường trú")
    expect(waiting.messages("citizen").last).to_contain_text("phí thường trú")
    assert serious_faults(waiting.page) == []
    fake.knobs.hold_files = False
    expect(bar).to_have_count(0)
    expect(waiting.button("Mở tệp anh.jpg")).to_be_visible()


def test_a_failed_file_is_sent_again_under_the_same_id(waiting: Widget, fake: FakeServer) -> None:
    fake.knobs.fail_sends = 1
    waiting.send_file("giấy tờ.pdf", PDF)
    expect(waiting.log).to_contain_text("Chưa gửi được: Máy chủ đang bận.")
    assert serious_faults(waiting.page) == []
    waiting.button("Gửi lại").click()
    expect(waiting.button("Mở tệp giấy tờ.pdf")).to_be_visible()
    assert len(fake.knobs.files) == 2 and len({client_id for client_id, *_ in fake.knobs.files}) == 1
    expect(waiting.log.locator(".file")).to_have_count(1)


def test_a_file_waits_for_the_network(waiting: Widget, fake: FakeServer) -> None:
    waiting.page.context.set_offline(True)
    waiting.send_file("giấy tờ.pdf", PDF)
    expect(waiting.log).to_contain_text("Chờ có mạng để gửi")
    waiting.page.context.set_offline(False)
    expect(waiting.button("Mở tệp giấy tờ.pdf")).to_be_visible()


def test_a_refused_token_is_traded_for_a_file_too(waiting: Widget, fake: FakeServer) -> None:
    fake.knobs.refuse_tokens = True
    waiting.send_file("giấy tờ.pdf", PDF)
    expect(waiting.button("Mở tệp giấy tờ.pdf")).to_be_visible()
    assert len(fake.conversations) == 1


HOPELESS = [
    ("trang.html", b"<html>", "text/html", "Chỉ gửi được ảnh"),
    ("trong.pdf", b"", "application/pdf", "Tệp không có nội dung."),
    ("to.pdf", b"%PDF-" + b"x" * 10 * 1024 * 1024, "application/pdf", "Tệp lớn hơn 10 MB."),
]


@pytest.mark.parametrize(("name", "content", "mime", "why"), HOPELESS, ids=[case[0] for case in HOPELESS])
def test_what_cannot_be_sent_is_said_at_once(
    waiting: Widget, fake: FakeServer, name: str, content: bytes, mime: str, why: str
) -> None:
    waiting.send_file(name, content, mime)
    expect(waiting.log.get_by_role("alert")).to_contain_text(why)
    expect(waiting.button("Gửi lại")).to_have_count(0)
    waiting.button("Bỏ").click()
    expect(waiting.log.locator(".file")).to_have_count(0)
    assert fake.knobs.files == []


def test_what_the_server_refuses_for_what_it_is_cannot_be_sent_again(waiting: Widget, fake: FakeServer) -> None:
    fake.knobs.refuse_files = "Không nhận được: tệp không phải ảnh, PDF hay DOCX."
    waiting.send_file("gia.pdf", PDF)
    expect(waiting.log.get_by_role("alert")).to_contain_text("không phải ảnh")
    expect(waiting.button("Gửi lại")).to_have_count(0)


def test_a_file_is_sent_without_a_mouse(waiting: Widget) -> None:
    waiting.field.focus()
    waiting.page.keyboard.press("Tab")
    assert focused_label(waiting) == "Gửi ảnh hoặc PDF cho cán bộ"
    with waiting.page.expect_file_chooser() as chooser:
        waiting.page.keyboard.press("Enter")
    chooser.value.set_files({"name": "a.png", "mimeType": "image/png", "buffer": b"\x89PNG"})
    expect(waiting.button("Mở tệp a.png")).to_be_visible()
    assert focused_label(waiting) == "Gửi ảnh hoặc PDF cho cán bộ"


def test_a_hostile_name_stays_text(waiting: Widget) -> None:
    name = "<img src=x onerror=alert(1)>.pdf"
    waiting.send_file(name, PDF)
    expect(waiting.log.locator(".file-name")).to_contain_text(name)
    expect(waiting.log.locator("img")).to_have_count(0)
