"""Asking, tapping, failing, trying again, coming back."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.fake_server import FakeServer
from tests.browser.widget import Widget


def test_first_screen_says_that_it_is_automatic_and_offers_questions(widget: Widget, fake: FakeServer) -> None:
    expect(widget.log).to_contain_text("trợ lý tự động (AI)")
    expect(widget.chips.get_by_role("button")).to_have_count(7)
    expect(widget.button("Tra cứu hồ sơ")).to_be_visible()
    assert fake.conversations == {}, "looking at the widget must not open a conversation"


def test_a_question_gets_a_card_with_figures_and_source(widget: Widget) -> None:
    widget.ask("nhap ho khau thường trú cho vo")
    card = widget.messages("assistant").first
    expect(card.get_by_role("heading", name="Đăng ký thường trú")).to_be_visible()
    expect(card.get_by_role("row", name="Trực tuyến 10.000 đ 7 ngày làm việc")).to_be_visible()
    expect(card.locator(".source")).to_contain_text("1.004222")
    expect(widget.messages("citizen")).to_contain_text("Đã gửi")
    expect(card).not_to_contain_text("**")


def test_a_long_checklist_folds_counts_ticks_and_keeps_them(widget: Widget) -> None:
    widget.button("Khai sinh").click()
    papers = widget.log.locator(".papers")
    expect(papers.get_by_role("listitem")).to_have_count(6)
    widget.button("Xem thêm 2 giấy tờ").click()
    expect(papers.get_by_role("listitem")).to_have_count(8)
    papers.get_by_role("checkbox").nth(7).check()
    expect(widget.log).to_contain_text("Đã có 1/8")
    widget.page.reload()
    expect(widget.log).to_contain_text("Đã có 1/8")


def test_next_steps_stand_under_the_last_reply_alone_and_are_sent_as_taps(widget: Widget, fake: FakeServer) -> None:
    widget.ask("phí thường trú")
    expect(widget.chips.get_by_role("button")).to_have_count(3)
    widget.button("Nộp ở đâu").click()
    expect(widget.messages("citizen").last).to_contain_text("Nộp ở đâu")
    expect(widget.messages("assistant")).to_have_count(2)
    expect(widget.chips.get_by_role("button")).to_have_count(0)
    assert fake.knobs.posts[-1]["button"] == {"seq": 2, "index": 1}


def test_a_failed_send_is_tried_again_exactly_once(widget: Widget, fake: FakeServer) -> None:
    fake.knobs.fail_sends = 1
    widget.ask("phí thường trú")
    expect(widget.log).to_contain_text("Chưa gửi được: Máy chủ đang bận.")
    widget.button("Gửi lại").click()
    expect(widget.messages("assistant")).to_have_count(1)
    expect(widget.log.locator(".citizen")).to_have_count(1)
    assert [line["author"] for line in fake.latest.messages] == ["citizen", "assistant"]
    first, second = fake.knobs.posts
    assert first["client_id"] == second["client_id"]


def test_a_lost_acknowledgement_doubles_nothing(widget: Widget, fake: FakeServer) -> None:
    fake.knobs.lose_acknowledgements = 1
    widget.ask("phí thường trú")
    expect(widget.messages("assistant")).to_have_count(1)
    expect(widget.log.locator(".citizen")).to_have_count(1)
    expect(widget.log).not_to_contain_text("Chưa gửi được")
    assert len(fake.latest.messages) == 2


def test_a_failed_send_can_be_dropped(widget: Widget, fake: FakeServer) -> None:
    fake.knobs.fail_sends = 1
    widget.ask("phí thường trú")
    widget.button("Bỏ").click()
    expect(widget.log.locator(".citizen")).to_have_count(0)
    expect(widget.button("Khai sinh")).to_be_visible()


def leave_unsent(widget: Widget, fake: FakeServer) -> None:
    """Have one question answered and the next one fail."""
    widget.ask("phí thường trú")
    expect(widget.messages("assistant")).to_have_count(1)
    fake.knobs.fail_sends = 1
    widget.ask("còn tạm trú thì sao")
    expect(widget.log).to_contain_text("Chưa gửi được")


def test_an_unsent_text_is_there_after_a_reload(widget: Widget, fake: FakeServer) -> None:
    leave_unsent(widget, fake)
    widget.page.reload()
    widget.button("Gửi lại").click()
    expect(widget.messages("assistant")).to_have_count(2)
    expect(widget.log.locator(".citizen")).to_have_count(2)


def test_a_first_text_that_never_left_is_there_after_a_reload(widget: Widget, fake: FakeServer) -> None:
    widget.page.route("**/api/web/conversations", lambda route: route.abort())
    widget.ask("phí thường trú")
    expect(widget.log).to_contain_text("Chưa gửi được")
    widget.page.unroute("**/api/web/conversations")
    widget.page.reload()
    widget.button("Gửi lại").click()
    expect(widget.messages("assistant")).to_have_count(1)
    assert [post["text"] for post in fake.knobs.posts] == ["phí thường trú"]


def test_what_is_asked_while_the_history_comes_is_there_once(widget: Widget, fake: FakeServer) -> None:
    leave_unsent(widget, fake)
    widget.page.route("**/api/web/history*", lambda route: None)
    widget.page.reload()
    widget.ask("em cảm ơn")
    expect(widget.messages("citizen")).to_have_count(2)
    widget.page.unroute("**/api/web/history*")  # lets go of what it held
    widget.button("Gửi lại").click()
    expect(widget.messages("assistant")).to_have_count(3)
    expect(widget.log.locator(".citizen")).to_have_count(3)


def test_what_is_asked_offline_goes_out_when_the_network_is_back(widget: Widget, fake: FakeServer) -> None:
    widget.ask("phí thường trú")
    expect(widget.messages("assistant")).to_have_count(1)
    widget.page.context.set_offline(True)
    widget.ask("còn tạm trú thì sao")
    expect(widget.root.locator(".bar")).to_contain_text("Không có mạng")
    expect(widget.log).to_contain_text("Chờ có mạng để gửi")
    widget.page.context.set_offline(False)
    expect(widget.messages("assistant")).to_have_count(2)
    expect(widget.root.locator(".bar")).to_be_hidden()


def test_history_is_back_after_a_reload(widget: Widget) -> None:
    widget.ask("phí thường trú")
    expect(widget.messages("assistant")).to_have_count(1)
    before = widget.log.inner_text()
    widget.page.reload()
    expect(widget.messages("assistant")).to_have_count(1)
    assert widget.log.inner_text() == before
    expect(widget.chips.get_by_role("button")).to_have_count(3)
    widget.ask("em cảm ơn")
    expect(widget.messages("assistant")).to_have_count(2)
    assert widget.order() == [1, 2, 3, 4]


def test_a_long_history_comes_back_whole(widget: Widget, fake: FakeServer) -> None:
    widget.ask("chào em")
    expect(widget.messages("assistant")).to_have_count(1)
    for number in range(449):
        fake.latest.messages.append(
            {**fake.latest.messages[1], "seq": number + 3, "text": f"tin {number}", "reply": None}
        )
    widget.page.reload()
    expect(widget.messages("assistant")).to_have_count(450)
    assert widget.order() == list(range(1, 452))


def test_a_refused_token_is_traded_in_silence(widget: Widget, fake: FakeServer) -> None:
    widget.ask("chào em")
    expect(widget.messages("assistant")).to_have_count(1)
    fake.knobs.refuse_tokens = True
    widget.ask("phí thường trú")
    expect(widget.messages("assistant")).to_have_count(2)
    assert len(fake.conversations) == 1


def test_a_lost_conversation_begins_anew_and_keeps_the_question(widget: Widget, fake: FakeServer) -> None:
    widget.ask("chào em")
    expect(widget.messages("assistant")).to_have_count(1)
    fake.drop_streams()
    fake.conversations.clear()
    fake.knobs.hold_streams = False
    widget.ask("phí thường trú")
    expect(widget.log).to_contain_text("Đây là cuộc trò chuyện mới")
    expect(widget.messages("assistant")).to_have_count(1)
    expect(widget.log.locator(".citizen")).to_have_count(1)


def test_waiting_is_shown_then_said(widget: Widget, fake: FakeServer) -> None:
    widget.page.clock.install()
    fake.knobs.delay = 600
    widget.ask("phí thường trú")
    expect(widget.messages("citizen")).to_have_count(1)
    widget.page.clock.fast_forward(400)
    expect(widget.root.locator(".dots")).to_be_visible()
    widget.page.clock.fast_forward(3000)
    expect(widget.root.locator(".waiting")).to_contain_text("hơi lâu")
    fake.latest.add("assistant", "Dạ, em đây ạ.")
    expect(widget.messages("assistant")).to_contain_text("Dạ, em đây ạ.")
    expect(widget.root.locator(".dots")).to_have_count(0)


def test_a_person_is_told_from_the_assistant(widget: Widget) -> None:
    widget.menu("Gặp cán bộ")
    expect(widget.messages("staff")).to_contain_text("Cán bộ")
    expect(widget.messages("system")).to_contain_text("đã nhận cuộc trò chuyện")


def test_a_proof_is_masked_on_the_screen(widget: Widget, fake: FakeServer) -> None:
    widget.button("Tra cứu hồ sơ").click()
    expect(widget.field).to_have_attribute("placeholder", "Nhập 4 số cuối…")
    fake.knobs.fail_sends = 1
    widget.ask("1234")
    expect(widget.button("Gửi lại")).to_be_visible()
    expect(widget.log.locator(".citizen").last).to_contain_text("••••")
    kept = widget.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "1234" not in kept


def test_starting_over_forgets_this_device(widget: Widget, fake: FakeServer) -> None:
    widget.ask("phí thường trú")
    expect(widget.messages("assistant")).to_have_count(1)
    widget.menu("Xóa và bắt đầu lại")
    widget.button("Giữ lại").click()
    expect(widget.messages("assistant")).to_have_count(1)
    widget.menu("Xóa và bắt đầu lại")
    widget.button("Xóa").click()
    expect(widget.log.locator(".citizen")).to_have_count(0)
    expect(widget.button("Khai sinh")).to_be_visible()
    widget.ask("chào em")
    expect(widget.messages("assistant")).to_have_count(1)
    assert len(fake.conversations) == 2


def test_the_conversation_can_be_kept_as_a_file(widget: Widget) -> None:
    widget.ask("phí thường trú")
    expect(widget.messages("assistant")).to_have_count(1)
    with widget.page.expect_download() as caught:
        widget.menu("Tải cuộc trò chuyện")
    assert re.fullmatch(r"tro-chuyen-\d{4}-\d\d-\d\d\.txt", caught.value.suggested_filename)
    text = Path(caught.value.path()).read_text(encoding="utf-8-sig")
    assert "Anh/chị:\nphí thường trú" in text
    assert "1.004222" in text


def test_an_answer_while_minimised_is_counted(widget: Widget, fake: FakeServer) -> None:
    widget.ask("chào em")
    expect(widget.messages("assistant")).to_have_count(1)
    widget.button("Thu nhỏ").click()
    fake.latest.add("staff", "Chào anh/chị.")
    expect(widget.root.locator(".unread")).to_have_text("1")
    widget.open()
    expect(widget.messages("staff")).to_have_count(1)
    expect(widget.root.locator(".unread")).to_be_hidden()


def test_news_below_is_offered_to_a_reader_further_up(widget: Widget, fake: FakeServer) -> None:
    for number in range(1, 4):
        widget.ask("giấy khai sinh")
        expect(widget.messages("assistant")).to_have_count(number)
    widget.root.locator(".scroller").evaluate("box => { box.scrollTop = 0; }")
    fake.latest.add("staff", "Chào anh/chị.")
    widget.button("Tin nhắn mới").click()
    expect(widget.messages("staff")).to_be_in_viewport()
    expect(widget.button("Tin nhắn mới")).to_be_hidden()
