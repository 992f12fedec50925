"""While people are waited for: asking again, starting anew, files and voice, in every channel."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import anyio
import pytest
import sqlalchemy as sa

from bot.channels.capabilities import CAPABILITIES
from bot.channels.render import render
from bot.handoff import sayings
from bot.handoff.routing import PROVINCE, Route
from bot.handoff.staff import Close
from bot.inbound import Attachment, Inbound, Tap
from bot.texts import Texts
from knowledge.models import Alert, Conversation, Handoff, Message, utc_now
from knowledge.reply import Reply
from tests.bot.citizen import Talk
from tests.bot.fake_rasa import PATIENCE, FakeRasa, reply
from tests.bot.handoff.people import NIGHT, OPEN, Office
from tests.bot.phone import Phone
from tests.bot.running import Running

WISH = "gặp cán bộ"
TAPPED = '/ask_human{"reason": "complaint"}'
TEXTS = Texts.load()
CHANNELS = ("zalo", "zalo_bot", "telegram")


@pytest.fixture(autouse=True)
def _asked(rasa: FakeRasa) -> None:
    button = {"title": "Gặp cán bộ", "intent": "ask_human", "entities": {"reason": "complaint"}}
    rasa.script(WISH, reply("?", outcome="handoff", handoff="asked"))
    rasa.script("bực quá", reply("Em xin lỗi", buttons=[button]))
    rasa.script(TAPPED, reply("?", outcome="handoff", handoff="asked"))


@pytest.fixture(params=CHANNELS)
async def waiting(request: pytest.FixtureRequest, phone_on: Callable[..., Phone]) -> Phone:
    """A citizen on a provider's channel who waits for one who is ready."""
    phone = phone_on(request.param)
    Office(phone.server.sessions).hire("ha")
    await phone.text(WISH)
    assert "người đầu tiên" in (await phone.answers(1))[0]
    return phone


def state(phone: Phone) -> str:
    return phone.rows(sa.select(Handoff.state).order_by(Handoff.id.desc()))[0]


@pytest.mark.parametrize("typed", ["Gặp cán bộ", "cho em gap can bo.", "Bắt đầu"])
async def test_who_asks_again_is_told_how_it_stands(waiting: Phone, rasa: FakeRasa, typed: str) -> None:
    await waiting.text(typed)
    assert "vẫn đang được giữ. Anh/chị là người đầu tiên" in (await waiting.answers(2))[1]
    assert (state(waiting), rasa.messages) == ("queued", [WISH])


async def test_starting_again_starts_nothing_anew(waiting: Phone, rasa: FakeRasa) -> None:
    await waiting.send(Inbound("m:start", kind="start"))
    assert "vẫn đang được giữ" in (await waiting.answers(2))[1]
    await waiting.send(Inbound("m:follow", "1_004222", kind="start"))
    assert "vẫn đang được giữ" in (await waiting.answers(3))[2]
    assert (state(waiting), rasa.messages) == ("queued", [WISH])


@pytest.mark.parametrize("typed", ["1", "hủy", "Huỷ, hỏi trợ lý tiếp"])
async def test_a_number_or_a_word_gives_up_the_wait(waiting: Phone, typed: str) -> None:
    if typed == "1" and not waiting.channel.capabilities.numbered:
        typed = "Hủy!"  # its buttons are sure: a number is a number
    await waiting.text(typed)
    assert "đã bỏ yêu cầu" in (await waiting.answers(2))[1]
    assert state(waiting) == "closed"


async def test_files_are_acknowledged_once(waiting: Phone, rasa: FakeRasa) -> None:
    for number, kind in enumerate(("image", "file", "image"), 1):
        file = Attachment(file_id=f"f{number}")
        await waiting.text("đây ạ" if number == 2 else "", kind=kind, attachment=file)
    await waiting.settled()
    assert (await waiting.answers(2))[1] == TEXTS.reply("attachment_kept").plain()
    await waiting.text("", kind="voice", attachment=Attachment(file_id="v"))
    await waiting.text("", kind="voice", attachment=Attachment(file_id="w"))
    await waiting.settled()
    assert (await waiting.answers(3))[2:] == [TEXTS.reply("voice_unheard").plain()]
    assert (state(waiting), rasa.messages) == ("queued", [WISH])


async def test_a_caption_alone_with_a_file_is_acknowledged_too(waiting: Phone) -> None:
    await waiting.text("sổ đỏ của em", kind="image", attachment=Attachment(file_id="f"))
    assert (await waiting.answers(2))[1] == TEXTS.reply("attachment_kept").plain()


async def test_with_a_person_there_files_need_no_word(waiting: Phone) -> None:
    office = Office(waiting.server.sessions)
    conversation_id = waiting.rows(sa.select(Conversation.id))[0]
    office.act(1, conversation_id, "claim")
    await waiting.answers(2)
    await waiting.text("", kind="image", attachment=Attachment(file_id="f"))
    await waiting.settled()
    assert len(waiting.channel.texts) == 2


async def test_after_an_opinion_or_an_offer_a_file_is_kept_for_nobody(phone_on: Callable[..., Phone]) -> None:
    phone = phone_on("zalo")
    await phone.text("bực quá")
    await phone.answers(1)
    await phone.text("", kind="image", attachment=Attachment(file_id="f"))
    assert (await phone.answers(2))[1] == TEXTS.reply("attachment").plain()


