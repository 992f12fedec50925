"""The page of one's own checklist in a browser without scripts: taps, ticks, width, axe, the widget's link to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from knowledge.records import read_record
from knowledge.store import save_record
from tests.bot.fake_rasa import FakeRasa, reply
from tests.bot.running import Running
from tests.browser.conftest import PATIENCE
from tests.browser.test_accessibility import serious_faults
from tests.browser.widget import Widget
from tests.console.scene import RECORDS

BIRTH = "1.001193"


@pytest.fixture
def taught(real: Running) -> Running:
    with real.sessions.begin() as session:
        save_record(session, read_record(next(RECORDS.parent.rglob(f"{BIRTH}-*.yml"))), "bundled")
    return real


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A small screen without scripts."""
    context = browser.new_context(viewport={"width": 320, "height": 640}, java_script_enabled=False)
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


def test_an_old_phone_comes_to_the_list_and_ticks_it(taught: Running, phone: Page) -> None:
    phone.goto(f"{taught.url}/checklist/{BIRTH}")
    for title in ("Nhờ người khác", "Trực tiếp", "Không trường hợp nào"):
        phone.get_by_role("link", name=title, exact=True).click()
    boxes = phone.get_by_role("checkbox")
    phone.get_by_text("Văn bản ủy quyền có chứng thực").click()  # the words are part of the box
    expect(boxes.last).to_be_checked()
    phone.get_by_role("link", name="đổi câu trả lời “Trực tiếp”").click()
    expect(phone.get_by_role("link", name="Trực tuyến", exact=True)).to_be_visible()
    expect(phone.get_by_text("Nhờ người khác").first).to_be_visible()


def test_no_page_has_a_fault_or_is_too_wide(taught: Running, browser: Browser) -> None:
    for scheme in ("light", "dark"):
        context = browser.new_context(viewport={"width": 320, "height": 640}, color_scheme=scheme)  # type: ignore[arg-type]
        page = context.new_page()
        for path in (BIRTH, f"{BIRTH}?filer=other&mode=in_person&case=2", "9.9"):
            page.goto(f"{taught.url}/checklist/{path}")
            assert serious_faults(page) == [], path
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
        context.close()


def test_the_widget_leads_there(taught: Running, rasa: FakeRasa, page: Page) -> None:
    path = f"/checklist/{BIRTH}?filer=self&mode=online&case=none"
    link = {"kind": "link", "text": "Bản để in", "url": path}
    rasa.script("hồ sơ của tôi", reply("x", bubbles=[[{"kind": "text", "text": "Dạ"}, link]]))
    shown = Widget(page)
    shown.visit(taught.url)
    shown.open()
    shown.ask("hồ sơ của tôi")
    expect(shown.log.get_by_role("link", name="Bản để in")).to_have_attribute("href", taught.url + path)
