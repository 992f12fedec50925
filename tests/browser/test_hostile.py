"""Whatever is written stays text and stays inside the window."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.fake_server import FakeServer
from tests.browser.replies import block, message
from tests.browser.widget import Widget

TEXTS = [
    "<img src=x onerror='window.hit = 1'><script>window.hit = 1</script>",
    "</textarea><iframe srcdoc='<script>parent.hit = 1</script>'>",
    "javascript:window.hit=1 [x](javascript:window.hit=1) &lt;b&gt;",
    "\u202eđảo ngược chữ\u202c مرحبا بكم في الصفحة",
    "𝕳𝖊𝖑𝖑𝖔 👨‍👩‍👧‍👦 🇻🇳 ạ̀́̉̃",
    "x" * 2000,
    "1." * 1000,
    "** ** **** **a",
]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_text_stays_text(widget: Widget, fake: FakeServer, text: str) -> None:
    items = [{"text": text, "badge": text[:60]}]
    bubble = [
        block("heading", text),
        block("text", text),
        block("list", items=items, ordered=True),
        block("table", rows=[["", text[:200]], [text[:200], text[:200]]]),
        block("source", text),
    ]
    sources = [
        {"code": "", "name": "", "decision": "", "checked_on": "", "status": "", "url": "javascript:window.hit=1"}
    ]
    fake.knobs.answer = lambda _: [message("answered", [bubble], (text[:300],), sources=sources)]
    widget.ask(text)
    expect(widget.messages("assistant")).to_have_count(1)
    shown = widget.messages("citizen").locator("p").first.text_content()
    assert shown == text.strip() or "**" in text
    assert widget.page.evaluate("window.hit") is None
    assert widget.log.locator("img, script, iframe").count() == 0
    assert widget.log.locator("a:not([href^='https://'])").count() == 0
    box = widget.root.locator(".scroller")
    assert box.evaluate("node => node.scrollWidth <= node.clientWidth")


@pytest.mark.parametrize(
    ("text", "said", "sent"),
    [
        ("x" * 1799, "", True),
        ("đ" * 1800, "1800/2000", True),
        ("x" * 2000, "2000/2000", True),
        ("x" * 2001, "Câu hỏi dài quá 2.000 ký tự", False),
        ("   \n ", "", False),
    ],
)
def test_length_is_counted_and_held(widget: Widget, fake: FakeServer, text: str, said: str, sent: bool) -> None:
    widget.field.fill(text)
    expect(widget.root.locator(".note")).to_contain_text(said)
    widget.field.press("Enter")
    expect(widget.messages("assistant")).to_have_count(1 if sent else 0)
    assert len(fake.knobs.posts) == int(sent)


def test_decomposed_letters_are_sent_composed(widget: Widget, fake: FakeServer) -> None:
    widget.ask("ho\u0302\u0323 kha\u0302\u0309u")
    expect(widget.messages("assistant")).to_have_count(1)
    assert fake.knobs.posts[0]["text"] == "hộ khẩu"
