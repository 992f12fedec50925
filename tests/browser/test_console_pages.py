"""The drawer, search, history, review and board in a real browser: what they do, how they look, and axe.

With ``CONSOLE_SHOTS`` set to a folder, what the pages look like is kept there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.console import sessions
from knowledge.models import ReviewItem
from tests.bot.running import Running
from tests.browser.conftest import PATIENCE
from tests.browser.test_accessibility import serious_faults
from tests.console.scene import STAY, Scene

SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
PAGES = {
    "drawer": "/conversations/{main}/drawer",
    "search": "/search?q=gap+can+bo",
    "history": "/history",
    "review": "/review",
    "board": "/board",
    "overdue": "/overdue",
    "apology": "/apologies/1",
    "apology-new": "/dossiers/102/apology",
    "apologies": "/apologies",
}
Open = Callable[..., Page]
LISTEN = """document.addEventListener("composer:insert", (event) => {
    window.got = event.detail;
    document.title = event.detail.citation;
})"""


@pytest.fixture
def scene(real: Running) -> Scene:
    found = Scene(real)
    found.finished()
    found.talking()
    found.unsure()
    found.late()
    return found


@pytest.fixture
def open_as(browser: Browser, scene: Scene) -> Iterator[Open]:
    """Open a page of the console as somebody; a script error or a blocked resource fails the test."""
    contexts, faults = [], []

    def start(path: str, staff_id: int, size: str = "desktop", **more: Any) -> Page:
        secret = sessions.new_secret()
        with scene.server.sessions.begin() as session:
            sessions.begin(session, staff_id, secret)
        width, height = SIZES[size]
        viewport: Any = {"width": width, "height": height}
        context = browser.new_context(viewport=viewport, locale="vi-VN", reduced_motion="reduce", **more)
        context.set_default_timeout(PATIENCE)
        context.add_cookies([{"name": "console", "value": secret, "url": scene.server.url}])
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda line: faults.append(line.text) if "Content Security" in line.text else None)
        page.goto(f"{scene.server.url}/console{path.format(main=scene.main)}")
        return page

    yield start
    for context in contexts:
        context.close()
    assert faults == []


def keep(page: Page, name: str) -> None:
    folder = os.environ.get("CONSOLE_SHOTS")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_fault_or_is_too_wide(scene: Scene, open_as: Open, size: str, scheme: str) -> None:
    for name, path in PAGES.items():
        page = open_as(path, scene.boss, size, color_scheme=scheme)
        expect(page.get_by_role("heading", level=1)).to_be_attached()
        assert serious_faults(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name
        keep(page, f"{name}-{size}-{scheme}")


def test_an_official_answer_goes_to_the_composer(scene: Scene, open_as: Open) -> None:
    page = open_as(PAGES["drawer"], scene.lan)
    page.evaluate(LISTEN)
    page.get_by_role("button", name="Chèn phí").click()
    expect(page.get_by_role("status").filter(has_text="Đã chèn")).to_be_visible()
    got = page.evaluate("window.got")
    assert "đ" in got["text"] and "1.004222" in got["citation"]
    page.get_by_role("searchbox", name="Tìm thủ tục").fill("tam tru")
    expect(page.locator("[data-code='1.004194']")).to_be_visible()
    page.get_by_role("button", name="Chèn giấy tờ").click()
    expect(page).to_have_title(re.compile("1.004194"))


def test_a_dossier_and_a_number_are_shown_when_asked_for(scene: Scene, open_as: Open) -> None:
    page = open_as(PAGES["drawer"], scene.lan)
    page.get_by_role("button", name="Xem hồ sơ").click()
    expect(page.locator("#drawer-dossier")).to_contain_text("quá hẹn")
    assert "0912345678" not in page.content()
    page.locator("summary", has_text="Hiện số").click()
    page.get_by_label("Vì sao cần xem số").fill("gọi lại theo yêu cầu")
    page.get_by_role("button", name="Hiện số").click()
    expect(page.get_by_role("link", name="0912345678")).to_be_visible()
    assert serious_faults(page) == []


def test_news_takes_nothing_from_who_looks_something_up(scene: Scene, open_as: Open) -> None:
    page = open_as(PAGES["drawer"], scene.lan)
    page.get_by_role("searchbox", name="Tìm thủ tục").fill("tam tru")
    expect(page.locator("[data-code='1.004194']")).to_be_visible()
    scene.talks.file(scene.main, "cd/" + "1" * 30, "tệp mới.pdf")
    page.evaluate("htmx.ajax('GET', location.pathname, '.drawer-alone')")
    expect(page.locator("#drawer-others")).to_contain_text("tệp mới.pdf")
    expect(page.get_by_role("searchbox", name="Tìm thủ tục")).to_have_value("tam tru")
    expect(page.locator("[data-code='1.004194']")).to_be_visible()


def test_a_clerk_points_at_an_answer_and_inserts_the_right_one(scene: Scene, open_as: Open) -> None:
    page = open_as("/conversations/{main}", scene.lan)
    page.get_by_role("button", name="Cần xét lại").first.click()
    expect(page.get_by_text("Đã đưa vào danh sách xét")).to_be_visible()
    page.get_by_role("button", name="Nhận", exact=True).click()
    box = page.get_by_role("textbox", name="Trả lời")
    box.fill("Dạ,\n")
    page.get_by_role("button", name="Chèn phí").click()
    expect(box).to_have_value(re.compile(r"^Dạ,\n.*đ.*1\.004222", re.DOTALL))
    with scene.server.sessions() as session:
        assert session.query(ReviewItem).filter_by(cause="flagged").one().conversation_id == scene.main


def test_a_question_is_corrected_in_two_keystrokes(scene: Scene, open_as: Open) -> None:
    page = open_as("/review?cause=unsure", scene.boss)
    expect(page.get_by_role("heading", level=2, name="nhập hộ khẩu cho bé vào nhà nội cần gì")).to_be_visible()
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=2, name="đăng ký ở trọ")).to_be_visible()
    page.wait_for_load_state()  # the keys are there when the script is
    for key in ("p", "g", "1", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_role("heading", name="Không còn câu nào cần xét")).to_be_visible()
    with scene.server.sessions() as session:
        decided = session.query(ReviewItem).filter_by(state="decided").order_by(ReviewItem.id).all()
    assert [(item.procedure_code, item.aspects) for item in decided] == [("1.004222", []), (STAY, ["documents"])]


def test_searching_in_the_review_chooses_nothing_by_itself(scene: Scene, open_as: Open) -> None:
    page = open_as("/review?cause=unsure", scene.boss)
    page.keyboard.press("/")
    search = page.get_by_role("searchbox")
    expect(search).to_be_focused()
    page.keyboard.type("tam tru")
    expect(page.locator(f'input[value="{STAY}"][data-key="1"]')).to_be_attached()
    page.keyboard.press("Enter")
    expect(search).not_to_be_focused()
    page.keyboard.press("x")
    expect(page.get_by_role("radio", name="Ngoài phạm vi")).to_be_checked()
    page.keyboard.press("1")
    expect(page.get_by_role("radio", name="Trả lời bằng thủ tục đã chọn")).to_be_checked()
