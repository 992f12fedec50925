"""What a record notes beside a fact is said with it, once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy.orm import Session

from knowledge.answers.compose import Question, answer
from knowledge.notes import ASPECTS_WITH_NOTES, NoteRecord, from_rows, kind_of, kinds
from knowledge.profile import load_profile
from knowledge.records import ProcedureRecord
from knowledge.store import save_record
from knowledge.views import load_view

NOTES = [
    {"about": "time", "text": "Ngày đúng là ngày trên giấy hẹn."},
    {"about": ["elsewhere", "place"], "text": "Làm được ở xã bất kỳ."},
    {"about": "conditions", "text": "Phải làm trong 60 ngày."},
    {"about": "who", "text": "Không được nhờ người khác"},
    "Chỉ cho người giữ dữ liệu.",
]


@pytest.fixture
def said(session: Session, make_record: Callable[..., ProcedureRecord]) -> Callable[..., str]:
    def say(*aspects: str, **changes: Any) -> str:
        record = make_record(**{"notes": NOTES, **changes})
        save_record(session, record, "bundled")
        session.expire_all()
        reply = answer(session, Question(record.code, aspects), load_profile())
        assert reply
        return reply.plain()

    return say


def test_a_note_is_said_with_what_it_is_about_and_with_nothing_else(said: Callable[..., str]) -> None:
    assert "Lưu ý: Ngày đúng là ngày trên giấy hẹn." in said("time")
    for aspect in ("fee", "documents", "steps"):
        assert "Lưu ý" not in said(aspect)


def test_a_note_about_several_is_said_once(said: Callable[..., str]) -> None:
    for asked in (("place",), ("elsewhere",), ("place", "elsewhere")):
        assert said(*asked).count("Làm được ở xã bất kỳ.") == 1


def test_a_note_for_those_who_keep_the_records_is_never_said(said: Callable[..., str]) -> None:
    assert "giữ dữ liệu" not in said("all", *ASPECTS_WITH_NOTES)


def test_nothing_is_denied_that_a_note_says(said: Callable[..., str]) -> None:
    assert "không nêu điều kiện" not in said("conditions")
    assert "Phải làm trong 60 ngày." in said("conditions")
    assert "Lưu ý: Không được nhờ người khác." in said("who")
    assert "chưa có quy định" not in said("who")
    assert "không nêu điều kiện" in said("conditions", notes=[])


@pytest.mark.parametrize("mode", ["online", "post"])
def test_what_is_special_about_a_mode_is_said_with_it(said: Callable[..., str], mode: str) -> None:
    level = {"online_level": "unknown"} if mode == "online" else {}
    special = {"mode": mode, **level, "times": [{"amount": 3, "unit": "day"}], "note": "Chỉ để đặt lịch"}
    assert "Lưu ý: Chỉ để đặt lịch." in said(mode, modes=[special])


def test_notes_come_back_as_they_were_written(session: Session, make_record: Callable[..., ProcedureRecord]) -> None:
    record = make_record(notes=[*NOTES, {"about": "time", "text": "Lại một câu."}])
    assert record.notes[1].about == ("place", "elsewhere")
    assert from_rows([("step", 0, "Một"), *reversed(list(kinds(record.notes)))]) == record.notes
    save_record(session, record, "bundled")
    session.expire_all()
    assert load_view(session, record.code).record.notes == record.notes


def test_a_note_about_something_else_is_refused() -> None:
    with pytest.raises(ValidationError, match="not about weather"):
        NoteRecord(about="weather", text="Trời đẹp.")


def test_every_kind_fits_its_column() -> None:
    assert len({kind_of(aspect) for aspect in ASPECTS_WITH_NOTES}) == len(ASPECTS_WITH_NOTES)
    assert max(len(kind_of(aspect)) for aspect in ASPECTS_WITH_NOTES) <= 10
