"""Demo dossiers: every status, provable, never beside real ones."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from knowledge.demo import seed
from knowledge.dossiers.codes import find_codes
from knowledge.dossiers.table import find_proven
from knowledge.errors import KnowledgeError
from knowledge.models import Dossier, DossierEvent
from knowledge.profile import load_profile
from knowledge.proof import seal

KEY = b"a key of at least sixteen"
TODAY = dt.date(2026, 11, 23)


def plant(session):
    return list(seed(session, load_profile("lam-dong"), KEY, TODAY))


def test_every_national_status_is_there_and_seeding_twice_adds_nothing(session):
    lines = plant(session)
    assert plant(session) == lines
    dossiers = session.scalars(sa.select(Dossier)).all()
    assert len(dossiers) == len(lines)
    assert {dossier.status for dossier in dossiers} == set(range(1, 11))
    assert {dossier.source for dossier in dossiers} == {"demo"}
    assert session.scalar(sa.select(sa.func.count()).select_from(DossierEvent)) >= len(dossiers)


def test_codes_are_of_both_shapes_and_recognised(session):
    codes = [line.split()[0] for line in plant(session)]
    assert all(find_codes(code) == [code] for code in codes)
    assert any(code.startswith("000.") for code in codes)
    assert any(code.startswith("H36.") for code in codes)


def test_one_is_overdue_and_one_running_dossier_has_no_day(session):
    plant(session)
    now = dt.datetime.combine(TODAY, dt.time(12), dt.timezone.utc)
    running = session.scalars(sa.select(Dossier).where(Dossier.status.in_([2, 4]))).all()
    assert [one.code for one in running if (one.new_due_at or one.due_at or now) < now] == ["000.15.H36-261110-0042"]
    assert [one.code for one in running if one.due_at is None] == ["H36.00-20261118-0000044"]


@pytest.mark.parametrize(("digits", "found"), [("1234", True), ("5678", True), ("0000", False)])
def test_the_printed_digits_prove_and_others_do_not(session, digits, found):
    plant(session)
    dossier = find_proven(session, "000.15.h36-261110-42", seal(digits, KEY), KEY)
    assert (dossier is not None) is found


def test_the_digits_are_not_kept(session, database_url):
    plant(session)
    session.commit()
    stored = " ".join(str(value) for row in session.execute(sa.select(Dossier.__table__)) for value in row)
    assert " 1234 " not in f" {stored} "
    assert " 5678 " not in f" {stored} "


def test_real_dossiers_are_never_mixed_with_demo_ones(session):
    session.add(Dossier(code="H36.1-20260101-1", procedure_name="x", source="igate"))
    session.flush()
    with pytest.raises(KnowledgeError, match="1 real dossiers"):
        plant(session)
