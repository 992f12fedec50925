"""Two clerks and a citizen, each in a browser of their own, from the wish for a person to the opinion at the end."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.bot.fake_rasa import FakeRasa
from tests.bot.running import Running
from tests.browser.clerk import Clerk
from tests.browser.test_accessibility import serious_faults
from tests.browser.widget import Widget
from tests.console.desk import Office
from tests.console.hall import Hall

WISH = "Tôi muốn gặp cán bộ"
ASKED = {"outcome": "handoff", "handoff": "asked", "bubbles": [[{"kind": "text", "text": "Dạ."}]]}


@pytest.fixture
def hall(real: Running, rasa: FakeRasa) -> Hall:
    rasa.script(WISH, [{"recipient_id": "x", "custom": ASKED}])
    return Hall(Office(real))


@pytest.fixture
def hire(browser: Browser, hall: Hall) -> Iterator[Callable[..., Clerk]]:
    """Seat clerks at screens of their own."""
    seated: list[Clerk] = []

    def seat(name: str, size: tuple[int, int] = (1280, 800)) -> Clerk:
        seated.append(Clerk(browser, hall, name, size))
        return seated[-1]

    yield seat
    for clerk in seated:
        clerk.close()


@pytest.fixture
def citizen(page: Page, hall: Hall) -> Iterator[Widget]:
    widget = Widget(page)
    widget.visit(hall.office.server.url)
    widget.open()
    yield widget
    page.goto("about:blank")


def test_from_the_wish_to_the_opinion(citizen: Widget, hire: Callable[..., Clerk], hall: Hall, tmp_path: Path) -> None:
    lan, hoa = hire("lan"), hire("hoa")
    lan.visit("/waiting")
    hoa.visit("/mine")
    expect(lan.page.get_by_text("Không có ai đang chờ")).to_be_visible()
    citizen.ask(WISH)
    expect(lan.cards).to_have_count(1)
    expect(lan.page).to_have_title(re.compile(r"^\(1\) "))
    expect(lan.page.locator(".clock").first).to_contain_text("mới chờ")
    lan.shoot("waiting", tmp_path)
    lan.page.keyboard.press("n")
    expect(lan.button("Kết thúc")).to_be_visible()
    expect(citizen.messages("assistant").last).to_contain_text("Chị lan đang trả lời")
    lan.say("Dạ em là Lan, em nghe ạ")
    expect(citizen.messages("staff").last).to_contain_text("em nghe ạ")
    citizen.ask("Sang tên sổ đỏ cần giấy gì?")
    expect(lan.lines).to_contain_text("Sang tên sổ đỏ cần giấy gì?")
    lan.shoot("thread", tmp_path)
    assert serious_faults(lan.page) == []

    lan.page.keyboard.press("Escape")
    lan.page.keyboard.press("t")
    lan.page.get_by_role("radio", name=re.compile("Chị hoa")).check()
    lan.page.get_by_label("Lời nhắn cho người nhận").fill("Chị rành đất đai")
    lan.shoot("transfer", tmp_path)
    assert serious_faults(lan.page) == []
    lan.page.get_by_role("dialog").get_by_role("button", name="Chuyển", exact=True).click()
    expect(hoa.page.locator(".talk-card.offered")).to_contain_text("Chị lan chuyển cho tôi")
    hoa.page.keyboard.press("j")
    hoa.button("Nhận chuyển").click()
    expect(hoa.button("Kết thúc")).to_be_visible()
    expect(lan.page.locator("#composer-why")).to_contain_text("Chị hoa đang phụ trách")
    hoa.say("Dạ cần ba giấy tờ ạ")
    expect(citizen.messages("staff").last).to_contain_text("ba giấy tờ")

    hoa.page.keyboard.press("Escape")
    hoa.page.keyboard.press("e")
    hoa.page.get_by_role("radio", name="Không, cần cán bộ").check()
    hoa.page.get_by_role("dialog").get_by_role("button", name="Kết thúc", exact=True).click()
    citizen.button("Có").click()
    expect(hoa.lines).to_contain_text("Người dân đánh giá: giúp được")
    handoff = hall.people.handoff(_id(hoa.page))
    assert (handoff.state, handoff.rating, handoff.bot_could) == ("closed", "yes", "no")


def _id(page: Page) -> str:
    return page.locator("#thread").get_attribute("data-id") or ""


def test_what_is_typed_survives_a_reload_and_a_cut_line(hire: Callable[..., Clerk], hall: Hall) -> None:
    lan = hire("lan")
    key = hall.wait()
    lan.visit(f"/conversations/{key}?in=waiting")
    lan.page.keyboard.press("c")
    expect(lan.reply).to_be_visible()
    lan.page.keyboard.press("r")
    lan.page.keyboard.type("Dạ em xem")
    expect(lan.page.locator("#panel-reply .saved")).to_have_text("Đã lưu nháp")
    lan.page.reload()
    lan.wait()
    expect(lan.reply).to_have_value("Dạ em xem")
    lan.context.set_offline(True)
    lan.reply.press("Enter")
    queue = lan.page.locator("#panel-reply .queue li")
    expect(queue).to_contain_text("Tin sẽ được gửi khi có mạng")
    lan.reply.press("x")
    lan.reply.fill("Tin thứ hai")
    lan.reply.press("Enter")
    expect(queue).to_have_count(2)
    lan.context.set_offline(False)
    expect(queue).to_have_count(0)
    expect(lan.lines).to_contain_text("Tin thứ hai")
    assert hall.said(key) == ["Dạ em xem", "Tin thứ hai"]


def test_a_refused_reply_says_who_has_the_citizen_and_keeps_the_text(hire: Callable[..., Clerk], hall: Hall) -> None:
    lan, boss = hire("lan"), hall.enter("boss", "head")
    key = hall.wait()
    lan.visit(f"/conversations/{key}?in=waiting")
    lan.page.keyboard.press("c")
    expect(lan.reply).to_be_visible()
    lan.context.set_offline(True)  # the news of it does not reach her
    boss.post(f"/conversations/{key}/take_over", reason="nghỉ trưa")
    lan.reply.fill("Dạ em gửi anh/chị")
    lan.reply.press("Enter")
    lan.context.set_offline(False)
    note = lan.page.get_by_label("Ghi chú nội bộ")
    expect(lan.page.locator("#composer-why")).to_contain_text("Chị boss đang phụ trách")
    expect(note).to_have_value("Dạ em gửi anh/chị")
    assert hall.said(key) == []


def test_news_keep_the_place_and_the_draft(hire: Callable[..., Clerk], hall: Hall) -> None:
    lan = hire("lan")
    key = hall.wait()
    hall.people.act(hall.ids["lan"], key, "claim")
    for number in range(60):
        hall.people.write(key, f"dòng {number:02}.")
    lan.visit(f"/conversations/{key}?in=mine")
    expect(lan.lines).to_contain_text("dòng 59.")
    lan.reply.fill("đang viết")
    lan.page.locator("#lines").evaluate("node => { node.scrollTop = 200 }")
    hall.people.write(key, "tin mới nhất")
    lan.page.evaluate("document.body.dispatchEvent(new Event('desk:changed'))")
    expect(lan.page.locator("#new-pill")).to_be_visible()
    expect(lan.reply).to_have_value("đang viết")
    assert lan.page.locator("#lines").evaluate("node => node.scrollTop") == 200
    lan.page.locator("#new-pill").click()
    expect(lan.page.get_by_text("tin mới nhất").last).to_be_in_viewport()
    lan.page.get_by_role("button", name="Xem tin cũ hơn").click()
    expect(lan.lines).to_contain_text("dòng 00.")
    orders = lan.page.locator("#line-list > li").evaluate_all("nodes => nodes.map(node => node.dataset.order)")
    assert orders == sorted(orders) and len(orders) == len(set(orders))


def test_what_is_inserted_keeps_what_is_there(hire: Callable[..., Clerk], hall: Hall) -> None:
    lan = hire("lan")
    key = hall.wait()
    hall.people.act(hall.ids["lan"], key, "claim")
    lan.visit(f"/conversations/{key}?in=mine")
    lan.reply.fill("Dạ:")
    detail = "{detail: {text: 'Ba giấy tờ', citation: 'Mã 1.004222'}}"
    lan.page.evaluate(f"document.dispatchEvent(new CustomEvent('composer:insert', {detail}))")
    expect(lan.reply).to_have_value("Dạ:\nBa giấy tờ\nMã 1.004222")


def test_many_are_chosen_and_ended(hire: Callable[..., Clerk], hall: Hall) -> None:
    lan = hire("lan")
    for _ in range(2):
        key = hall.wait()
        hall.people.act(hall.ids["lan"], key, "claim")
        hall.people.say(hall.ids["lan"], key)
    lan.visit("/mine")
    for box in lan.page.locator(".pick-box").all():
        box.check()
    expect(lan.page.get_by_text("Đã chọn 2")).to_be_visible()
    assert serious_faults(lan.page) == []
    lan.page.get_by_role("button", name="Kết thúc vì im lặng").click()
    expect(lan.page.locator("#notice")).to_contain_text("Xong 2 cuộc")
    expect(lan.cards).to_have_count(0)


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["wide", "phone"])
def test_every_screen_is_without_serious_fault(
    hire: Callable[..., Clerk], hall: Hall, size: tuple[int, int], tmp_path: Path
) -> None:
    lan = hire("lan", size)
    key = hall.wait("Sang tên sổ đỏ", channel="zalo")
    hall.people.act(hall.ids["lan"], key, "claim")
    hall.people.say(hall.ids["lan"], key, "Dạ em nghe")
    hall.wait("Khai sinh cho bé", ago=12)
    for name, path in (("waiting", "/waiting"), ("mine", "/mine"), ("thread", f"/conversations/{key}?in=mine")):
        lan.visit(path)
        expect(lan.page.locator(".talk-card, .head h2").locator("visible=true").first).to_be_visible()
        lan.shoot(f"{name}-{size[0]}", tmp_path)
        assert serious_faults(lan.page) == []
        wide = lan.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= size[0], "nothing sticks out"
    lan.page.keyboard.press("Escape")
    lan.page.keyboard.press("e")
    expect(lan.page.get_by_role("dialog")).to_be_visible()
    lan.shoot(f"close-{size[0]}", tmp_path)
    assert serious_faults(lan.page) == []
