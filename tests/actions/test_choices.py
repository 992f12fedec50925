"""The open questions: every option is a procedure of the records, and nothing said beyond them asks."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from knowledge.models import Procedure
from knowledge.search.decide import load_choices, open_choice
from knowledge.search.features import load_wording
from nlu.text import fold


def test_options_are_in_the_records(session: Session) -> None:
    known = set(session.scalars(sa.select(Procedure.code)))
    offered = {option.code for choice in load_choices() for option in choice.options}
    assert len(offered) > 50
    assert offered <= known
    assert all(2 <= len(choice.options) <= 4 for choice in load_choices())


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("sổ đỏ cần giấy gì", True),
        ("sang tên sổ đỏ", False),
        ("giấy khai sinh của tôi hư rồi", True),
        ("làm giấy khai sinh mất bao nhiêu tiền", False),
        ("trợ cấp xin ở đâu", True),
        ("trợ cấp thất nghiệp xin ở đâu", False),
        ("công chứng ở xã được không", False),
        ("cho em hỏi hộ khẩu", True),
    ],
)
def test_open_questions(said: str, asked: bool) -> None:
    for text in (said, fold(said)):
        assert (open_choice(text, load_choices(), load_wording()) is not None) is asked
