"""Telegram through the real server: nothing lost, nothing answered twice, and no harm while Telegram is away."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from bot.delivery.intake import Intake
from knowledge.models import Alert, Attachment, Message
from tests.bot.bytes_of import JPEG
from tests.bot.fake_rasa import FakeRasa, Held, reply
from tests.bot.on_telegram import lines, polling, rows, until
from tests.bot.running import Running
from tests.fakes.loopback import CUT, PATIENCE
from tests.fakes.telegram import FakeTelegram, chat, message

Serve = Callable[..., Running]
CHOICES = {"buttons": [{"title": "Lệ phí", "intent": "ask_fee"}, {"title": "Nơi nộp", "intent": "ask_place"}]}


def test_questions_are_answered_in_their_order(either: Running, telegram: FakeTelegram) -> None:
    for number in range(20):
        telegram.say(7 + number % 2, text=f"câu {number}")
    telegram.wait(lambda: len(telegram.sent) == 20)
    for who in (0, 1):
        mine = [form["text"] for form in telegram.sent if form["chat_id"] == str(7 + who)]
        assert mine == [f"echo câu {number}" for number in range(who, 20, 2)]
    telegram.wait(lambda: not telegram.pending)


def test_on_both_databases(serve: Serve, telegram: FakeTelegram, database_url: str) -> None:
    server = serve(channels=polling(telegram), database_url=database_url)
    sent = telegram.say(7, text="\U0001f44d một")
    telegram.update(message=sent)
    telegram.update(message=message(7, 9, text="a\x00b \ud800", caption=5))
    telegram.say(8, document={"file_id": "B", "file_unique_id": "u", "file_name": "đơn\x00.pdf"}, caption="xem")
    telegram.wait(lambda: len(telegram.sent) >= 3 and not telegram.pending)
    assert [form["text"].split()[-1] for form in telegram.sent if form["chat_id"] == "7"] == ["một", "b"]
    assert rows(server, sa.select(Alert.text_key)) == []


def test_the_same_update_twice_is_answered_once(either: Running, telegram: FakeTelegram) -> None:
    sent = telegram.say(7, text="một")
    telegram.update(message=sent)
    telegram.say(7, text="hai")
    telegram.wait(lambda: len(telegram.sent) == 2)
    assert telegram.texts == ["echo một", "echo hai"]


def test_buttons_are_answered_and_asked(either: Running, telegram: FakeTelegram, rasa: FakeRasa) -> None:
    rasa.script("khai sinh", reply("Chọn ạ", **CHOICES))
    telegram.say(7, text="khai sinh")
    telegram.wait(lambda: telegram.sent)
    (row, other) = json.loads(telegram.sent[0]["reply_markup"])["inline_keyboard"]
    assert (row[0]["text"], other[0]["text"]) == ("Lệ phí", "Nơi nộp")
    tap = telegram.tap(7, row[0]["callback_data"])
    telegram.wait(lambda: len(telegram.sent) == 2 and telegram.said("answerCallbackQuery"))
    assert telegram.said("answerCallbackQuery") == [{"callback_query_id": tap}]
    assert rasa.messages[-1] == "/ask_fee"
    telegram.tap(7, "#t:99:0")
    telegram.wait(lambda: len(telegram.sent) == 3)
    assert "không còn dùng được" in telegram.texts[-1]


def test_a_tap_that_cannot_be_answered_is_still_asked(either: Running, telegram: FakeTelegram, rasa: FakeRasa) -> None:
    rasa.script("khai sinh", reply("Chọn ạ", **CHOICES))
    telegram.say(7, text="khai sinh")
    telegram.wait(lambda: telegram.sent)
    code = json.loads(telegram.sent[0]["reply_markup"])["inline_keyboard"][0][0]["callback_data"]
    telegram.tap(7, code)
    telegram.taps.clear()
    telegram.wait(lambda: len(telegram.sent) == 2)


def test_a_finger_that_hits_twice_asks_once(either: Running, telegram: FakeTelegram, rasa: FakeRasa) -> None:
    rasa.script("khai sinh", reply("Chọn ạ", **CHOICES))
    telegram.say(7, text="khai sinh")
    telegram.wait(lambda: telegram.sent)
    rows_of_buttons = json.loads(telegram.sent[0]["reply_markup"])["inline_keyboard"]
    fee, place = (row[0]["callback_data"] for row in rows_of_buttons)
    for code in (fee, fee, place):
        telegram.tap(7, code)
    telegram.wait(lambda: len(telegram.sent) == 3 and len(telegram.said("answerCallbackQuery")) == 3)
    assert rasa.messages == ["khai sinh", "/ask_fee", "/ask_place"]


def test_an_album_is_kept_whole_and_answered_once(either: Running, telegram: FakeTelegram, rasa: FakeRasa) -> None:
    for number in range(3):
        telegram.files[f"A{number}"] = JPEG
        picture = {"file_id": f"A{number}", "file_unique_id": "u", "width": 9, "height": 9}
        caption = {"caption": "xem giúp em"} if number == 2 else {}
        telegram.say(7, photo=[picture], media_group_id="13", **caption)
    telegram.say(7, text="xong")
    telegram.wait(lambda: telegram.texts and telegram.texts[-1] == "echo xong")
    bodies = rows(either, sa.select(Message.body).where(Message.author == "citizen").order_by(Message.seq).limit(3))
    assert [body["file_id"] for body in bodies] == ["A0", "A1", "A2"]
    assert (rasa.messages, sum("tệp" in text for text in telegram.texts)) == (["xem giúp em", "xong"], 2)


def test_kinds(either: Running, telegram: FakeTelegram, rasa: FakeRasa) -> None:
    telegram.say(7, text="/start 1_001193")
    telegram.wait(lambda: len(telegram.sent) == 1)
    own = {"phone_number": "0900000001", "first_name": "Hà", "user_id": 7}
    telegram.say(7, contact=own)
    telegram.say(7, location={"latitude": 11.94, "longitude": 108.44})
    asked = telegram.say(7, text="khai sih")
    telegram.update(edited_message={**asked, "text": "khai sinh", "edit_date": 1700000001})
    telegram.say(7, photo=[{"file_id": "AgAC", "file_unique_id": "u", "width": 9, "height": 9}])
    telegram.say(7, text="/greet")
    telegram.wait(lambda: len(telegram.sent) == 7)
    assert rasa.messages == ['/ask_procedure{"procedure": "1.001193"}', "khai sih", "khai sinh", "greet"]
    bodies = [body for body in rows(either, sa.select(Message.body).where(Message.author == "citizen")) if body]
    assert [body["kind"] for body in bodies] == ["contact", "location", "edit", "image"]
    assert bodies[0]["is_own"] and bodies[3]["file_id"] == "AgAC"


@pytest.mark.parametrize("payload", ["000_15_H36-261110-0042", "hs-000_15_H36-261110-0042", "000_15_h36-261110-42"])
def test_the_code_of_a_receipt_starts_its_look_up(
    either: Running, telegram: FakeTelegram, rasa: FakeRasa, payload: str
) -> None:
    telegram.say(7, text=f"/start {payload}")
    telegram.wait(lambda: len(telegram.sent) == 1)
    assert rasa.messages == ['/check_dossier{"dossier_code": ["000.15.H36-261110-0042"]}']
    assert rows(either, sa.select(Message.text).where(Message.author == "citizen")) == [
        "[Mở từ mã QR của hồ sơ 000.15.H36-261110-0042]"
    ]


def test_groups_are_left_and_blocking_is_noted(either: Running, telegram: FakeTelegram) -> None:
    telegram.say(7, text="một")
    telegram.wait(lambda: len(telegram.sent) == 1)
    group = {"id": -5, "type": "group", "title": "Tổ 4"}
    telegram.update(message={**message(7, 5, text="chào cả nhà"), "chat": group})
    me = {"user": {"id": 4242, "is_bot": True, "first_name": "Trợ lý"}}
    change = {"from": {"id": 7, "is_bot": False, "first_name": "Hà"}, "date": 1700000000}
    states = {"old_chat_member": {**me, "status": "left"}, "new_chat_member": {**me, "status": "member"}}
    telegram.update(my_chat_member={**change, "chat": group, **states})
    states = {"old_chat_member": states["new_chat_member"]}
    states["new_chat_member"] = {**me, "status": "kicked", "until_date": 0}
    telegram.update(my_chat_member={**change, "chat": chat(7), **states})
    telegram.wait(lambda: telegram.said("leaveChat") and not telegram.pending)
    assert telegram.said("leaveChat") == [{"chat_id": "-5"}]
    assert lines(either)[2:] == [("system", "[Bỏ quan tâm]")]
    metrics = httpx.get(f"{either.url}/metrics", timeout=PATIENCE, trust_env=False, verify=False).text
    assert 'ignored_total{channel="telegram",kind="group"} 2.0' in metrics
    assert telegram.texts == ["echo một"]


def test_typing_is_shown_while_rasa_thinks(either: Running, telegram: FakeTelegram, rasa: FakeRasa) -> None:
    rasa.script("một", held := Held())
    telegram.say(7, text="một")
    telegram.wait(lambda: telegram.said("sendChatAction"))
    assert telegram.said("sendChatAction")[0] == {"chat_id": "7", "action": "typing"}
    held.release.set()
    telegram.wait(lambda: telegram.sent)


def test_a_broken_update_holds_up_nobody(either: Running, telegram: FakeTelegram) -> None:
    telegram.update(message={"message_id": "five"})
    telegram.update(message=message(7, 8, text="\ud83d\udc4d \ud800 \x00 một"))
    telegram.wait(lambda: telegram.sent and not telegram.pending)
    assert telegram.texts[0].split() == ["echo", "👍", "một"]


def test_an_answer_cut_off_is_not_sent_again(either: Running, telegram: FakeTelegram) -> None:
    telegram.troubles = [CUT]
    telegram.say(7, text="một")
    telegram.say(7, text="hai")
    telegram.wait(lambda: len(telegram.sent) == 2)
    assert telegram.texts == ["echo một", "echo hai"]
    assert rows(either, sa.select(Alert.text_key)) == ["uncertain"]


def test_polling_starts_without_telegram(serve: Serve, telegram: FakeTelegram) -> None:
    telegram.down()
    server = serve(channels=polling(telegram))
    assert httpx.get(f"{server.url}/healthz", timeout=PATIENCE, trust_env=False, verify=False).status_code == 200
    until(lambda: rows(server, sa.select(Alert.text_key).where(Alert.cleared_at.is_(None))) == ["unreachable"])
    telegram.say(7, text="một")
    telegram.up()
    telegram.wait(lambda: telegram.sent)
    assert telegram.texts == ["echo một"]
    assert telegram.said("deleteWebhook")
    assert rows(server, sa.select(Alert.text_key).where(Alert.cleared_at.is_(None))) == []


def test_an_update_is_confirmed_only_when_it_is_stored(
    on_polling: Running, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is away for a while: Telegram keeps what came in meanwhile, and sends it again."""
    monkeypatch.setattr("bot.channels.running._FIRST_PAUSE", 0.001)
    store, tries = Intake.receive, []

    def fail(*arguments: Any) -> Any:
        tries.append(telegram.confirmed)
        if len(tries) < 4:
            raise sa.exc.OperationalError("INSERT", {}, Exception("away"))
        return store(*arguments)

    monkeypatch.setattr(Intake, "receive", fail)
    first = telegram.update(message=message(7, 8, text="một"))
    telegram.wait(lambda: telegram.sent and not telegram.pending)
    assert telegram.texts == ["echo một"]
    assert len(tries) == 4 and all(confirmed < first["update_id"] for confirmed in tries)