async def test_a_file_that_could_not_be_kept_is_admitted_while_people_own_the_chat(
    waiting: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.files.collector._LOOK_EVERY", 0.01)
    waiting.channel.files = [b"<html>" + b" " * 40]
    await waiting.text("", kind="image", attachment=Attachment(file_id="f", url="https://f.zdn.vn/x"))
    answers = await waiting.answers(3)
    assert "Em chưa lưu được tệp" in answers[2]


async def test_a_button_of_an_earlier_answer_tells_how_it_stands(talk: Talk, rasa: FakeRasa, server: Running) -> None:
    Office(server.sessions).hire("ha")
    offered = await talk.ask("bực quá")
    await talk.tap(offered["seq"], 0)
    await talk.answers(2)
    await talk.tap(offered["seq"], 0)
    assert "vẫn đang được giữ" in (await talk.answers(3))[2]["text"]
    assert rasa.messages == ["bực quá", TAPPED]


async def test_the_plain_wish_is_met_while_the_assistant_is_away(talk: Talk, rasa: FakeRasa, server: Running) -> None:
    Office(server.sessions).hire("ha")
    rasa.script("Gặp cán bộ", 500)
    assert "người đầu tiên" in (await talk.ask("Gặp cán bộ"))["text"]


async def test_what_is_offered_is_declined_by_going_on(talk: Talk, rasa: FakeRasa, server: Running) -> None:
    office = Office(server.sessions)
    await talk.ask("bực quá")
    assert (await talk.ask("còn phí?"))["text"] == "echo còn phí?"
    assert office.state(talk.conversation_id) == ("offered", "bot")
    await talk.ask("bực quá")
    office.tick(utc_now() + dt.timedelta(minutes=11))
    assert office.state(talk.conversation_id) == ("closed", "bot")
    assert len(office.told(talk.conversation_id)) == 3, "an offer that ends is not worth a word"
    with server.sessions() as session:
        assert session.scalars(sa.select(Handoff.reason)).all() == ["complaint"]


@pytest.mark.parametrize(
    ("channel", "days", "alerts"), [("zalo", 3, []), ("zalo", 8, ["window_closed"]), ("telegram", 8, [])]
)
async def test_what_staff_say_after_the_window_of_a_channel_is_told_to_staff(
    phone_on: Callable[..., Phone], channel: str, days: int, alerts: list[str]
) -> None:
    phone = phone_on(channel)
    office = Office(phone.server.sessions)
    clerk = office.hire("ha")
    await phone.text(WISH)
    await phone.answers(1)
    conversation_id = phone.rows(sa.select(Conversation.id))[0]
    office.act(clerk, conversation_id, "claim")
    await phone.answers(2)
    with phone.server.sessions.begin() as session:
        session.execute(sa.update(Message).values(created_at=utc_now() - dt.timedelta(days=days)))
    office.say(clerk, conversation_id, "Chào anh")
    phone.server.parts.outbox.wake()
    if not alerts:
        assert (await phone.answers(3))[2] == "Chào anh"
    with anyio.fail_after(PATIENCE):
        while phone.rows(sa.select(Alert.text_key)) != alerts:
            await anyio.sleep(0.01)


async def test_an_opinion_is_given_by_number_everywhere(waiting: Phone) -> None:
    office = Office(waiting.server.sessions)
    conversation_id = waiting.rows(sa.select(Conversation.id))[0]
    office.act(1, conversation_id, "claim")
    office.say(1, conversation_id, "Chào anh")
    office.act(1, conversation_id, "close", Close("answered", "no"))
    await waiting.answers(4)
    (asked,) = waiting.rows(sa.select(Message.seq).where(Message.text.contains("giúp được anh/chị")))
    numbered = waiting.channel.capabilities.numbered
    await waiting.text("3" if numbered else "", tap=None if numbered else Tap(asked, 2))
    assert "góp ý" in (await waiting.answers(5))[4]
    assert waiting.rows(sa.select(Handoff.rating)) == ["no"]


def everything() -> list[Reply]:
    """Return all that is said about people, at its longest."""
    long = {"name": "N" * 120, "unit": " (" + "u" * 60 + ")", "tail": "678", "notice": "x" * 500}
    plain = ("claimed", "passed_on", "returned", "given_back", "rating", "ended", "left", "rated", "cancelled")
    said = [sayings.reply(name, **long) for name in (*plain, "ask_phone", "phone_kept", "no_phone", "switched_off")]
    said += [sayings.reply("channel_off", **long), sayings.queued("queued", PROVINCE, 100, dt.timedelta(hours=9))]
    said += [sayings.wait_long(dt.timedelta(hours=9), 100)]
    routes = [Route("22945", "later", OPEN), Route("22945", "closed", NIGHT), Route("", "nobody", None)]
    return [*said, *(sayings.prospect(way) for way in routes), *map(sayings.nobody_there, routes)]


@pytest.mark.parametrize("channel", CHANNELS)
def test_every_saying_fits_in_one_message_with_whole_titles(channel: str) -> None:
    table = CAPABILITIES[channel]
    for said in everything():
        for shown in (said, sayings.without_assistant(said)):
            parts = render(shown, 7, table, TEXTS.word("choose"))
            assert len(parts) == 1 and len(parts[0].text) <= table.longest_text
            titles = [choice.title for choice in parts[0].buttons]
            assert titles == [button.title for button in shown.buttons][: table.most_buttons]
            assert not table.numbered or all(button.title in parts[0].text for button in shown.buttons)
