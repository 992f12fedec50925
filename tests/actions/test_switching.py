"""Who turns to something else is not answered for what was talked about before."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from actions import dialogue
from actions.dialogue import respond
from actions.switching import turns_away
from actions.turn import State, Turn
from knowledge.profile import Profile
from knowledge.search.evidence import Context
from knowledge.search.finder import Found, Hit
from knowledge.search.outlook import Outlook

RESIDENCE, BIRTH = "1.004222", "1.001193"
SURE, OPEN = Outlook(0.9, 0.05, 0.05, 0.0), Outlook(0.3, 0.3, 0.4, 0.0)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("còn hộ chiếu thì sao", True),
        ("dạ vậy còn của vợ tui", True),
        ("à mà khai sinh nữa", True),
        ("con khach tay thi sao", True),
        ("sẵn hỏi luôn vụ tạm trú", True),
        ("con mới chuyển về ở với ngoại thì sao ạ", False),
        ("có còn hạn không", False),
        ("hộ chiếu còn hạn thì sao", False),
        ("nộp ở đâu", False),
        ("", False),
    ],
)
def test_how_people_begin_who_turn_to_something_else(said: str, expected: bool) -> None:
    assert turns_away(said) is expected


@pytest.mark.parametrize(
    ("said", "names", "else_", "outcome", "codes"),
    [
        ("còn bé mới đẻ thì sao", 0.2, SURE, "clarify", (BIRTH, RESIDENCE)),
        ("bé mới đẻ thì sao", 0.2, SURE, "answered", (RESIDENCE,)),
        ("còn bé mới đẻ thì sao", 1.0, SURE, "answered", (RESIDENCE,)),  # it is named itself
        ("còn bé mới đẻ thì sao", 0.2, OPEN, "answered", (RESIDENCE,)),  # nothing else is likely
    ],
)
def test_what_may_be_something_else_is_asked(
    session: Session,
    profile: Profile,
    monkeypatch: pytest.MonkeyPatch,
    said: str,
    names: float,
    else_: Outlook,
    outcome: str,
    codes: tuple[str, ...],
) -> None:
    at_hand, other = Hit(RESIDENCE, "Đăng ký thường trú", 0.8, names), Hit(BIRTH, "Đăng ký khai sinh", 0.1, 0.1)

    def find(*_: object, context: Context, **__: object) -> Found:
        return Found((other,), else_) if context.rejected == RESIDENCE else Found((at_hand, other), SURE)

    monkeypatch.setattr(dialogue, "find", find)
    reply, _ = respond(session, Turn(said, "ask_procedure"), State(procedure=RESIDENCE), profile)
    assert reply.outcome == outcome
    assert (reply.candidates or reply.procedures)[: len(codes)] == codes


def test_what_is_one_thing_to_a_citizen_is_no_choice(
    session: Session, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, twin = "1.014061", "2.000200"

    def find(*_: object, context: Context, **__: object) -> Found:
        code = twin if context.rejected == first else first
        return Found((Hit(code, "Cấp thẻ căn cước lần đầu", 0.8, 0.2),), SURE)

    monkeypatch.setattr(dialogue, "find", find)
    reply, _ = respond(session, Turn("còn thằng nhỏ 15 tuổi thì sao", "ask_procedure"), State(procedure=first), profile)
    assert (reply.outcome, reply.procedures[:1]) == ("answered", (first,))
