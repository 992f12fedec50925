"""The staff console in a browser: signing in, the frame, the pages of administration; wide and on a telephone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from uuid import UUID

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bot.alerts import raise_alert
from knowledge.models import AdminUnit, CannedReply, Conversation, Handoff, Staff
from nlu.text import fold
from tests.bot.running import Running
from tests.browser.test_accessibility import serious_faults
from tests.console.desk import PASSWORD, Office

SIZES = [(1280, 800), (390, 844)]
PAGES = "waiting mine reports canned canned/new staff staff/new staff/1 audit switches account password".split()
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def office(real: Running) -> Office:
    """A province with two units, some staff, a canned reply and somebody who waits."""
    with real.sessions.begin() as session:
        session.add(AdminUnit(code="24787", kind="Phường", name="La Gi"))
        reply = {"title": "Giờ làm việc", "text": "Bộ phận Một cửa làm việc từ thứ Hai đến thứ Sáu ạ. " * 8}
        session.add(CannedReply(shortcut="gio-lam", folded=fold("gio-lam giờ làm việc"), **reply))
        session.add(Conversation(id="c1", channel="web", external_id="c1"))
        session.flush()
        session.add(Handoff(conversation_id="c1", state="queued", reason="asked", procedure_code="1.004222"))
    made = Office(real)
    made.add("quan.tri", "admin", name="Trần Thị Quản Trị")
    made.add("lan.nguyen", "clerk", name="Nguyễn Thị Lan", unit_code="24787")
    made.add("cu.nguoi", "viewer", name="Người Đã Nghỉ Việc Từ Rất Lâu", is_active=False)
    return made


@pytest.fixture(params=SIZES, ids=["wide", "phone"])
def context(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    width, height = request.param
    opened = browser.new_context(viewport={"width": width, "height": height}, locale="vi-VN", reduced_motion="reduce")
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page on which neither a script may fail nor the content policy be broken."""
    opened, wrong = context.new_page(), []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda line: wrong.append(line.text) if "Content Security Policy" in line.text else None)
    yield opened
    opened.goto("about:blank")
    assert wrong == []


def enter(page: Page, office: Office, username: str = "quan.tri") -> None:
    page.goto(f"{office.server.url}/console/")
    page.get_by_label("Tên đăng nhập").fill(username)
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()
    expect(page.get_by_role("heading", level=1, name="Chờ")).to_be_visible()
    page.wait_for_load_state()  # the scripts have run


