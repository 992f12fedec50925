"""A case code: given with a hand-off or on request, used in another channel, of no use to who guesses."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from bot.cases import (
    DIGITS,
    LETTERS,
    CaseDesk,
    case_of,
    code_of,
    conversations_of,
    random_code,
    typed_code,
    wishes_code,
)
from bot.inbound import Inbound
from bot.rates import Limiter, Rate
from bot.texts import Texts
from knowledge.models import Case, CaseMember, Conversation, Handoff, utc_now
from tests.bot.citizen import Talk
from tests.bot.fake_rasa import FakeRasa, reply
from tests.bot.phone import Phone

TEXTS = Texts.load()
WISH = "gặp cán bộ"
UNKNOWN, JOINED = TEXTS.reply("case_unknown").plain(), TEXTS.reply("case_joined").plain()
GIVEN = re.compile(r"Mã trường hợp: ([A-Z2-9]{6}) \(dùng đến \d\d/\d\d/\d{4}\)")

TYPED = [
    ("ABC234", "ABC234"),
    ("abc234", "ABC234"),
    (" Abc234. ", "ABC234"),
    ("mã ABC234", "ABC234"),
    ("Mã trường hợp: abc-234", "ABC234"),
    ("mã trường hợp là ABC 234 ạ", "ABC234"),
    ("dạ em gửi mã 2B3C4D", "2B3C4D"),
    ("ＡＢＣ２３４", "ABC234"),
    ("khai sinh", ""),
    ("chuyen", ""),
    ("mã hồ sơ ABC234", ""),
    ("ABCDEF", ""),
    ("234567", ""),
    ("ABC10O", ""),
    ("ABC2345", ""),
    ("ABC 234", ""),
    ("ABC234 là gì", ""),
    ("mã 000.15.H36-231221-0001", ""),
    ("", ""),
    ("mã " * 4000 + "ABC234", ""),
]


@pytest.mark.parametrize(("text", "code"), TYPED)
def test_a_typed_code_is_told_from_other_texts(text: str, code: str) -> None:
    assert typed_code(text) == code


def test_in_the_middle_of_a_form_only_a_named_code_counts() -> None:
    assert typed_code("ABC234", is_form=True) == ""
    assert typed_code("mã ABC234", is_form=True) == "ABC234"


WISHES = [
    ("cho em mã để tiếp tục bên zalo", True),
    ("xin mã trường hợp", True),
    ("Mã trường hợp", True),
    ("em cần mã chuyển sang Telegram", True),
    ("cho hỏi mã thủ tục khai sinh", False),
    ("mã hồ sơ của em đâu", False),
    ("cho em hỏi để tiếp tục nộp hồ sơ", False),
    ("zalo của phường là gì", False),
    ("cho em mã để " * 900 + "zalo", False),
]


@pytest.mark.parametrize(("text", "is_wish"), WISHES)
def test_a_wish_for_a_code(text: str, is_wish: bool) -> None:
    assert wishes_code(text) is is_wish


def test_codes_look_like_nothing_else() -> None:
    codes = {random_code() for _ in range(300)}
    assert len(codes) == 300
    assert not set("".join(codes)) & set("0O1IL")
    for code in codes:
        assert set(code) & set(LETTERS) and set(code) & set(DIGITS)
        assert typed_code(code) == typed_code(f"mã {code.lower()}") == code


async def _given(talk: Talk, rasa: FakeRasa) -> str:
    """Return the code that a wish for a person brings."""
    rasa.script(WISH, reply("Đã ghi lại", outcome="handoff", handoff="asked", procedures=["1.004222"]))
    found = GIVEN.search((await talk.ask(WISH))["text"])
    assert found
    return found.group(1)


@pytest.fixture
def phone(phone_on: Callable[..., Phone]) -> Phone:
    return phone_on("zalo")


@pytest.fixture
async def web(phone: Phone) -> Any:
    talk = await Talk(phone.server.url).open()
    yield talk
    await talk.close()


def cases(phone: Phone) -> list[list[str]]:
    """Return the channels of every case."""
    with phone.server.sessions() as session:
        found = [conversations_of(session, case_id) for case_id in session.scalars(sa.select(Case.id))]
    return [[one.channel for one in members] for members in found]


async def test_a_code_joins_two_channels_and_brings_the_wish(phone: Phone, web: Talk, rasa: FakeRasa) -> None:
    code = await _given(web, rasa)
    await phone.text(f"mã {code.lower()}")
    assert await phone.answers(1) == [JOINED]
    assert cases(phone) == [["web", "zalo"]]
    wishes = phone.rows(sa.select(Handoff).order_by(Handoff.id))
    assert [(one.reason, one.procedure_code) for one in wishes] == [("asked", "1.004222"), ("case", "1.004222")]
    assert rasa.messages == [WISH]
    assert "1.004222" not in "".join(phone.channel.texts)


async def test_typed_again_it_is_used_once(phone: Phone, web: Talk, rasa: FakeRasa) -> None:
    code = await _given(web, rasa)
    for _ in range(3):
        await phone.text(code)
    assert await phone.answers(3) == [JOINED] * 3
    assert len(phone.rows(sa.select(CaseMember.case_id))) == len(phone.rows(sa.select(Handoff.id))) == 2


async def test_the_same_case_keeps_its_code(web: Talk, rasa: FakeRasa) -> None:
    code = await _given(web, rasa)
    await web.send("cho em mã để tiếp tục bên zalo")
    await web.send(code)
    answers = await web.answers(3)
    assert [GIVEN.search(line["text"]).group(1) for line in answers] == [code] * 3  # type: ignore[union-attr]


async def test_a_code_on_request_asks_for_nobody(phone: Phone, web: Talk, rasa: FakeRasa) -> None:
    text = (await web.ask("xin mã trường hợp"))["text"]
    found = GIVEN.search(text)
    assert found and text.startswith(TEXTS.reply("case_code").plain())
    await phone.text(found.group(1))
    assert await phone.answers(1) == [JOINED]
    assert (phone.rows(sa.select(Handoff.id)), rasa.messages) == ([], [])


async def test_wrong_old_and_too_many_tries_get_one_answer(phone: Phone, web: Talk, rasa: FakeRasa) -> None:
    code = await _given(web, rasa)
    with phone.server.sessions.begin() as session:
        session.execute(sa.update(Case).values(expires_at=utc_now() - dt.timedelta(seconds=1)))
    await phone.text(code)
    for number in range(4):
        await phone.text(f"ZZZ{number + 2}ZZ")
    with phone.server.sessions.begin() as session:
        session.execute(sa.update(Case).values(expires_at=utc_now() + dt.timedelta(days=1)))
    await phone.text(code)
    assert await phone.answers(6) == [UNKNOWN] * 6
    assert cases(phone) == [["web"]]


def test_guessing_is_limited_by_conversation_and_by_channel() -> None:
    desk = CaseDesk(Limiter((Rate(2, 60.0),), clock=lambda: 0.0), Limiter((Rate(3, 60.0),), clock=lambda: 0.0))
    tries = [("a", "web"), ("a", "web"), ("a", "web"), ("b", "web"), ("c", "web"), ("c", "zalo"), ("c", "zalo")]
    may = [desk._may_try(Conversation(id=who, channel=where)) for who, where in tries]
    assert may == [True, True, False, True, False, True, False]


async def test_whoever_moves_leaves_the_old_case(phone: Phone, web: Talk, rasa: FakeRasa) -> None:
    code = await _given(web, rasa)
    rasa.script("người", reply("Dạ", outcome="handoff", handoff="asked"))
    await phone.text("người")
    await phone.answers(1)
    await phone.text(code)
    await phone.answers(2)
    assert sorted(cases(phone), key=len) == [[], ["web", "zalo"]]


async def test_a_code_near_its_end_is_renewed(web: Talk, rasa: FakeRasa, phone: Phone) -> None:
    code = await _given(web, rasa)
    with phone.server.sessions.begin() as session:
        case = case_of(session, web.conversation_id)
        assert case and case.code == code_of(session, web.conversation_id).code == code
        later = case.expires_at - dt.timedelta(hours=1)
        renewed = code_of(session, web.conversation_id, later)
        assert renewed.id == case.id and renewed.code != code and renewed.expires_at > later + dt.timedelta(days=6)


async def test_tools_get_no_code(phone: Phone, web: Talk, rasa: FakeRasa) -> None:
    rasa.script(WISH, reply("Đã ghi lại", outcome="handoff", handoff="asked"))
    body = {"conversation": "tool", "text": WISH}
    answer = await web._client.post("/api/rest/messages", json=body)
    assert (answer.json()["text"], phone.rows(sa.select(Case.id))) == ("Đã ghi lại", [])


async def test_while_people_own_the_conversation_a_code_joins_in_silence(
    phone: Phone, web: Talk, rasa: FakeRasa
) -> None:
    code = await _given(web, rasa)
    await phone.text("Chào bác", kind="staff")
    await phone.send(Inbound("m:9", code))
    await phone.settled()
    assert (cases(phone), phone.channel.texts) == ([["web", "zalo"]], [])