def test_after_a_crash_before_the_offset_nothing_is_doubled(serve: Serve, telegram: FakeTelegram) -> None:
    first = serve(channels=polling(telegram))
    sent = telegram.update(message=message(7, 8, text="một"))
    telegram.wait(lambda: telegram.sent)
    first.stop()
    telegram.pending.append(sent)  # as if it died before asking for the next offset
    serve(channels=polling(telegram))
    telegram.say(7, text="hai")
    telegram.wait(lambda: len(telegram.sent) == 2)
    assert telegram.texts == ["echo một", "echo hai"]


def test_another_program_with_the_same_bot_is_an_alert_until_it_ends(
    on_polling: Running, telegram: FakeTelegram
) -> None:
    telegram.rivals = 10**6
    telegram.say(7, text="một")
    until(lambda: rows(on_polling, sa.select(Alert.text_key)) == ["telegram_conflict"])
    telegram.rivals = 0
    telegram.wait(lambda: telegram.sent)
    assert rows(on_polling, sa.select(Alert.text_key).where(Alert.cleared_at.is_(None))) == []


def test_what_can_never_be_stored_is_an_alert_and_holds_up_nobody(
    on_polling: Running, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Intake.receive

    def fail(intake: Intake, session: Any, channel: str, external_id: str, inbound: Any, instead: str) -> Any:
        if inbound.text == "hỏng":
            raise ValueError("no database keeps this")
        return store(intake, session, channel, external_id, inbound, instead)

    monkeypatch.setattr(Intake, "receive", fail)
    telegram.say(7, text="hỏng")
    telegram.say(7, text="một")
    telegram.wait(lambda: telegram.sent)
    assert (telegram.texts, rows(on_polling, sa.select(Alert.text_key))) == (["echo một"], ["unstorable"])


@pytest.mark.parametrize(("known", "state"), [(True, "stored"), (False, "refused")])
def test_a_picture_is_fetched_for_staff(either: Running, telegram: FakeTelegram, known: bool, state: str) -> None:
    if known:
        telegram.files["AgAC"] = JPEG
    telegram.say(7, photo=[{"file_id": "AgAC", "file_unique_id": "u", "width": 9, "height": 9}])
    until(lambda: rows(either, sa.select(Attachment.state)) == [state] and not either.has_half_files)
    kept = [path.read_bytes() for path in Path(either.settings.files_dir).rglob("*") if path.is_file()]
    assert kept == ([JPEG] if known else [])