def test_the_sign_in_says_what_is_wrong_and_then_opens(page: Page, office: Office) -> None:
    page.goto(f"{office.server.url}/console/staff")
    assert serious_faults(page) == []
    page.get_by_label("Tên đăng nhập").fill("quan.tri")
    page.get_by_label("Mật khẩu").fill("không phải")
    page.get_by_role("button", name="Đăng nhập").click()
    expect(page.get_by_role("alert")).to_contain_text("Tên đăng nhập hoặc mật khẩu không đúng.")
    expect(page.get_by_label("Mật khẩu")).to_be_focused()
    assert serious_faults(page) == []
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Cán bộ")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_and_can_be_read_by_all(page: Page, office: Office, scheme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=scheme)
    enter(page, office)
    for path in PAGES:
        page.goto(f"{office.server.url}/console/{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert serious_faults(page) == [], path
        assert page.evaluate(OVERFLOW) <= 0, f"{path} is wider than the screen"
    page.goto(f"{office.server.url}/console/nothing")
    expect(page.get_by_text("Không tìm thấy trang này")).to_be_visible()
    assert serious_faults(page) == []


def test_my_state_is_kept_and_shown(page: Page, office: Office) -> None:
    enter(page, office)
    with page.expect_response("**/console/presence"):
        page.get_by_label("Trạng thái của tôi").select_option("ready")
    expect(page.locator(".presence-mark.ready")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Trạng thái của tôi")).to_have_value("ready")
    with office.server.sessions() as session:
        assert session.query(Staff.presence).filter_by(username="quan.tri").scalar() == "ready"


def test_the_look_is_chosen_and_kept(page: Page, office: Office) -> None:
    enter(page, office)
    open_menu(page)
    page.get_by_role("button", name="Tối").click()
    expect(page.locator("html")).to_have_attribute("theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("theme", "dark")


def open_menu(page: Page) -> None:
    """On a telephone what is not a list is folded away."""
    more = page.get_by_role("button", name="Mục khác và tài khoản")
    if more.is_visible():
        more.click()


def test_news_changes_the_numbers_without_a_reload(page: Page, office: Office) -> None:
    enter(page, office)
    waiting = page.get_by_role("navigation").get_by_role("link", name="Chờ")
    expect(waiting).to_contain_text("1")
    with office.server.sessions.begin() as session:
        session.add(Conversation(id="c2", channel="zalo", external_id="c2"))
        session.flush()
        session.add(Handoff(conversation_id="c2", state="queued", reason="asked"))
    for _ in range(2):  # of two tries one may fall into the pause after the first news
        office.server.parts.hub.publish("c2")
    expect(waiting).to_contain_text("2", timeout=40_000)
    expect(page.locator(".talk-card")).to_have_count(2)


def test_keys_open_the_help_and_the_lists(page: Page, office: Office) -> None:
    enter(page, office)
    page.keyboard.press("?")
    help_dialog = page.get_by_role("dialog", name="Phím tắt")
    expect(help_dialog).to_be_visible()
    assert serious_faults(page) == []
    page.keyboard.press("Escape")
    expect(help_dialog).to_be_hidden()
    page.keyboard.press("Alt+4")
    expect(page.get_by_role("heading", level=1, name="Gọi")).to_be_visible()
    page.goto(f"{office.server.url}/console/staff")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Tìm")).to_be_focused()
    page.keyboard.type("? lan")
    expect(help_dialog).to_be_hidden()


def test_a_lost_line_is_told_and_a_session_that_is_over_leads_to_the_sign_in(page: Page, office: Office) -> None:
    enter(page, office)
    expect(page.get_by_text("Mất kết nối")).to_be_hidden()
    page.context.set_offline(True)
    expect(page.get_by_text("Mất kết nối")).to_be_visible()
    page.context.set_offline(False)
    page.get_by_role("navigation").get_by_role("link", name="Tôi").click()
    with office.server.sessions.begin() as session:
        session.query(Staff).update({"is_active": False})
    expect(page.get_by_role("heading", name="Đăng nhập")).to_be_visible(timeout=40_000)


def test_a_colleague_is_added_and_locked_out(page: Page, office: Office) -> None:
    enter(page, office)
    page.goto(f"{office.server.url}/console/staff/new")
    page.get_by_label("Tên đăng nhập").fill("ha.tran")
    page.get_by_label("Họ tên").fill("Trần Thu Hà")
    page.get_by_label("Đơn vị").select_option(label="Phường La Gi")
    page.get_by_role("button", name="Tạo tài khoản").click()
    expect(page.locator(".password")).to_be_visible()
    assert serious_faults(page) == []
    page.get_by_role("main").get_by_role("link", name="Xong").click()
    page.get_by_role("link", name="Trần Thu Hà").click()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Khóa tài khoản").click()
    expect(page.get_by_role("status")).to_contain_text("Đã khóa tài khoản")


def test_a_clerk_is_told_what_is_not_theirs(page: Page, office: Office) -> None:
    enter(page, office, "lan.nguyen")
    open_menu(page)
    expect(page.get_by_role("link", name="Cán bộ", exact=True)).to_have_count(0)
    page.goto(f"{office.server.url}/console/staff")
    expect(page.get_by_text("Anh/chị không có quyền xem mục này")).to_be_visible()
    assert serious_faults(page) == []


def test_paper_shows_the_page_alone(page: Page, office: Office) -> None:
    enter(page, office)
    page.goto(f"{office.server.url}/console/audit")
    page.emulate_media(media="print")
    expect(page.get_by_role("table")).to_be_visible()
    for hidden in ("#side", ".filters"):
        expect(page.locator(hidden)).to_be_hidden()


def test_an_administrator_closes_what_has_been_seen(page: Page, office: Office) -> None:
    with office.server.sessions.begin() as session:
        raise_alert(session, "parked", "zalo", "parked", {"conversation": str(UUID(int=1)), "reason": "blocked"})
        raise_alert(session, "operator", "zalo", "zalo_reauthorise")
    enter(page, office)
    page.goto(f"{office.server.url}/console/reports")
    expect(page.get_by_role("button", name="Đã xem")).to_have_count(1)
    assert serious_faults(page) == [] and page.evaluate(OVERFLOW) <= 0
    if folder := os.environ.get("LOOK_AT"):
        page.screenshot(path=Path(folder) / f"alerts-{page.viewport_size['width']}.png")
    page.get_by_role("button", name="Đã xem").click()
    expect(page.get_by_role("status")).to_contain_text("Đã đóng cảnh báo.")
    expect(page.get_by_role("button", name="Đã xem")).to_have_count(0)
    expect(page.get_by_text("cấp quyền lại")).to_be_visible()
