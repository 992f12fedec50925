"""What citizens take for granted is about procedures of the records."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from knowledge.models import Procedure
from knowledge.search.habits import load_habits


def test_codes_are_in_the_records(session: Session) -> None:
    known, habits = set(session.scalars(sa.select(Procedure.code))), load_habits()
    assert len(habits.daily) > 50
    assert habits.daily <= known
    assert {code for codes in habits.same for code in codes} <= known


def test_nobody_is_of_two_kinds() -> None:
    codes = [code for same in load_habits().same for code in same]
    assert len(codes) == len(set(codes))
    assert all(len(same) > 1 for same in load_habits().same)
