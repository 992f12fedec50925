"""What becomes of each kind of thing that comes in: asked, kept for staff, or only counted; and what is answered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any, get_args

import pytest
import sqlalchemy as sa

from bot.channels.capabilities import CAPABILITIES
from bot.choices import read_tap_code
from bot.inbound import SILENT, TREATMENTS, Attachment, Contact, Inbound, Kind, Place, Tap
from bot.rates import Rate
from bot.texts import Texts
from knowledge.models import Alert, Conversation, utc_now
from tests.bot.fake_rasa import FakeRasa, Held, reply
from tests.bot.phone import Phone

TEXTS = Texts.load()
BUTTONS = [
    {"title": "Lệ phí", "intent": "ask_procedure", "entities": {"aspect": ["fee"]}},
    {"title": "Gặp cán bộ", "intent": "ask_human"},
]


@pytest.fixture
def phone(phone_on: Callable[..., Phone]) -> Iterator[Phone]:
    yield phone_on("zalo")


def test_every_kind_has_a_treatment_and_every_treatment_its_sentences() -> None:
    assert set(TREATMENTS) == set(get_args(Kind))
    for kind, treatment in TREATMENTS.items():
        if treatment.fate == "line":
            assert TEXTS.line(kind, name="", phone="", address="")
            assert treatment.answer == SILENT or TEXTS.reply(treatment.answer).plain().endswith("ạ.")
    assert CAPABILITIES["zalo"].numbered


async def test_a_question_is_answered_and_typing_is_shown(phone_on: Callable[..., Phone], rasa: FakeRasa) -> None:
    phone = phone_on("telegram")
    held = Held()
    rasa.script("phí?", held)
    await phone.text("phí?")
    rasa.wait_for("phí?")
    held.release.set()
    assert await phone.answers(1) == ["echo phí?"]
    assert phone.channel.typed == ["7"]


async def test_the_same_event_again_is_one_message(phone: Phone, rasa: FakeRasa) -> None:
    first = [await phone.send(Inbound("m:1", "một")) for _ in range(3)]
    await phone.answers(1)
    assert [one.is_new for one in first if one] == [True, False, False]
    assert rasa.messages == ["một"]
    assert 'tthc_channel_duplicates_total{channel="zalo"} 2.0' in phone.server.parts.metrics.text().decode()


TYPED = [
    ("1", '/ask_procedure{"aspect": ["fee"]}', "Lệ phí"),
    ("[2]", "/ask_human", "Gặp cán bộ"),
    ("le phi", '/ask_procedure{"aspect": ["fee"]}', "Lệ phí"),
    ("3", "3", "3"),
    ("phí bao nhiêu", "phí bao nhiêu", "phí bao nhiêu"),
]


@pytest.mark.parametrize(("typed", "asked", "stored"), TYPED)
async def test_a_typed_choice_is_a_tap(phone: Phone, rasa: FakeRasa, typed: str, asked: str, stored: str) -> None:
    rasa.script("hỏi", reply("Dạ", buttons=BUTTONS))
    await phone.text("hỏi")
    assert "1. Lệ phí\n2. Gặp cán bộ" in (await phone.answers(1))[0]
    await phone.text(typed)
    await phone.answers(2)
    assert rasa.messages[1] == asked
    assert phone.lines[2].text == stored


async def test_a_choice_holds_until_others_are_offered_but_not_past_a_person_or_a_form(
    phone: Phone, rasa: FakeRasa
) -> None:
    rasa.script("hỏi", reply("Dạ", buttons=BUTTONS))
    rasa.script("mã?", reply("Mã hồ sơ?", expects="code", outcome="status"))
    await phone.text("hỏi")
    await phone.text("chuyện khác")
    await phone.answers(2)
    await phone.text("2")
    await phone.text("mã?")
    await phone.answers(4)
    await phone.text("2")
    await phone.answers(5)
    assert rasa.messages[2:] == ["/ask_human", "mã?", "2"]


async def test_where_buttons_are_sure_a_number_is_a_number(phone_on: Callable[..., Phone], rasa: FakeRasa) -> None:
    phone = phone_on("telegram")
    rasa.script("hỏi", reply("Dạ", buttons=BUTTONS))
    await phone.text("hỏi")
    assert await phone.answers(1) == ["Dạ"]
    await phone.text("1")
    await phone.answers(2)
    assert rasa.messages[1] == "1"


async def test_a_tapped_code_is_resolved_and_an_old_one_is_admitted(phone: Phone, rasa: FakeRasa) -> None:
    rasa.script("hỏi", reply("Dạ", buttons=BUTTONS))
    await phone.text("hỏi")
    await phone.answers(1)
    await phone.text("", tap=read_tap_code("#t:2:1"), kind="tap")
    await phone.answers(2)
    await phone.text("", tap=Tap(2, 9), kind="tap")
    answers = await phone.answers(3)
    assert rasa.messages == ["hỏi", "/ask_human"]
    assert answers[2] == TEXTS.reply("unknown_button").plain()


FILE = Attachment(url="https://f.zdn.vn/x", name="to khai 060199001234.pdf", size=7, media_type="application/pdf")
LINES: list[tuple[Inbound, str, str, dict[str, Any]]] = [
    (Inbound("m:1", kind="file", attachment=FILE), "attachment", "[Tệp] to khai ••••••••••••.pdf", {"size": 7}),
    (Inbound("m:1", kind="image", attachment=Attachment(file_id="abc")), "attachment", "[Ảnh]", {"file_id": "abc"}),
    (Inbound("m:1", kind="video", attachment=Attachment(file_id="abc")), "attachment", "[Video]", {"kind": "video"}),
    (Inbound("m:1", kind="voice", attachment=Attachment(file_id="abc")), "voice", "[Tin thoại]", {"kind": "voice"}),
    (Inbound("m:1", kind="sticker"), "sticker", "[Nhãn dán]", {"kind": "sticker"}),
    (Inbound("m:1", kind="unsupported"), "unsupported", "[Tin nhắn không đọc được]", {"kind": "unsupported"}),
    (
        Inbound("m:1", kind="location", place=Place(10.79, 106.78, "Quán\u200b A")),
        "location",
        "[Vị trí] Quán A",
        {"latitude": 10.79, "longitude": 106.78},
    ),
    (
        Inbound("m:1", kind="contact", contact=Contact("+84 912 345 678", "An", is_own=True)),
        "contact",
        "[Danh thiếp] An +84912345678",
        {"phone": "+84912345678", "is_own": True},
    ),
]


@pytest.mark.parametrize(("inbound", "answer", "line", "body"), LINES, ids=[case[0].kind for case in LINES])
async def test_what_is_no_text_is_kept_for_staff_and_answered_truthfully(
    phone: Phone, rasa: FakeRasa, inbound: Inbound, answer: str, line: str, body: dict[str, Any]
) -> None:
    await phone.send(inbound)
    assert await phone.answers(1) == [TEXTS.reply(answer).plain()]
    kept = phone.lines[0]
    assert (kept.author, kept.text) == ("citizen", line)
    assert body.items() <= kept.body.items()
    assert rasa.messages == []


async def test_a_caption_is_asked_and_the_file_is_not_pretended_to_be_read(phone: Phone, rasa: FakeRasa) -> None:
    await phone.text("giấy này nộp ở đâu", kind="image", attachment=Attachment(file_id="abc"))
    (answer,) = await phone.answers(1)
    assert answer == f"{TEXTS.reply('attachment').plain()}\n\necho giấy này nộp ở đâu"
    assert phone.lines[0].text == "[Ảnh] giấy này nộp ở đâu"


@pytest.mark.parametrize(
    ("inbound", "asked", "line"),
    [
        (Inbound("m:1", kind="follow"), "/greet", "[Quan tâm]"),
        (Inbound("m:1", kind="start"), "/greet", "[Bắt đầu trò chuyện]"),
        (Inbound("m:1", "poster", kind="start"), "/greet", "[Bắt đầu trò chuyện]"),
        (
            Inbound("m:1", "1_004222", kind="start"),
            '/ask_procedure{"procedure": "1.004222"}',
            "[Mở từ đường dẫn của thủ tục 1.004222]",
        ),
        (
            Inbound("m:1", kind="location", place=Place(10.93, 108.28, "Chợ phường Mũi Né")),
            "Em ở Phường Mũi Né",
            "[Vị trí] Chợ phường Mũi Né",
        ),
    ],
)
async def test_who_comes_in_is_greeted(phone: Phone, rasa: FakeRasa, inbound: Inbound, asked: str, line: str) -> None:
    await phone.send(inbound)
    await phone.answers(1)
    assert rasa.messages == [asked]
    assert phone.lines[0].text == line


@pytest.mark.parametrize(("hours", "owner"), [(23, "console:zalo"), (25, "bot")])
async def test_a_day_after_the_persons_last_word_the_assistant_answers_again(
    phone: Phone, rasa: FakeRasa, hours: int, owner: str
) -> None:
    await phone.text("một")
    await phone.answers(1)
    await phone.text("tôi là cán bộ", kind="staff", at=utc_now() - dt.timedelta(hours=hours))
    await phone.text("hai")
    await phone.settled()
    assert phone.rows(sa.select(Conversation.owner)) == [owner]
    assert rasa.messages == (["một", "hai"] if owner == "bot" else ["một"])


@pytest.mark.parametrize("kind", ["unfollow", "withdraw"])
async def test_who_leaves_is_noted_and_nothing_is_said(phone: Phone, rasa: FakeRasa, kind: Kind) -> None:
    await phone.text("một")
    await phone.answers(1)
    await phone.send(Inbound("m:left", kind=kind))
    await phone.send(Inbound("m:left", kind=kind))
    await phone.settled()
    assert [line.author for line in phone.lines] == ["citizen", "assistant", "system"]
    assert (phone.channel.texts, rasa.messages) == (["echo một"], ["một"])
    assert phone.rows(sa.select(Alert.text_key)) == (["withdraw"] if kind == "withdraw" else [])


@pytest.mark.parametrize("kind", ["unfollow", "withdraw"])
async def test_who_is_not_known_leaves_no_trace(phone: Phone, kind: Kind) -> None:
    assert await phone.send(Inbound("m:1", kind=kind)) is None
    assert phone.lines == []


async def test_a_reaction_is_only_counted(phone: Phone) -> None:
    assert await phone.send(Inbound("m:1", kind="reaction")) is None
    assert phone.lines == []
    assert 'ignored_total{channel="zalo",kind="reaction"} 1.0' in phone.server.parts.metrics.text().decode()


async def test_a_person_in_the_providers_console_takes_over(phone: Phone, rasa: FakeRasa) -> None:
    held = Held()
    rasa.script("hỏi", held)
    await phone.text("hỏi")
    rasa.wait_for("hỏi")
    await phone.text("Chào bác, tôi là cán bộ", kind="staff")
    held.release.set()
    await phone.text("dạ chào cán bộ")
    await phone.text("1")
    await phone.settled()
    assert (phone.channel.sent, rasa.messages) == ([], ["hỏi"])
    assert [line.author for line in phone.lines] == ["citizen", "staff", "citizen", "citizen"]
    assert phone.rows(sa.select(Conversation.owner)) == ["console:zalo"]


async def test_an_edited_newest_question_is_asked_again_and_an_older_one_is_kept(phone: Phone, rasa: FakeRasa) -> None:
    await phone.send(Inbound("m:1", "khai sih"))
    await phone.send(Inbound("m:1:2", "khai sinh", kind="edit", edits="m:1"))
    await phone.answers(2)
    await phone.send(Inbound("m:5", "khai tử"))
    await phone.send(Inbound("m:1:3", "khai sinh lại", kind="edit", edits="m:1"))
    await phone.settled()
    await phone.answers(3)
    assert rasa.messages == ["khai sih", "khai sinh", "khai tử"]
    edits = [line for line in phone.lines if line.body and line.body.get("kind") == "edit"]
    assert [(line.text, line.body["of"]) for line in edits] == [("khai sinh", 1), ("khai sinh lại", 1)]


async def test_an_edit_of_what_is_past_does_nothing(phone: Phone, rasa: FakeRasa) -> None:
    """Nobody agrees to notices, or ends them, by correcting an old line."""
    await phone.send(Inbound("m:1", "đừng"))
    await phone.send(Inbound("m:2", "khai tử"))
    await phone.answers(2)
    await phone.send(Inbound("m:1:2", "dừng", kind="edit", edits="m:1"))
    await phone.settled()
    assert rasa.messages == ["đừng", "khai tử"]
    assert [line.text for line in phone.lines if line.author == "citizen"] == ["đừng", "khai tử", "dừng"]
    assert sum(line.author == "assistant" for line in phone.lines) == 2


async def test_a_secret_is_masked_and_warned_about_once(phone: Phone, rasa: FakeRasa) -> None:
    await phone.text("otp của tôi là 482913")
    (answer,) = await phone.answers(1)
    assert answer.startswith(TEXTS.reply("secret").plain())
    assert rasa.messages == ["otp của tôi là ••••••"]


async def test_a_text_longer_than_we_read_is_admitted(phone: Phone, rasa: FakeRasa) -> None:
    await phone.text("x" * 4096)
    assert await phone.answers(1) == [TEXTS.reply("too_long").plain()]
    assert (rasa.messages, len(phone.lines[0].text)) == ([], 4096)


async def test_who_writes_too_fast_is_told_once_and_everything_is_kept(phone_on: Callable[..., Phone]) -> None:
    phone = phone_on("zalo", message_rates=(Rate(2, 3600.0),))
    for number in range(6):
        await phone.text(f"câu {number}")
    await phone.settled()
    assert await phone.answers(3) == ["echo câu 0", "echo câu 1", TEXTS.reply("too_fast").plain()]
    assert sum(line.author == "citizen" for line in phone.lines) == 6


async def test_the_providers_time_is_kept_but_never_one_in_the_future(phone: Phone) -> None:
    hour = dt.timedelta(hours=1)
    await phone.text("muộn", at=utc_now() - hour)
    await phone.text("sớm", at=utc_now() + hour)
    late, early = (line for line in phone.lines if line.author == "citizen")
    assert late.created_at < utc_now() - hour / 2
    assert early.created_at <= utc_now()
