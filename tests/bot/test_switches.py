"""What an administrator turns off: the assistant (people only), or a channel; and what citizens are then told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import anyio
import httpx
import pytest
import sqlalchemy as sa

from bot.handoff import switches
from bot.handoff.staff import Close
from bot.inbound import Attachment, Inbound
from knowledge.models import Handoff, InboxItem, Message
from tests.bot.citizen import Talk
from tests.bot.fake_rasa import FakeRasa, Held, reply
from tests.bot.handoff.people import Office
from tests.bot.phone import Phone
from tests.bot.running import Running
from tests.fakes.loopback import PATIENCE

NOTICE = "Hệ thống nâng cấp đến 14 giờ."
GOES_ON = ("hỏi tiếp", "trợ lý tiếp", "em trả lời")  # the assistant does not, while it is off


def turn_off(server: Running, name: str = switches.BOT, notice: str = NOTICE) -> None:
    with server.sessions.begin() as session:
        switches.turn_off(session, name, notice, None)


def turn_on(server: Running, name: str = switches.BOT) -> None:
    with server.sessions.begin() as session:
        switches.turn_on(session, name)


def hour_later(server: Running, hours: int) -> None:
    """Move everything that was said into the past."""
    with server.sessions.begin() as session:
        for message in session.scalars(sa.select(Message)):
            message.created_at -= dt.timedelta(hours=hours)


async def silent(talk: Talk, server: Running, text: str) -> None:
    """Say something that gets no answer."""
    before = len(await talk.history())
    await talk.send(text)
    with anyio.fail_after(PATIENCE):
        while await talk.history() and not _all_done(server):
            pass
    assert len(await talk.history()) == before + 1


def _all_done(server: Running) -> bool:
    with server.sessions() as session:
        still = sa.select(InboxItem.id).where(InboxItem.state.in_(("new", "working")))
        return session.scalar(still) is None


def handoffs(server: Running) -> list[tuple[str, str]]:
    with server.sessions() as session:
        return [(one.state, one.reason) for one in session.scalars(sa.select(Handoff).order_by(Handoff.id))]


async def test_people_only_is_told_once_and_asked_for(talk: Talk, rasa: FakeRasa, server: Running) -> None:
    Office(server.sessions).hire("ha")
    turn_off(server)
    told = await talk.ask("khai sinh cần gì")
    assert told["text"].startswith(f"Trợ lý tự động đang tạm ngưng. {NOTICE}")
    assert "người đầu tiên" in told["text"] and "Mã trường hợp" in told["text"]
    assert not [phrase for phrase in GOES_ON if phrase in told["text"]]
    assert [button["title"] for button in told["reply"]["buttons"]] == ["Thôi, không cần gặp cán bộ"]
    await silent(talk, server, "alo")
    assert (handoffs(server), rasa.messages) == ([("queued", "off")], [])


async def test_where_nobody_is_there_nothing_is_promised(talk: Talk, server: Running) -> None:
    turn_off(server)
    told = (await talk.ask("khai sinh cần gì"))["text"]
    assert "chưa có cán bộ trực" in told and not [phrase for phrase in GOES_ON if phrase in told]
    await silent(talk, server, "alo")
    hour_later(server, 2)
    assert NOTICE in (await talk.ask("còn đó không"))["text"]
    assert handoffs(server) == [("callback", "off")]


async def test_the_procedure_at_hand_goes_along(talk: Talk, rasa: FakeRasa, server: Running) -> None:
    rasa.script("thường trú", reply("Dạ", procedures=["1.004222"], unit="22945"))
    await talk.ask("thường trú")
    turn_off(server)
    await talk.ask("còn phí?")
    with server.sessions() as session:
        kept = session.scalar(sa.select(Handoff))
    assert (kept.procedure_code, kept.unit_code) == ("1.004222", "22945")


async def test_buttons_of_the_hand_off_work_meanwhile(talk: Talk, rasa: FakeRasa, server: Running) -> None:
    button = {"title": "Gặp cán bộ", "intent": "ask_human"}
    rasa.script("hỏi", reply("Dạ", buttons=[button]))
    offered = await talk.ask("hỏi")
    office = Office(server.sessions)
    clerk = office.hire("ha")
    turn_off(server)
    await talk.tap(offered["seq"], 0)
    waiting = (await talk.answers(2))[1]
    assert "người đầu tiên" in waiting["text"] and rasa.messages == ["hỏi"]
    await talk.tap(waiting["seq"], 0)
    cancelled = (await talk.answers(3))[2]["text"]
    assert "đã bỏ yêu cầu" in cancelled and not [phrase for phrase in GOES_ON if phrase in cancelled]
    again = await talk.ask("gặp cán bộ")
    assert "người đầu tiên" in again["text"] and NOTICE not in again["text"]
    office.act(clerk, talk.conversation_id, "claim")
    office.say(clerk, talk.conversation_id)
    office.act(clerk, talk.conversation_id, "close", Close("answered", "no"))
    asked = (await talk.history())[-1]
    await talk.tap(asked["seq"], 0)
    rated = (await talk.read_until(lambda lines: "góp ý" in lines[-1]["text"] if lines else False))[-1]
    assert rated["text"] == "Em cảm ơn anh/chị đã góp ý."
    assert handoffs(server)[-1] == ("closed", "asked")


async def test_who_only_comes_in_is_told_and_put_nowhere(phone_on: Callable[..., Phone], rasa: FakeRasa) -> None:
    phone = phone_on("zalo")
    turn_off(phone.server)
    for number in range(2):
        await phone.send(Inbound(f"m:{number}", kind="start"))
    await phone.settled()
    assert await phone.answers(1) == [f"Trợ lý tự động đang tạm ngưng. {NOTICE}"]
    assert (handoffs(phone.server), rasa.messages) == ([], [])


async def test_a_file_is_for_people_too(phone_on: Callable[..., Phone]) -> None:
    phone = phone_on("zalo")
    turn_off(phone.server)
    await phone.send(Inbound("m:1", kind="image", attachment=Attachment(file_id="abc")))
    assert (await phone.answers(1))[0].startswith("Trợ lý tự động đang tạm ngưng.")
    assert handoffs(phone.server) == [("callback", "off")]


async def test_what_waits_when_the_switch_flips_goes_by_the_switch(talk: Talk, rasa: FakeRasa, server: Running) -> None:
    rasa.script("chậm", held := Held())
    await talk.send("chậm")
    rasa.wait_for("chậm")
    await talk.send("khai sinh")
    turn_off(server)
    held.release.set()
    first, second = await talk.answers(2)
    assert first["text"] == "echo chậm" and NOTICE in second["text"]
    turn_on(server)
    assert (await talk.ask("còn phí?"))["text"] == "echo còn phí?"
    assert rasa.messages == ["chậm", "còn phí?"]


async def test_a_channel_that_is_off_answers_with_the_notice_alone_once_a_day(
    phone_on: Callable[..., Phone], rasa: FakeRasa
) -> None:
    phone = phone_on("zalo")
    turn_off(phone.server, "channel:zalo")
    for text in ("hỏi", "gặp cán bộ", "hủy"):
        await phone.text(text)
    await phone.settled()
    notice = f"Kênh này đang tạm ngưng trả lời. {NOTICE}"
    assert await phone.answers(1) == [notice]
    assert (len(phone.lines), handoffs(phone.server), rasa.messages) == (4, [], [])
    hour_later(phone.server, 25)
    await phone.text("còn đó không")
    assert await phone.answers(2) == [notice, notice]
    turn_off(phone.server, "channel:zalo", "Mời gọi 1022.")
    await phone.text("alo")
    assert "1022" in (await phone.answers(3))[2]


async def test_one_channel_off_leaves_the_others(phone_on: Callable[..., Phone]) -> None:
    phone = phone_on("zalo")
    turn_off(phone.server, "channel:telegram")
    await phone.text("hỏi")
    assert await phone.answers(1) == ["echo hỏi"]


async def test_who_leaves_a_closed_channel_is_told_nothing(phone_on: Callable[..., Phone]) -> None:
    phone = phone_on("zalo")
    await phone.text("hỏi")
    await phone.answers(1)
    turn_off(phone.server, "channel:zalo")
    await phone.send(Inbound("m:9", kind="unfollow"))
    await phone.settled()
    assert len(phone.channel.texts) == 1


@pytest.mark.parametrize("name", [switches.BOT, "channel:rest"])
async def test_tools_ask_the_assistant_all_the_same(server: Running, rasa: FakeRasa, name: str) -> None:
    turn_off(server, name)
    async with httpx.AsyncClient(verify=False, base_url=server.url, timeout=PATIENCE, trust_env=False) as client:
        body = {"conversation": "c", "text": "hỏi"}
        assert (await client.post("/api/rest/messages", json=body)).json()["text"] == "echo hỏi"


async def test_people_who_have_a_conversation_keep_it(talk: Talk, rasa: FakeRasa, server: Running) -> None:
    rasa.script("gặp cán bộ", reply("?", outcome="handoff", handoff="asked"))
    office = Office(server.sessions)
    clerk = office.hire("ha")
    await talk.ask("gặp cán bộ")
    turn_off(server)
    await silent(talk, server, "em ở Phan Thiết")
    office.act(clerk, talk.conversation_id, "claim")
    office.say(clerk, talk.conversation_id, "Chào anh")
    office.act(clerk, talk.conversation_id, "give_back")
    ended = (await talk.history())[-1]["text"]
    assert ended == "Cán bộ đã kết thúc phần trả lời."
