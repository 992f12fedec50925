"""The dialogue without Rasa: what it keeps, asks and admits."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from actions.choosing import chosen
from actions.dialogue import complained, is_clearly_ours, respond
from actions.surroundings import without_desks
from actions.turn import State, Turn, read_state, read_turn, write_state
from knowledge.models import Fee, Procedure, ProcedureVersion
from knowledge.profile import Profile
from knowledge.reply import Reply
from knowledge.search.decide import content_words
from knowledge.search.features import load_wording
from knowledge.search.finder import Found, Hit
from knowledge.search.outlook import Outlook

RESIDENCE, BIRTH, MARRIAGE = "1.004222", "1.001193", "1.000894"


def say(
    session: Session, profile: Profile, state: State, text: str, *aspects: str, intent: str = "ask_procedure"
) -> tuple[Reply, State]:
    return respond(session, Turn(text, intent, aspects=aspects), state, profile)


def test_follow_up_keeps_the_procedure(session: Session, profile: Profile) -> None:
    _, state = say(session, profile, State(), "nhap ho khau cho vo mat nhiu tien z", "fee")
    reply, state = say(session, profile, state, "còn giấy tờ?", "documents")
    assert reply.procedures == (RESIDENCE,)
    assert reply.aspects == ("documents",)


@pytest.mark.parametrize("said", ["quay lại cái hồi nãy", "thoi noi tiep cai truoc di"])
def test_back_to_the_procedure_before(session: Session, profile: Profile, said: str) -> None:
    _, state = say(session, profile, State(), "đăng ký thường trú", "fee")
    _, state = say(session, profile, state, "đăng ký khai sinh", "documents")
    assert (state.procedure, state.earlier) == (BIRTH, (RESIDENCE,))
    reply, state = say(session, profile, state, said, "time", intent="go_back")
    assert reply.procedures[0] == RESIDENCE
    assert (state.procedure, state.earlier) == (RESIDENCE, (BIRTH,))


def test_a_remark_that_names_nothing_goes_on_about_what_is_at_hand(session: Session, profile: Profile) -> None:
    _, state = say(session, profile, State(), "đăng ký thường trú", "documents")
    reply, state = say(session, profile, state, "vậy tốn hết bao nhiêu tiền hả cô", "fee")
    assert reply.procedures[0] == RESIDENCE
    reply, _ = say(session, profile, state, "đăng ký khai sinh thì sao", "fee")
    assert reply.procedures[0] == BIRTH


@pytest.mark.parametrize(
    "said",
    [
        "lam o cong an xa duoc khong",
        "nộp ở xã hay ở văn phòng đất đai",
        "công an phường làm được hông",
        "ra xã hả",
        "có phải lên tỉnh không",
    ],
)
def test_a_desk_is_where_and_not_what(session: Session, profile: Profile, said: str) -> None:
    reply, after = say(session, profile, State(procedure=MARRIAGE, aspects=("documents",)), said)
    assert (reply.procedures[0], reply.aspects, after.procedure) == (MARRIAGE, ("place",), MARRIAGE)


@pytest.mark.parametrize(("said", "is_ours"), [("Ra xã hả?", True), ("Ở La Gi?", True), ("Sao vậy?", False)])
def test_nothing_but_a_place_or_a_desk_is_ours(
    session: Session, profile: Profile, monkeypatch: pytest.MonkeyPatch, said: str, is_ours: bool
) -> None:
    monkeypatch.setattr("actions.dialogue._find", lambda *_: Found((), Outlook(0.0, 0.0, 0.0, 1.0)))
    turn = Turn(said, "out_of_scope")
    assert is_clearly_ours(session, turn, State(procedure=MARRIAGE), profile) is is_ours


@pytest.mark.parametrize("said", ["còn quán thì cần giấy gì", "xin cho con vô trường thì sao", "tính xa hơn thì sao"])
def test_what_only_sounds_like_a_desk_is_none(said: str) -> None:
    assert content_words(without_desks(said), load_wording()) == content_words(said, load_wording())


@pytest.mark.parametrize(
    ("offered", "outcome"), [((RESIDENCE, BIRTH), "clarify"), ((RESIDENCE,), "answered")], ids=["several", "one"]
)
def test_of_several_that_were_offered_none_is_taken_for_chosen(
    session: Session, profile: Profile, offered: tuple[str, ...], outcome: str
) -> None:
    state = State(candidates=offered, guess=RESIDENCE)
    reply, after = say(session, profile, state, "bao nhiêu tiền", "fee")
    assert reply.outcome == outcome
    assert (reply.candidates or after.procedure) == (offered if outcome == "clarify" else RESIDENCE)
    assert all(button.entities["aspect"] == ["fee"] for button in reply.buttons if outcome == "clarify")


@pytest.mark.parametrize(
    ("said", "aspects", "outcome"),
    [
        ("bản mới bao lâu có", ("time",), "answered"),
        ("bản mới", (), "clarify"),  # asks for nothing
        ("hôm trước ông ngoại dặn xin lại bản mới màu hồng bao lâu có", ("time",), "clarify"),  # says too much
    ],
)
def test_a_short_question_goes_on_about_what_is_at_hand(
    session: Session,
    profile: Profile,
    monkeypatch: pytest.MonkeyPatch,
    said: str,
    aspects: tuple[str, ...],
    outcome: str,
) -> None:
    hits = (Hit("2.000635", "Bản sao trích lục hộ tịch", 0.4, 0.1), Hit(BIRTH, "Đăng ký khai sinh", 0.3, 0.1))
    monkeypatch.setattr("actions.dialogue._find", lambda *_: Found(hits, Outlook(0.3, 0.3, 0.4, 0.0)))
    reply, _ = say(session, profile, State(procedure=BIRTH), said, *aspects)
    assert reply.outcome == outcome
    assert (reply.procedures[:1] == (BIRTH,)) is (outcome == "answered")


def test_only_a_few_earlier_procedures_are_remembered() -> None:
    state = State()
    for code in ("1", "2", "3", "4", "5", "3"):
        state = state.turned_to(code)
    assert (state.procedure, state.earlier) == ("3", ("5", "4", "2"))


def test_planted_lie_changes_the_next_answer(session: Session, profile: Profile) -> None:
    query = (
        sa.select(Fee)
        .join(ProcedureVersion, ProcedureVersion.id == Fee.version_id)
        .join(Procedure, Procedure.id == ProcedureVersion.procedure_id)
        .where(
            Procedure.code == RESIDENCE,
            Fee.mode == "online",
            Fee.kind == "amount",
            ProcedureVersion.superseded_at.is_(None),
        )
    )
    before, _ = say(session, profile, State(), "đăng ký thường trú hết bao nhiêu", "fee")
    session.scalars(query).one().amount = 77000
    session.flush()
    after, _ = say(session, profile, State(), "đăng ký thường trú hết bao nhiêu", "fee")
    assert "77.000" not in before.plain()
    assert "77.000" in after.plain()
    assert "10.000" not in after.plain()


def test_old_place_is_asked_back_and_then_kept(session: Session, profile: Profile) -> None:
    _, state = say(session, profile, State(), "đăng ký thường trú", "fee")
    reply, state = say(session, profile, state, "ở La Gi thì nộp chỗ nào", "place")
    assert reply.outcome == "clarify"
    assert [button.title for button in reply.buttons] == ["Phường La Gi", "Phường Phước Hội", "Xã Tân Hải"]
    tapped = Turn(
        "",
        "ask_procedure",
        aspects=("place",),
        procedure=RESIDENCE,
        unit=reply.buttons[1].entities["unit"],
        tapped=True,
    )
    reply, state = respond(session, tapped, state, profile)
    assert "phường Phước Hội" in reply.plain()
    assert state.unit == "23231"


def test_nothing_found_is_admitted_and_a_person_offered(session: Session, profile: Profile) -> None:
    first, state = say(session, profile, State(), "xin giấy phép bay lên mặt trăng bằng chổi")
    assert first.outcome in ("not_found", "clarify")
    second, _ = say(session, profile, State(misses=1), "zzzz qqqq xxxx")
    assert second.outcome == "not_found"
    assert second.buttons[0].intent == "ask_human"


@pytest.mark.parametrize(("misses", "reason"), [(0, "not_found"), (1, "misses"), (2, "misses")])
def test_the_second_miss_in_a_row_is_the_reason_for_a_person(
    session: Session, profile: Profile, misses: int, reason: str
) -> None:
    reply, after = say(session, profile, State(misses=misses), "zzzz qqqq xxxx")
    assert reply.buttons[0].entities == {"reason": reason}
    assert after.misses == misses + 1
    answered, after = say(session, profile, after, "đăng ký kết hôn cần giấy tờ gì")
    assert (answered.outcome, after.misses) == ("answered", 0)


def test_no_procedure_at_hand_is_asked_for(session: Session, profile: Profile) -> None:
    reply, state = say(session, profile, State(), "phí bao nhiêu", "fee")
    assert reply.outcome == "clarify"
    assert reply.buttons[0].entities["aspect"] == ["fee"]
    reply, _ = say(session, profile, state, "1")
    assert reply.procedures == (BIRTH,)
    assert reply.aspects == ("fee",)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("2", "b"), ("cái thứ hai", "b"), ("cai dau tien", "a"), ("cái sau cùng", "c"), ("số 3 nha em", "c"),
        ("9", ""), ("0", ""),
        ("tách thửa", "b"), ("mua bán", "a"), ("hôm nay trời đẹp", ""), ("", ""), ("lấy cái cuối", "c"),
    ],
)  # fmt: skip
def test_choices(said: str, expected: str) -> None:
    assert chosen(said, {"a": "Sang tên (mua bán)", "b": "Tách thửa đất", "c": "Cấp đổi sổ"}) == expected


def test_state_survives_slots() -> None:
    state = State(RESIDENCE, ("fee",), ("1.1", "1.2"), "23231", 2, (BIRTH,))
    assert read_state(write_state(state)) == state
    assert read_state(dict.fromkeys(write_state(State()))) == State()


def test_button_turn_is_read_from_its_payload() -> None:
    message = {
        "text": '/ask_procedure{"procedure": "1.004222", "aspect": ["fee"]}',
        "intent": {"name": "ask_procedure", "confidence": 1.0},
        "entities": [{"entity": "procedure", "value": "1.004222"}, {"entity": "aspect", "value": "fee"}],
    }
    turn = read_turn(message)
    assert (turn.tapped, turn.procedure, turn.aspects, turn.text) == (True, RESIDENCE, ("fee",), "")


def test_two_procedures_in_one_message_are_answered_in_turn(session: Session, profile: Profile) -> None:
    reply, state = say(session, profile, State(), "đăng ký kết hôn rồi đăng ký thường trú cho vợ luôn", "fee")
    assert set(reply.procedures) == {MARRIAGE, RESIDENCE}
    assert "hai việc" in reply.plain()
    assert "20.000" in reply.plain()
    assert {state.procedure, *state.earlier} == {MARRIAGE, RESIDENCE}
    assert {button.entities["procedure"] for button in reply.buttons} == {MARRIAGE, RESIDENCE}


@pytest.mark.parametrize(
    "said",
    [
        "đăng ký kết hôn với người nước ngoài",
        "em mất thẻ căn cước rồi giờ làm lại thẻ căn cước ở đâu",
        "đăng ký thường trú cho vợ và con",
    ],
)
def test_one_procedure_stays_one(session: Session, profile: Profile, said: str) -> None:
    reply, _ = say(session, profile, State(), said, "fee")
    assert "hai việc" not in reply.plain()


@pytest.mark.parametrize(
    ("said", "aspects", "answered"),
    [
        ("bực quá, lên xã ba lần rồi mà chưa đăng ký khai sinh xong, rốt cuộc cần giấy gì", ("documents",), True),
        ("bực quá, làm ăn kiểu gì kỳ vậy", (), False),
        ("lâu lắc quá trời, hành dân", ("time",), False),
    ],
)
def test_what_is_asked_in_anger_is_answered(
    session: Session, profile: Profile, said: str, aspects: tuple[str, ...], answered: bool
) -> None:
    found = complained(session, Turn(said, "complain", aspects=aspects), State(), profile)
    assert (found is not None) is answered
    if found:
        reply, after = found
        assert reply.plain().startswith("Em xin lỗi") and after.procedure == reply.procedures[0] == "1.001193"
