"""A citizen in the widget and a person at the desk, with the real server between them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.handoff import switches
from bot.handoff.staff import Close
from tests.bot.fake_rasa import FakeRasa, reply
from tests.bot.handoff.people import Office
from tests.bot.running import Running
from tests.browser.test_accessibility import serious_faults
from tests.browser.widget import Widget

WISH = "Gặp cán bộ"
UNIT = "22945"  # Phường Phan Thiết


@pytest.fixture
def shown(page: Page, real: Running, rasa: FakeRasa) -> Iterator[Widget]:
    rasa.script(WISH, reply("?", outcome="handoff", handoff="asked", unit=UNIT))
    widget = Widget(page)
    widget.visit(real.url)
    widget.open()
    yield widget
    page.goto("about:blank")


@pytest.fixture
def desk(real: Running) -> Office:
    return Office(real.sessions)


def conversation_of(shown: Widget) -> str:
    """Return the id that the page keeps."""
    found = shown.page.evaluate("Object.entries(localStorage).find(([key]) => key.endsWith(':conversation'))[1]")
    return str(found).strip('"')


def look(page: Page, name: str) -> None:
    """Keep a picture where LOOK_AT names a folder."""
    if os.environ.get("LOOK_AT"):
        page.screenshot(path=Path(os.environ["LOOK_AT"]) / f"{name}.png")


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["desktop", "phone"])
def test_from_the_wish_to_the_opinion(shown: Widget, desk: Office, size: tuple[int, int]) -> None:
    name = f"{size[0]}"
    shown.page.set_viewport_size({"width": size[0], "height": size[1]})
    clerk = desk.hire("Hà", unit=UNIT)
    bar, line = shown.root.locator(".people"), shown.root.locator(".titles p")
    shown.menu(WISH)
    expect(bar).to_contain_text("anh/chị là người đầu tiên")
    shown.menu(WISH)
    expect(shown.messages("assistant").last).to_contain_text("vẫn đang được giữ")
    one = conversation_of(shown)
    look(shown.page, f"{name}-queued")
    desk.act(clerk, one, "claim")
    expect(bar).to_contain_text("Chị Hà (Phường Phan Thiết) đang trả lời")
    expect(line).to_have_text("Cán bộ đang trả lời")
    desk.say(clerk, one, "Chào anh, anh gửi giúp em ảnh sổ đỏ.")
    expect(shown.messages("staff")).to_contain_text("ảnh sổ đỏ")
    shown.send_file("so-do.pdf", b"%PDF-1.7 so do")
    expect(shown.button("Mở tệp so-do.pdf")).to_be_visible()
    shown.ask("dạ em gửi rồi")
    expect(shown.messages("citizen").last).to_contain_text("Đã gửi")
    look(shown.page, f"{name}-staff")
    assert serious_faults(shown.page) == []
    shown.page.reload()
    if size[0] < 480:  # on a phone it covers the page, so it does not open by itself
        shown.open()
    expect(bar).to_contain_text("Chị Hà")
    desk.say(clerk, one, "Hồ sơ đủ rồi ạ.")
    desk.act(clerk, one, "close", Close("answered", "no"))
    card = shown.root.locator(".rating")
    expect(card.get_by_role("button")).to_have_count(3)
    expect(shown.log.locator(".back")).to_have_count(1)
    expect(bar).to_be_hidden()
    look(shown.page, f"{name}-rating")
    shown.button("Một phần").click()
    expect(shown.messages("assistant").last).to_contain_text("cảm ơn anh/chị đã góp ý")
    expect(card.get_by_role("button")).to_have_count(0)
    handoff = desk.handoff(one)
    assert handoff and (handoff.state, handoff.rating) == ("closed", "partly")
    shown.ask("còn phí?")
    expect(shown.messages("assistant").last).to_contain_text("echo còn phí?")


def test_two_citizens_move_up(browser: Browser, shown: Widget, real: Running, desk: Office) -> None:
    clerk = desk.hire("Hà")
    context = browser.new_context(viewport={"width": 390, "height": 844})
    other = Widget(context.new_page())
    other.visit(real.url)
    other.open()
    other.menu(WISH)
    expect(other.root.locator(".people")).to_contain_text("người đầu tiên")
    shown.menu(WISH)
    expect(shown.root.locator(".people")).to_contain_text("anh/chị là người thứ 2")
    desk.act(clerk, conversation_of(other), "claim")
    expect(shown.root.locator(".people")).to_contain_text("người đầu tiên")
    shown.root.locator(".people").get_by_role("button").click()
    expect(shown.messages("assistant").last).to_contain_text("đã bỏ yêu cầu")
    expect(shown.root.locator(".people")).to_be_hidden()
    context.close()


def test_nobody_there_and_the_assistant_goes_on(shown: Widget, desk: Office) -> None:
    desk.hire("Hà", ready=False)
    shown.menu(WISH)
    bar = shown.root.locator(".people")
    expect(bar).to_contain_text("Cán bộ sẽ trả lời tại đây")
    look(shown.page, "callback")
    shown.ask("khai sinh")
    expect(shown.messages("assistant").last).to_contain_text("echo khai sinh")
    expect(bar).to_be_visible()
    bar.get_by_role("button").click()
    expect(bar).to_be_hidden()


def test_people_only(shown: Widget, real: Running, desk: Office) -> None:
    desk.hire("Hà")
    with real.sessions.begin() as session:
        switches.turn_off(session, switches.BOT, "Hệ thống nâng cấp đến 14 giờ.", None)
    shown.ask("khai sinh cần gì")
    expect(shown.messages("assistant").last).to_contain_text("tạm ngưng. Hệ thống nâng cấp đến 14 giờ.")
    expect(shown.root.locator(".people")).to_contain_text("Đang chờ cán bộ")
    look(shown.page, "people-only")
    assert serious_faults(shown.page) == []


def test_a_person_sees_that_the_citizen_types(shown: Widget, real: Running, desk: Office) -> None:
    clerk = desk.hire("Hà")
    shown.menu(WISH)
    expect(shown.root.locator(".people")).to_be_visible()
    one = conversation_of(shown)
    desk.act(clerk, one, "claim")
    expect(shown.root.locator(".titles p")).to_have_text("Cán bộ đang trả lời")
    with shown.page.expect_response("**/api/web/typing") as told:
        shown.field.press_sequentially("dạ")
    assert told.value.status == 204 and real.parts.hub.is_citizen_typing(one)
