"""axe finds nothing serious, in every look of the widget and on the demo page."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.fake_server import FakeServer
from tests.browser.widget import Widget

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
RUN = "() => axe.run(document, { resultTypes: ['violations'] })"


def serious_faults(page: Page) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate(RUN)
    assert found["testEngine"]["name"] == "axe-core"
    return [
        f"{fault['id']}: {node['target']} {node['failureSummary']}"
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


@pytest.mark.parametrize("size", [(1280, 800), (360, 740)], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_fault(
    browser: Browser, fake: FakeServer, scheme: Literal["light", "dark"], size: tuple[int, int]
) -> None:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, reduced_motion="reduce"
    )
    widget = Widget(context.new_page())
    widget.visit(fake.url)
    assert serious_faults(widget.page) == []
    widget.open()
    assert serious_faults(widget.page) == []
    for number, text in enumerate(("giấy khai sinh", "phí thường trú", "gặp cán bộ"), 1):
        widget.ask(text)
        expect(widget.messages("assistant")).to_have_count(number)
    fake.knobs.fail_sends = 1
    widget.ask("câu này không gửi được")
    expect(widget.button("Gửi lại")).to_be_visible()
    context.set_offline(True)
    widget.field.fill("x" * 2001)
    expect(widget.root.locator(".bar")).to_be_visible()
    assert serious_faults(widget.page) == []
    context.set_offline(False)
    widget.button("Thêm lựa chọn").click()
    assert serious_faults(widget.page) == []
    widget.root.get_by_role("menuitem", name="Về trợ lý này").click()
    expect(widget.root.get_by_role("alertdialog")).to_be_visible()
    assert serious_faults(widget.page) == []
    context.close()


def test_the_page_alone_has_no_serious_fault(page: Page, fake: FakeServer) -> None:
    page.goto(fake.url + "/widget/embed.html")
    expect(page.get_by_role("log")).to_be_visible()
    assert serious_faults(page) == []


def test_a_planted_fault_is_found(page: Page) -> None:
    page.set_content("<html lang='vi'><title>x</title><button></button></html>")
    assert [fault for fault in serious_faults(page) if fault.startswith("button-name")]
