"""Whether a paper is needed is asked about the procedure at hand, not about the paper."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from actions.dialogue import respond
from actions.needing import beside_paper
from actions.turn import State, Turn
from knowledge.profile import Profile
from knowledge.search.features import load_wording
from nlu.text import normalise

RESIDENCE, BIRTH = "1.004222", "1.001193"


@pytest.mark.parametrize(
    "said",
    [
        "co can giay khai sinh cua con khong",
        "có phải nộp giấy độc thân không",
        "z có cần cccd ko",
        "có cần đem theo hộ khẩu ko z",
        "con nhỏ có cần nộp khai sinh không",
        "cần bản sao khai sinh không",
        "co can giay chung thuc hop dong mua ban khong",
        "quen dem giay khai sinh co sao k",
        "có cần hộ chiếu không hay căn cước thôi",
        "can giay kham suc khoe khong, giay to gi",
        "hông có sổ hộ khẩu có sao hông",
        "nha chua co so do thi nhap khau duoc khong",
        "chưa có sổ đỏ thì xin được không ạ",
    ],
)
def test_no_more_is_asked_than_whether_a_paper_is_needed(said: str) -> None:
    assert beside_paper(normalise(said, load_wording().lexicon)) is not None


@pytest.mark.parametrize(
    "said",
    [
        "làm căn cước có cần khai sinh không",
        "đăng ký kết hôn cần giấy độc thân không",
        "em cần làm căn cước không biết ở đâu",
        "em cần giấy xác nhận độc thân không biết xin ở đâu",
        "em cần hộ chiếu gấp, làm nhanh được không",
        "em cần anh chị hướng dẫn đổi bằng lái được không",
        "cần xin bản sao khai sinh không biết hỏi ai",
        "cần giấy khai sinh",
        "chưa đăng ký kết hôn",
        "chưa có căn cước thì làm sao",
        "mất căn cước thì làm lại được không",
        "có cần không",
        "",
    ],
)
def test_a_procedure_that_is_named_is_asked_about(said: str) -> None:
    assert beside_paper(normalise(said, load_wording().lexicon)) is None


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("chưa đăng ký kết hôn thì làm khai sinh cho con được không", BIRTH),
        ("có cần giấy khai sinh để làm căn cước cho con không", "1.014062"),
    ],
)
def test_what_is_named_beside_the_paper_is_asked_about(
    session: Session, profile: Profile, said: str, code: str
) -> None:
    reply, _ = respond(session, Turn(said, "ask_procedure"), State(procedure=RESIDENCE), profile)
    assert code in (*reply.procedures, *reply.candidates)
    assert reply.procedures[:1] != (RESIDENCE,)


def test_the_papers_of_what_is_at_hand_are_told(session: Session, profile: Profile) -> None:
    turn = Turn("có cần giấy khai sinh của con không", "ask_procedure")
    reply, after = respond(session, turn, State(procedure=RESIDENCE), profile)
    assert (reply.procedures[0], reply.aspects, after.procedure) == (RESIDENCE, ("documents",), RESIDENCE)
    reply, _ = respond(session, turn, State(), profile)
    assert BIRTH in (*reply.procedures, *reply.candidates)
