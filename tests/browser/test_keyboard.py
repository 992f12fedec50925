"""Without a mouse, and for a screen reader."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.fake_server import FakeServer
from tests.browser.widget import Widget

FOCUSED = """
() => {
  const node = document.querySelector('tthc-chat').shadowRoot.activeElement;
  return node ? node.getAttribute('aria-label') || node.textContent || node.tagName : '';
}
"""


def focused_label(widget: Widget) -> str:
    return str(widget.page.evaluate(FOCUSED))


def test_a_whole_question_without_a_mouse(widget: Widget) -> None:
    widget.page.keyboard.press("Escape")
    expect(widget.panel).to_be_hidden()
    assert "Hỏi thủ tục" in focused_label(widget)
    widget.page.keyboard.press("Enter")
    expect(widget.field).to_be_focused()
    widget.page.keyboard.type("phi thường trú")
    widget.page.keyboard.press("Enter")
    expect(widget.messages("assistant")).to_have_count(1)
    widget.page.keyboard.press("Shift+Tab")
    assert focused_label(widget) == "Nộp trực tuyến thế nào"
    widget.page.keyboard.press("Enter")
    expect(widget.messages("assistant")).to_have_count(2)
    expect(widget.field).to_be_focused()


def test_shift_enter_is_a_new_line(widget: Widget, fake: FakeServer) -> None:
    widget.field.focus()
    widget.page.keyboard.type("một")
    widget.page.keyboard.press("Shift+Enter")
    widget.page.keyboard.type("hai")
    widget.page.keyboard.press("Enter")
    expect(widget.messages("citizen")).to_have_count(1)
    assert fake.knobs.posts[0]["text"] == "một\nhai"


def test_the_field_grows_to_five_lines(widget: Widget) -> None:
    def height() -> float:
        return float(widget.field.evaluate("node => node.getBoundingClientRect().height"))

    one = height()
    widget.field.fill("a\nb\nc\nd\ne")
    five = height()
    widget.field.fill("a\nb\nc\nd\ne\nf\ng")
    assert five > 3 * one - 40
    assert height() == five


def test_enter_that_ends_a_telex_syllable_sends_nothing(widget: Widget, fake: FakeServer) -> None:
    widget.field.focus()
    devtools = widget.page.context.new_cdp_session(widget.page)
    devtools.send("Input.imeSetComposition", {"text": "phí", "selectionStart": 3, "selectionEnd": 3})
    devtools.send(
        "Input.dispatchKeyEvent",
        {"type": "rawKeyDown", "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13},
    )
    devtools.send("Input.insertText", {"text": "phí"})
    expect(widget.field).to_have_value("phí")
    assert fake.knobs.posts == []
    widget.page.keyboard.press("Enter")
    expect(widget.messages("citizen")).to_have_count(1)
    assert [post["text"] for post in fake.knobs.posts] == ["phí"]


def test_the_menu_follows_the_arrows_and_escape_closes_it_first(widget: Widget) -> None:
    widget.button("Thêm lựa chọn").focus()
    widget.page.keyboard.press("Enter")
    assert focused_label(widget) == "Gặp cán bộ"
    widget.page.keyboard.press("ArrowUp")
    assert focused_label(widget) == "Về trợ lý này"
    widget.page.keyboard.press("Escape")
    assert focused_label(widget) == "Thêm lựa chọn"
    expect(widget.panel).to_be_visible()


def test_focus_stays_inside_the_full_screen_window(widget: Widget) -> None:
    widget.page.set_viewport_size({"width": 360, "height": 740})
    expect(widget.panel).to_have_attribute("aria-modal", "true")
    for key in ("Tab", "Shift+Tab"):
        for _ in range(25):
            widget.page.keyboard.press(key)
            assert focused_label(widget) != "", "focus left the widget"


def test_focus_may_leave_the_floating_window(widget: Widget) -> None:
    expect(widget.panel).not_to_have_attribute("aria-modal", "true")
    left = False
    for _ in range(25):
        widget.page.keyboard.press("Tab")
        left = left or focused_label(widget) == ""
    assert left


WATCH = """
log => {
  window.spoken = [];
  new MutationObserver(changes => changes.forEach(change => change.addedNodes.forEach(node => {
    if (log.getAttribute('aria-live') === 'polite' && node.parentNode === log) window.spoken.push(node.className);
  }))).observe(log, { childList: true, subtree: true });
}
"""


def test_each_message_is_announced_once(widget: Widget, fake: FakeServer) -> None:
    widget.log.evaluate(WATCH)
    fake.knobs.cut_inside = {2}
    widget.ask("phí thường trú")
    expect(widget.messages("assistant")).to_have_count(1)
    fake.latest.add("staff", "Chào anh/chị.")
    expect(widget.messages("staff")).to_have_count(1)
    assert widget.page.evaluate("window.spoken.length") == 3


def test_history_is_not_announced(widget: Widget) -> None:
    widget.ask("phí thường trú")
    expect(widget.messages("assistant")).to_have_count(1)
    widget.page.add_init_script(
        f"customElements.whenDefined('tthc-chat').then(() => setInterval(() => {{"
        f"const root = document.querySelector('tthc-chat')?.shadowRoot; const log = root?.querySelector('.log');"
        f"if (log && !window.spoken) ({WATCH})(log); }}, 1))"
    )
    widget.page.reload()
    expect(widget.messages("assistant")).to_have_count(1)
    assert widget.page.evaluate("window.spoken") == []
    expect(widget.log).to_have_attribute("aria-live", "polite")
