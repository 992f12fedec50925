"""Whole conversations: a fake Zalo, the real server, a fake Rasa."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from knowledge.models import Alert, Conversation, DeliveryPart, InboxItem, Message, OutboxItem
from tests.bot.fake_rasa import PATIENCE, FakeRasa, reply
from tests.bot.running import Running
from tests.bot.zalo.payloads import NAMES, USER, payload
from tests.fakes.zalo import FakeZalo

Office = Callable[..., Running]
BUTTONS = [{"title": "Lệ phí", "intent": "ask_fee"}, {"title": "Giấy tờ", "intent": "ask_documents"}]


def rows(running: Running, statement: Any) -> list[Any]:
    with running.sessions() as session:
        return list(session.scalars(statement))


def until(is_so: Callable[[], Any]) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


def settled(running: Running) -> None:
    until(lambda: not rows(running, sa.select(InboxItem.id).where(InboxItem.state.in_(("new", "working")))))
    until(lambda: not rows(running, sa.select(OutboxItem.id).where(OutboxItem.state.in_(("pending", "sending")))))


def test_a_question_is_answered(office: Office, zalo: FakeZalo) -> None:
    running = office()
    assert zalo.hooks.say("u1", "khai sinh") == 200
    assert zalo.wait_for(1) == ["echo khai sinh"]
    assert zalo.sent[0]["recipient"] == {"user_id": "u1"}
    settled(running)
    assert rows(running, sa.select(DeliveryPart.external_message_id)) == ["zalo-1"]


def test_the_same_webhook_three_times_is_one_question(office: Office, zalo: FakeZalo, rasa: FakeRasa) -> None:
    running = office()
    event = zalo.hooks.text("u1", "khai sinh")
    assert [zalo.hooks.post(event) for _ in range(3)] == [200, 200, 200]
    zalo.wait_for(1)
    settled(running)
    assert (rasa.messages, len(zalo.sent)) == (["khai sinh"], 1)


@pytest.mark.parametrize("choice", ["#t:2:1", "2", "Giấy tờ", "số 2 ạ"])
def test_a_tap_or_a_typed_number_chooses(office: Office, zalo: FakeZalo, rasa: FakeRasa, choice: str) -> None:
    rasa.script("khai sinh", reply("Anh/chị hỏi gì?", buttons=BUTTONS))
    office()
    zalo.hooks.say("u1", "khai sinh")
    zalo.wait_for(1)
    message = zalo.sent[0]["message"]
    assert message["text"].endswith("1. Lệ phí\n2. Giấy tờ")
    assert message["attachment"]["payload"]["buttons"] == [
        {"title": "Lệ phí", "type": "oa.query.hide", "payload": "#t:2:0"},
        {"title": "Giấy tờ", "type": "oa.query.hide", "payload": "#t:2:1"},
    ]
    zalo.hooks.say("u1", choice)
    assert zalo.wait_for(2)[1] == "echo /ask_documents"


def test_buttons_that_zalo_refuses_are_left_out_from_then_on(office: Office, zalo: FakeZalo, rasa: FakeRasa) -> None:
    rasa.script("a", reply("Anh/chị hỏi gì?", buttons=BUTTONS))
    zalo.takes_buttons = False
    office()
    for count in (1, 2):
        zalo.hooks.say("u1", "a")
        assert zalo.wait_for(count)[-1].endswith("2. Giấy tờ")
    assert all("attachment" not in body["message"] for body in zalo.sent)
    assert zalo.calls.count("/v3.0/oa/message/cs") == 3


def test_a_person_in_zalos_console_takes_over(office: Office, zalo: FakeZalo, rasa: FakeRasa) -> None:
    running = office()
    zalo.hooks.say("u1", "một")
    zalo.wait_for(1)
    assert zalo.hooks.staff("u1", "Chào bác, tôi là cán bộ.") == 200
    zalo.hooks.say("u1", "hai")
    settled(running)
    assert rasa.messages == ["một"] and len(zalo.sent) == 1
    assert rows(running, sa.select(Conversation.owner)) == ["console:zalo"]


def test_echoes_and_receipts_are_matched(office: Office, zalo: FakeZalo, rasa: FakeRasa) -> None:
    zalo.is_echoing = True
    running = office()
    zalo.hooks.say("u1", "một")
    zalo.wait_for(1)
    until(lambda: rows(running, sa.select(DeliveryPart.delivered_at))[0] is not None)
    assert rasa.messages == ["một"] and len(zalo.sent) == 1
    assert rows(running, sa.select(Conversation.owner)) == ["bot"]


def test_an_old_token_is_renewed_and_the_message_arrives_once(office: Office, zalo: FakeZalo) -> None:
    zalo.access_token = "access-lost"
    running = office()
    zalo.hooks.say("u1", "một")
    zalo.wait_for(1)
    settled(running)
    assert (zalo.texts, zalo.refreshes) == (["echo một"], ["refresh-1"])
    assert rows(running, sa.select(Alert.text_key)) == []


@pytest.mark.parametrize("answer", ["code", "empty"])
def test_a_dead_token_raises_an_alert_and_the_message_waits(office: Office, zalo: FakeZalo, answer: str) -> None:
    zalo.new_pair()
    zalo.dead_answers = answer
    running = office()
    zalo.hooks.say("u1", "một")
    until(lambda: rows(running, sa.select(Alert.text_key)) == ["zalo_reauthorise"])
    assert rows(running, sa.select(OutboxItem.state)) == ["pending"]
    assert (zalo.sent, zalo.refreshes) == ([], ["refresh-1"])


@pytest.mark.parametrize(
    ("code", "state", "alert"),
    [
        (-213, "parked", "parked"),
        (-230, "parked", "window_closed"),
        (-201, "parked", "parked"),
        (-221, "pending", "zalo_package"),
    ],
)
def test_what_zalo_refuses_for_good(office: Office, zalo: FakeZalo, code: int, state: str, alert: str) -> None:
    zalo.errors = [code]
    running = office()
    zalo.hooks.say("u1", "một")
    until(lambda: rows(running, sa.select(Alert.text_key)) == [alert])
    assert rows(running, sa.select(OutboxItem.state)) == [state]


@pytest.mark.parametrize("code", [-32, -200, -211, -9999])
def test_what_passes_is_sent_again(office: Office, zalo: FakeZalo, code: int) -> None:
    zalo.errors = [code, code]
    office()
    zalo.hooks.say("u1", "một")
    zalo.hooks.say("u1", "hai")
    assert zalo.wait_for(2) == ["echo một", "echo hai"]


def test_an_answer_that_is_cut_off_is_settled_by_its_echo(office: Office, zalo: FakeZalo) -> None:
    zalo.is_echoing = True
    running = office(confirm_within=PATIENCE)
    zalo.hooks.say("u1", "một")
    zalo.wait_for(1)
    until(lambda: channel_confirms(running))
    zalo.cut_after = 1
    zalo.hooks.say("u1", "hai")
    zalo.hooks.say("u1", "ba")
    assert zalo.wait_for(3) == ["echo một", "echo hai", "echo ba"]
    settled(running)
    assert rows(running, sa.select(DeliveryPart.state)) == ["sent", "sent", "sent"]
    assert rows(running, sa.select(Alert.text_key)) == []


def channel_confirms(running: Running) -> bool:
    return running.parts.channels["zalo"].confirms


def test_without_echoes_what_is_cut_off_is_told_to_staff_and_never_sent_again(office: Office, zalo: FakeZalo) -> None:
    zalo.cut_after = 1
    running = office()
    zalo.hooks.say("u1", "một")
    zalo.hooks.say("u1", "hai")
    assert zalo.wait_for(2) == ["echo một", "echo hai"]
    settled(running)
    assert rows(running, sa.select(Alert.text_key)) == ["uncertain"]


def test_every_published_event_is_taken(office: Office, zalo: FakeZalo) -> None:
    running = office()
    zalo.heard[USER] = zalo.now()
    taken = {name: zalo.hooks.post(payload(name, timestamp=str(zalo.now())), tries=1) for name in NAMES}
    assert taken == dict.fromkeys(NAMES, 200)
    settled(running)
    counted = httpx.get(f"{running.url}/metrics", timeout=PATIENCE, trust_env=False, verify=False).text
    for kind in ("anonymous", "unknown", "echo", "seen", "delivered", "user_click_chatnow", "other_account"):
        assert f'tthc_channel_ignored_total{{channel="zalo",kind="{kind}"}}' in counted


def test_what_is_no_text_is_kept_for_staff(office: Office, zalo: FakeZalo) -> None:
    running = office()
    zalo.heard[USER] = zalo.now()
    for name in ("user_send_location", "user_send_file", "user_submit_info", "unfollow", "user_withdraw", "unfollow"):
        assert zalo.hooks.post(payload(name, timestamp=str(zalo.now())), tries=1) == 200
    settled(running)
    said = rows(running, sa.select(Message).where(Message.author != "assistant").order_by(Message.seq))
    assert [message.text for message in said] == [
        "[Vị trí] UBND phường Bảo Lộc",
        "[Tệp] to-khai.pdf",
        "[Danh thiếp] Trần Thị Mẫu 84900000002 1 Lê Lợi, Phường 1 Bảo Lộc, Lâm Đồng",
        "[Bỏ quan tâm]",
        "[Rút lại sự đồng ý xử lý dữ liệu cá nhân]",
    ]  # and who leaves after that is nobody we know: no new conversation
    assert said[0].body["latitude"] == 11.5471
    assert said[1].body["url"] == "https://b-f1-zpc.zdn.vn/7124/to-khai.pdf"
    assert rows(running, sa.select(Alert.text_key)) == ["withdraw"]
