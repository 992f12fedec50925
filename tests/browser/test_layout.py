"""Small screens, large text, dates and codes that hold together."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.fake_server import FakeServer
from tests.browser.widget import Widget

SMALL_TARGETS = """
root => Array.from(root.shadowRoot.querySelectorAll('button, textarea, .papers label'))
  .filter(node => node.offsetParent !== null)
  .map(node => [node.getAttribute('aria-label') || node.textContent, node.getBoundingClientRect()])
  .filter(([name, box]) => box.width < 44 || box.height < 44)
  .map(([name, box]) => name + ' ' + box.width + 'x' + box.height)
"""
BROKEN = """
log => Array.from(log.querySelectorAll('.whole'))
  .filter(node => node.getClientRects().length > 1).map(node => node.textContent)
"""


@pytest.mark.parametrize(("width", "height"), [(320, 568), (360, 740), (479, 800), (740, 360), (1280, 800)])
@pytest.mark.parametrize("presses", [0, 2])
def test_everything_fits(browser: Browser, fake: FakeServer, width: int, height: int, presses: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": height})
    widget = Widget(context.new_page())
    widget.visit(fake.url)
    assert widget.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    widget.open()
    for _ in range(presses):
        widget.button("Cỡ chữ").click()
    for number, text in enumerate(("giấy khai sinh", "phí thường trú", "giay khai sanh hu roi"), 1):
        widget.ask(text)
        expect(widget.messages("assistant")).to_have_count(number)
    assert widget.root.locator(".scroller").evaluate("node => node.scrollWidth <= node.clientWidth")
    assert widget.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert widget.log.locator(".whole").count() > 5
    assert widget.log.evaluate(BROKEN) == []
    assert widget.root.evaluate(SMALL_TARGETS) == []
    box = widget.panel.bounding_box()
    assert box is not None
    full = width < 480 or height < 480
    assert (box["width"] == width and box["height"] == height) == full
    context.close()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("ngày 17/07/2026 nhé", ["17/07/2026"]),
        ("mã 1.004222, hồ sơ 000.15.H36-261110-0042", ["1.004222", "000.15.H36-261110-0042"]),
        ("hồ sơ H36.15.01-261110-0042", ["H36.15.01-261110-0042"]),
        ("10.000 đ hoặc 1.250.000 đồng", ["10.000 đ", "1.250.000 đồng"]),
        ("7 ngày làm việc, 60 ngày", ["7 ngày", "60 ngày"]),
        ("Điều 4 TT 75/2022/TT-BTC, NĐ 61/2018/NĐ-CP", ["75/2022/TT-BTC", "61/2018/NĐ-CP"]),
        ("10 đường phố, 5 giờn", []),
    ],
)
def test_dates_and_codes_are_held_together(widget: Widget, text: str, kept: list[str]) -> None:
    widget.ask(text)
    expect(widget.messages("assistant")).to_have_count(1)
    assert widget.messages("citizen").locator(".whole").all_inner_texts() == kept


def test_the_page_beneath_does_not_scroll_under_a_full_screen(widget: Widget) -> None:
    widget.page.set_viewport_size({"width": 360, "height": 740})
    expect(widget.panel).to_have_attribute("aria-modal", "true")
    assert widget.page.evaluate("document.documentElement.style.overflow") == "hidden"
    widget.button("Thu nhỏ").click()
    assert widget.page.evaluate("document.documentElement.style.overflow") == ""


def test_a_checklist_prints_alone(widget: Widget) -> None:
    widget.button("Khai sinh").click()
    expect(widget.messages("assistant")).to_have_count(1)
    widget.page.evaluate("window.printed = 0")
    widget.page.evaluate(
        """() => new MutationObserver(changes => changes.forEach(change => change.addedNodes.forEach(node => {
          if (node.tagName === 'IFRAME') node.contentWindow.print = () => { window.printed += 1; };
        }))).observe(document.body, { childList: true })"""
    )
    widget.button("In danh sách").click()
    widget.page.wait_for_function("window.printed === 1")
    frame = widget.page.frames[-1]
    assert frame.locator("li").count() == 8
    assert "Giấy chứng sinh" in frame.locator("ol").inner_text()


def test_days_are_parted(widget: Widget, fake: FakeServer) -> None:
    widget.ask("chào em")
    expect(widget.messages("assistant")).to_have_count(1)
    fake.latest.messages[0]["created_at"] = fake.latest.messages[1]["created_at"] = "2026-11-16T18:30:00+00:00"
    fake.latest.add("staff", "Chào anh/chị.")
    widget.page.reload()
    expect(widget.log.locator(".day").first).to_have_text("Thứ Ba, 17/11/2026")
    expect(widget.log.locator(".day").last).to_have_text("Hôm nay")
