"""A hand-off through the real server: the wish, the buttons, the typed words, and who is silent meanwhile."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import anyio
import pytest
import sqlalchemy as sa

from bot.handoff import staff as desk
from bot.handoff.moves import find_open
from bot.handoff.staff import Close
from knowledge.models import Conversation, Handoff, InboxItem, Message, Staff, utc_now
from tests.bot.citizen import Talk
from tests.bot.fake_rasa import PATIENCE, FakeRasa, Held, reply
from tests.bot.handoff.people import Office
from tests.bot.phone import Phone
from tests.bot.running import Running

WISH = "gặp cán bộ"


@pytest.fixture(autouse=True)
def _asked(rasa: FakeRasa) -> None:
    rasa.script(WISH, *[reply("?", outcome="handoff", handoff="asked", procedures=["1.004222"])] * 3)


@pytest.fixture
def office(server: Running) -> Office:
    return Office(server.sessions)


def said(words: str) -> Callable[[list[dict[str, Any]]], bool]:
    return lambda lines: any(words in line["text"] for line in lines)


def state(server: Running) -> tuple[str, str]:
    with server.sessions() as session:
        newest = session.scalar(sa.select(Handoff).order_by(Handoff.id.desc()).limit(1))
        return newest.state, session.get(Conversation, newest.conversation_id).owner


async def test_without_staff_the_assistant_goes_on(talk: Talk, server: Running) -> None:
    told = await talk.ask(WISH)
    assert "chưa có cán bộ trực" in told["text"] and told["outcome"] == "handoff"
    assert "Mã trường hợp" in told["text"]
    await talk.ask(WISH)
    with server.sessions() as session:
        (kept,) = session.scalars(sa.select(Handoff)).all()
    assert (kept.reason, kept.procedure_code, kept.state) == ("asked", "1.004222", "callback")
    assert (await talk.ask("còn phí?"))["text"] == "echo còn phí?"


async def test_other_answers_open_no_hand_off(talk: Talk, server: Running) -> None:
    await talk.ask("chào")
    with server.sessions() as session:
        assert session.scalars(sa.select(Handoff)).all() == []


async def test_anger_is_offered_a_person_and_remembered(talk: Talk, rasa: FakeRasa, server: Running) -> None:
    button = {"title": "Gặp cán bộ", "intent": "ask_human", "entities": {"reason": "complaint"}}
    rasa.script("bực quá", reply("Em xin lỗi", buttons=[button]))
    await talk.ask("bực quá")
    assert state(server) == ("offered", "bot")


async def test_who_waits_is_not_answered_by_the_assistant(
    talk: Talk, rasa: FakeRasa, server: Running, office: Office
) -> None:
    clerk = office.hire("ha")
    told = await talk.ask(WISH)
    assert "người đầu tiên" in told["text"]
    await talk.send("nhà em mất sổ đỏ")
    await talk.send("có ai không")
    office.act(clerk, talk.conversation_id, "claim")
    office.say(clerk, talk.conversation_id, "Chào anh, em đây ạ")
    lines = await talk.read_until(lambda lines: any(line["author"] == "staff" for line in lines))
    assert [line["author"] for line in lines] == ["citizen", "assistant", "citizen", "citizen", "assistant", "staff"]
    assert "**Chị ha**" in lines[4]["reply"]["bubbles"][0][0]["text"]
    assert (lines[5]["text"], lines[5]["by"]) == ("Chào anh, em đây ạ", "Chị ha")
    assert rasa.messages == [WISH]


async def test_a_button_ends_the_wait(talk: Talk, server: Running, office: Office) -> None:
    office.hire("ha")
    told = await talk.ask(WISH)
    await talk.tap(told["seq"], 0)
    assert "đã bỏ yêu cầu" in (await talk.answers(2))[1]["text"]
    assert state(server) == ("closed", "bot")
    assert (await talk.ask("còn phí?"))["text"] == "echo còn phí?"


@pytest.mark.parametrize("typed", ["hủy", "Huỷ.", "thôi khỏi", "hoi tro ly tiep"])
async def test_typed_words_end_the_wait(talk: Talk, server: Running, office: Office, typed: str) -> None:
    office.hire("ha")
    await talk.ask(WISH)
    assert "đã bỏ yêu cầu" in (await talk.ask(typed))["text"]
    assert state(server) == ("closed", "bot")


async def test_a_number_is_kept_for_the_call_and_nowhere_else(talk: Talk, server: Running) -> None:
    with server.sessions.begin() as session:
        session.add(Staff(username="ha", name="Chị Hà", role="clerk"))  # works here, and is not there now
    told = await talk.ask(WISH)
    await talk.tap(told["seq"], 0)
    assert "nhắn số điện thoại" in (await talk.answers(2))[1]["text"]
    kept = await talk.ask("dạ 0912 345.678 nha em")
    assert "**678**" in kept["reply"]["bubbles"][0][0]["text"]
    with server.sessions() as session:
        assert session.scalar(sa.select(Handoff.contact)) == "0912345678"
        kept_text = " ".join(session.scalars(sa.select(Message.text)))
        assert "345" not in kept_text
        assert not [body for body in session.scalars(sa.select(InboxItem.body)) if body]


async def test_who_is_asked_for_a_number_may_ask_something_else(talk: Talk, rasa: FakeRasa, server: Running) -> None:
    with server.sessions.begin() as session:
        session.add(Staff(username="ha", name="Chị Hà", role="clerk"))
    told = await talk.ask(WISH)
    await talk.tap(told["seq"], 0)
    await talk.answers(2)
    assert (await talk.ask("khai sinh mất nhiêu tiền"))["text"] == "echo khai sinh mất nhiêu tiền"


async def test_an_answer_on_its_way_is_dropped_when_staff_step_in(
    talk: Talk, rasa: FakeRasa, server: Running, office: Office
) -> None:
    rasa.script("chậm", held := Held())
    await talk.send("chậm")
    clerk = office.hire("ha")
    with anyio.fail_after(PATIENCE):
        while not rasa.messages:
            await talk.history()
    with server.sessions.begin() as session:
        conversation = session.get(Conversation, talk.conversation_id)
        desk.step_in(session, session.get(Staff, clerk), conversation)
    held.release.set()
    await talk.send("còn đó không")
    with anyio.fail_after(PATIENCE):
        while len(await talk.history()) < 3:
            pass
    assert [line["author"] for line in await talk.history()] == ["citizen", "assistant", "citizen"]
    assert "echo" not in str(await talk.history())


@pytest.mark.parametrize(("tapped", "kept"), [(0, "yes"), (1, "partly"), (2, "no")])
async def test_the_opinion_is_asked_once(talk: Talk, server: Running, office: Office, tapped: int, kept: str) -> None:
    clerk = office.hire("ha")
    await talk.ask(WISH)
    office.act(clerk, talk.conversation_id, "claim")
    office.say(clerk, talk.conversation_id)
    office.act(clerk, talk.conversation_id, "close", Close("answered", "no"))
    asked = (await talk.history())[-1]
    await talk.tap(asked["seq"], tapped)
    await talk.read_until(said("cảm ơn anh/chị đã góp ý"))
    with server.sessions() as session:
        assert session.scalar(sa.select(Handoff.rating)) == kept
    await talk.tap(asked["seq"], 2)
    await talk.read_until(said("không có yêu cầu"))
    with server.sessions() as session:
        assert session.scalar(sa.select(Handoff.rating)) == kept


async def test_a_question_in_place_of_an_opinion_is_answered(talk: Talk, server: Running, office: Office) -> None:
    clerk = office.hire("ha")
    await talk.ask(WISH)
    office.act(clerk, talk.conversation_id, "claim")
    office.say(clerk, talk.conversation_id)
    office.act(clerk, talk.conversation_id, "close", Close("answered", "no"))
    await talk.send("còn phí?")
    await talk.read_until(said("echo còn phí?"))
    assert state(server) == ("closed", "bot")


async def test_numbers_choose_where_there_are_no_buttons(phone_on: Callable[..., Phone], rasa: FakeRasa) -> None:
    phone = phone_on("zalo")
    office = Office(phone.server.sessions)
    clerk = office.hire("ha")
    await phone.text(WISH)
    (told,) = await phone.answers(1)
    assert "1. Hủy, hỏi trợ lý tiếp" in told
    await phone.text("1")
    assert "đã bỏ yêu cầu" in (await phone.answers(2))[1]
    await phone.text(WISH)
    await phone.answers(3)
    conversation_id = phone.rows(sa.select(Conversation.id))[0]
    office.act(clerk, conversation_id, "claim")
    office.say(clerk, conversation_id, "Chào chị")
    office.act(clerk, conversation_id, "close", Close("answered", "no"))
    answers = await phone.answers(6)
    assert answers[4] == "Chào chị" and "2. Một phần" in answers[5]
    await phone.text("2")
    await phone.answers(7)
    assert phone.rows(sa.select(Handoff.rating).order_by(Handoff.id)) == ["", "partly"]


async def test_the_clock_of_the_server_runs(talk: Talk, server: Running, office: Office) -> None:
    clerk = office.hire("ha")
    await talk.ask(WISH)
    with server.sessions.begin() as session:
        find_open(session, talk.conversation_id).due_at = utc_now() - dt.timedelta(seconds=1)
    await talk.read_until(said("xin lỗi vì lâu"))
    assert state(server) == ("queued", "people")
    office.act(clerk, talk.conversation_id, "claim")
