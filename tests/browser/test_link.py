"""A receipt's QR leads to the page with ?hoso=CODE: that dossier is asked for, once."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fake_server import FakeServer
from tests.browser.widget import Widget

CODE = "000.15.H36-261110-0042"


def test_the_code_of_a_receipt_is_asked_for_once(page: Page, fake: FakeServer) -> None:
    widget = Widget(page)
    page.goto(f"{fake.url}/?hoso={CODE}")
    expect(widget.messages("citizen")).to_have_count(1)
    expect(widget.messages("citizen")).to_contain_text(f"Tra cứu hồ sơ {CODE}")
    page.reload()
    expect(widget.messages("assistant")).to_have_count(1)
    expect(widget.messages("citizen")).to_have_count(1)
    page.goto(f"{fake.url}/?hoso={CODE[:-1]}3")
    expect(widget.messages("citizen")).to_have_count(2)


@pytest.mark.parametrize("query", ["", "?hoso=", "?hoso=%3Cb%3Ex%3C/b%3E", "?hoso=hai%20chữ", "?hoso=" + "1" * 61])
def test_anything_else_asks_nothing(page: Page, fake: FakeServer, query: str) -> None:
    widget = Widget(page)
    widget.visit(f"{fake.url}/{query}")
    widget.open()
    expect(widget.log).to_contain_text("trợ lý tự động (AI)")
    assert fake.conversations == {}
