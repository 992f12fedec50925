"""People in the widget: the bar, who speaks, files, typing, the opinion, and a word that comes to a hidden page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.fake_server import FakeServer
from tests.browser.replies import Json, block, message
from tests.browser.test_accessibility import serious_faults
from tests.browser.test_layout import SMALL_TARGETS
from tests.browser.widget import Widget

CANCEL = ("Hủy, hỏi trợ lý tiếp", "handoff_cancel")
SENT = "**/api/web/messages"
OPINIONS = (("Có", "handoff_rate_yes"), ("Một phần", "handoff_rate_partly"), ("Không", "handoff_rate_no"))


def told(text: str, *buttons: tuple[str, str]) -> tuple[str, str, Json]:
    """Return what the assistant says about people, with its buttons."""
    made = message("handoff", [[block("text", text)]])["reply"]
    made["buttons"] = [{"title": title, "intent": intent, "entities": {}} for title, intent in buttons]
    return "assistant", text, made


@pytest.fixture
def asked(widget: Widget, fake: FakeServer) -> Widget:
    """A citizen who waits for a person, second in the queue."""
    fake.knobs.answer = lambda text: []
    widget.ask("cho tôi gặp người thật")
    expect(widget.messages("citizen")).to_have_count(1)
    fake.latest.add(*told("Dạ, em chuyển anh/chị tới cán bộ.", CANCEL))
    fake.latest.stand("queued", position=2, wait_minutes=6)
    expect(bar(widget)).to_be_visible()
    return widget


def bar(widget: Widget) -> Locator:
    return widget.root.locator(".people")


def line(widget: Widget) -> Locator:
    return widget.root.locator(".titles p")


PLACES: list[tuple[dict[str, Any], str]] = [
    ({"position": 1}, "Đang chờ cán bộ · anh/chị là người đầu tiên"),
    ({"position": 3, "wait_minutes": 6}, "Đang chờ cán bộ · anh/chị là người thứ 3 · thường khoảng 6 phút"),
    ({"position": 2, "wait_minutes": None}, "Đang chờ cán bộ · anh/chị là người thứ 2"),
]


@pytest.mark.parametrize(("standing", "text"), PLACES)
def test_who_waits_sees_the_place_and_the_usual_wait(
    asked: Widget, fake: FakeServer, standing: dict[str, Any], text: str
) -> None:
    fake.latest.stand("queued", **standing)
    expect(bar(asked).get_by_role("status")).to_have_text(text)
    expect(line(asked)).to_have_text("Trợ lý tự động (AI)")
    assert serious_faults(asked.page) == []


LATER = [
    ("callback", {"when": "từ 7 giờ thứ Hai 30/11"}, "Cán bộ sẽ trả lời tại đây từ 7 giờ thứ Hai 30/11"),
    ("callback", {}, "Yêu cầu gặp cán bộ đang được giữ, chưa rõ lúc nào có người trả lời"),
    ("calling", {}, "Cán bộ đã nhận việc gọi lại cho anh/chị"),
]


@pytest.mark.parametrize(("state", "more", "text"), LATER)
def test_who_is_answered_later_sees_when_and_may_go_on(
    asked: Widget, fake: FakeServer, state: str, more: dict[str, Any], text: str
) -> None:
    fake.latest.stand(state, **more)
    expect(bar(asked).get_by_role("status")).to_have_text(text)
    fake.knobs.delay = 600
    asked.ask("còn phí?")
    expect(asked.root.locator(".dots")).to_be_visible()


def test_the_bar_is_there_again_after_a_reload(asked: Widget) -> None:
    asked.page.reload()
    expect(bar(asked)).to_contain_text("anh/chị là người thứ 2")
    expect(asked.button(CANCEL[0])).to_have_count(1)


def test_the_way_back_is_in_the_bar_alone_and_is_a_tap(asked: Widget, fake: FakeServer) -> None:
    expect(asked.chips.get_by_role("button")).to_have_count(0)
    asked.ask("em chờ ạ")
    expect(asked.messages("citizen")).to_have_count(2)
    with asked.page.expect_response(SENT):
        bar(asked).get_by_role("button", name=CANCEL[0]).click()
    expect(asked.messages("citizen").last).to_contain_text(CANCEL[0])
    assert fake.knobs.posts[-1]["button"] == {"seq": 2, "index": 0}
    fake.latest.stand("")
    expect(bar(asked)).to_be_hidden()


def test_who_waits_for_people_is_not_told_that_the_assistant_is_slow(asked: Widget) -> None:
    asked.page.clock.install()
    asked.ask("nhà em mất sổ đỏ")
    expect(asked.messages("citizen")).to_have_count(2)
    asked.page.clock.fast_forward(70_000)
    expect(asked.root.locator(".waiting")).to_be_empty()


def test_a_person_is_named_wherever_they_speak(asked: Widget, fake: FakeServer) -> None:
    fake.latest.stand("staff", who="Chị Hà", unit="Phường La Gi")
    fake.latest.add("staff", "Chào anh/chị.", by="Chị Hà")
    expect(bar(asked).get_by_role("status")).to_have_text("Chị Hà (Phường La Gi) đang trả lời")
    expect(bar(asked).get_by_role("button")).to_have_count(0)
    expect(line(asked)).to_have_text("Cán bộ đang trả lời")
    expect(asked.messages("staff").locator(".name")).to_contain_text("Chị Hà")
    expect(asked.messages("staff").locator(".name")).to_contain_text("Cán bộ")
    expect(asked.field).to_have_attribute("placeholder", "Nhắn cho cán bộ…")
    assert serious_faults(asked.page) == []
    fake.latest.stand("", back=[3])
    expect(line(asked)).to_have_text("Trợ lý tự động (AI)")
    expect(asked.log.locator(".back")).to_have_text("Trợ lý tự động trả lời tiếp")
    fake.latest.add(*told("Dạ, em tiếp tục trả lời ạ."))
    expect(asked.messages("assistant")).to_have_count(2)
    asked.page.reload()
    expect(asked.log.locator(".back")).to_have_count(1)
    places = asked.log.locator(".message[data-seq], .back").evaluate_all("all => all.map(one => one.dataset.order)")
    assert places == ["1", "2", "3", "3.5", "4"]


def test_a_person_typing_is_shown_without_a_word_about_time(asked: Widget, fake: FakeServer) -> None:
    fake.latest.stand("staff", who="Chị Hà")
    fake.latest.typing = True
    fake.latest.wake()
    expect(asked.root.locator(".waiting")).to_contain_text("Chị Hà đang nhập…")
    expect(asked.root.locator(".dots")).to_be_visible()
    fake.latest.typing = False
    fake.latest.wake()
    expect(asked.root.locator(".waiting")).to_be_empty()


def test_typing_is_told_to_a_person_now_and_then_and_nothing_of_what(asked: Widget, fake: FakeServer) -> None:
    asked.field.press_sequentially("chờ")
    fake.latest.stand("staff", who="Chị Hà")
    expect(line(asked)).to_have_text("Cán bộ đang trả lời")
    with asked.page.expect_request("**/api/web/typing"):
        asked.field.press_sequentially("mật khẩu là")
    asked.ask("xong")
    expect(asked.messages("citizen")).to_have_count(2)
    assert fake.knobs.typed == [""]


def test_files_are_offered_only_while_people_are_there_or_waited_for(asked: Widget, fake: FakeServer) -> None:
    expect(asked.attach).to_be_visible()
    fake.latest.stand("staff", who="Chị Hà")
    expect(asked.attach).to_be_visible()
    for state in ("rating", ""):
        fake.latest.stand(state)
        expect(asked.attach).to_be_hidden()
        fake.latest.stand("callback")
        expect(asked.attach).to_be_visible()


def test_the_menu_tells_who_is_there_already(asked: Widget, fake: FakeServer) -> None:
    asked.menu("Gặp cán bộ")
    expect(asked.messages("citizen").last).to_contain_text("Gặp cán bộ")
    fake.latest.stand("staff", who="Chị Hà", unit="Phường La Gi")
    expect(line(asked)).to_have_text("Cán bộ đang trả lời")
    asked.menu("Gặp cán bộ")
    expect(asked.log.locator(".system").last).to_have_text("Chị Hà (Phường La Gi) đang trả lời")
    expect(asked.messages("citizen")).to_have_count(2)


def test_an_opinion_is_asked_for_once_in_a_small_card(asked: Widget, fake: FakeServer) -> None:
    fake.latest.add(*told("Câu trả lời có giúp được anh/chị không ạ?", *OPINIONS))
    fake.latest.stand("rating", back=[2])
    card = asked.root.locator(".rating")
    expect(card.get_by_role("button")).to_have_count(3)
    expect(card).to_be_in_viewport(ratio=1)
    assert serious_faults(asked.page) == []
    with asked.page.expect_response(SENT):
        asked.button("Một phần").click()
    assert fake.knobs.posts[-1]["button"] == {"seq": 3, "index": 1}
    fake.latest.stand("")
    asked.page.reload()
    expect(asked.messages("assistant")).to_have_count(2)
    expect(card.get_by_role("button")).to_have_count(0)


def test_an_opinion_no_longer_wanted_is_not_asked_for(asked: Widget, fake: FakeServer) -> None:
    fake.latest.add(*told("Câu trả lời có giúp được anh/chị không ạ?", *OPINIONS))
    fake.latest.stand("")
    expect(asked.messages("assistant")).to_have_count(2)
    expect(asked.chips.get_by_role("button")).to_have_count(0)


HIDE = "Object.defineProperty(document, 'hidden', {configurable: true, get: () => %s});"
TELL = "document.dispatchEvent(new Event('visibilitychange'))"


def hide(page: Page, hidden: bool) -> None:
    page.evaluate(HIDE % str(hidden).lower() + TELL)


def test_a_word_of_a_person_is_counted_in_the_title_of_a_hidden_page(asked: Widget, fake: FakeServer) -> None:
    own = asked.page.title()
    hide(asked.page, True)
    fake.latest.add("staff", "Chào anh/chị.", by="Chị Hà")
    expect(asked.page).to_have_title(f"(1) Cán bộ đã nhắn · {own}")
    fake.latest.add(*told("Dạ"))
    fake.latest.add("staff", "Còn đó không ạ?", by="Chị Hà")
    expect(asked.page).to_have_title(f"(2) Cán bộ đã nhắn · {own}")
    expect(asked.log.locator(".lit")).to_have_count(2)
    hide(asked.page, False)
    expect(asked.page).to_have_title(own)
    expect(asked.log.locator(".lit")).to_have_count(0)


def test_the_transcript_tells_people_from_the_machine(asked: Widget, fake: FakeServer) -> None:
    fake.latest.add("staff", "Chào anh/chị.", by="Chị Hà")
    expect(asked.messages("staff")).to_have_count(1)
    with asked.page.expect_download() as caught:
        asked.menu("Tải cuộc trò chuyện")
    text = Path(caught.value.path()).read_text(encoding="utf-8-sig")
    assert "] Chị Hà (cán bộ):\nChào anh/chị." in text
    assert "] Trợ lý tự động:\nDạ, em chuyển" in text
    assert "do máy trả lời" in text and "do người thật viết" in text


@pytest.mark.parametrize(("width", "height"), [(320, 568), (390, 844), (740, 360)])
def test_the_bar_fits_small_screens_with_large_letters(
    asked: Widget, fake: FakeServer, width: int, height: int
) -> None:
    asked.page.set_viewport_size({"width": width, "height": height})
    for _ in range(2):
        asked.button("Cỡ chữ").click()
    for state in ("queued", "staff"):
        fake.latest.stand(state, position=12, wait_minutes=45, who="Chị Nguyễn Thị Thu Hà", unit="Phường La Gi")
        expect(bar(asked)).to_have_attribute("data-state", state)
        assert bar(asked).evaluate("node => node.scrollWidth <= node.clientWidth")
        assert asked.root.evaluate(SMALL_TARGETS) == []
        assert serious_faults(asked.page) == []


def test_starting_over_takes_the_bar_along(asked: Widget) -> None:
    asked.menu("Xóa và bắt đầu lại")
    asked.button("Xóa").click()
    expect(bar(asked)).to_be_hidden()
    expect(asked.attach).to_be_hidden()
