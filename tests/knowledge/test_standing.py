"""Sixty dossiers over all statuses: in time, soon, overdue by how many working days, stopped, done."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from knowledge.deadlines import due_soon, overdue, standing
from knowledge.dossiers.standing import CLOCKS, Clock
from knowledge.models import Dossier
from knowledge.profile import load_profile

PROFILE = load_profile("lam-dong")
NOW = "23/11/2026 10:00"  # a Monday; Tuesday 24/11 is a holiday


def at(text: str) -> dt.datetime | None:
    """Read dd/mm/yyyy HH:MM; without a clock the end of the offices' day."""
    if not text:
        return None
    whole = text if ":" in text else f"{text} 17:00"
    return dt.datetime.strptime(whole, "%d/%m/%Y %H:%M").replace(tzinfo=PROFILE.time_zone)


# status, due, new due, finished, returned, now, how it stands, working days
TABLE = [
    (1, "", "", "", "", NOW, "not_started", 0),
    (1, "20/11/2026", "", "", "", NOW, "not_started", 0),
    (2, "27/11/2026", "", "", "", NOW, "in_time", 3),
    (2, "26/11/2026", "", "", "", NOW, "due_soon", 2),
    (2, "25/11/2026", "", "", "", NOW, "due_soon", 1),
    (2, "24/11/2026", "", "", "", NOW, "due_soon", 0),  # a system may promise a holiday
    (2, "23/11/2026", "", "", "", NOW, "due_soon", 0),
    (2, "23/11/2026 09:59", "", "", "", NOW, "overdue", 0),  # the hour is past, no whole day is
    (2, "23/11/2026 10:00", "", "", "", NOW, "due_soon", 0),
    (2, "20/11/2026", "", "", "", NOW, "overdue", 1),
    (2, "20/11/2026", "", "", "", "21/11/2026 09:00", "overdue", 0),  # Saturday
    (2, "20/11/2026", "", "", "", "20/11/2026 17:01", "overdue", 0),
    (2, "20/11/2026", "", "", "", "20/11/2026 17:00", "due_soon", 0),
    (2, "", "", "", "", NOW, "no_date", 0),
    (3, "", "", "", "", NOW, "closed", 0),
    (3, "20/11/2026", "", "20/11/2026", "", NOW, "closed", 0),
    (4, "01/12/2026", "", "", "", NOW, "in_time", 5),
    (4, "25/12/2026", "", "", "", NOW, "in_time", 23),
    (4, "19/11/2026", "", "", "", NOW, "overdue", 2),
    (4, "13/11/2026", "", "", "", NOW, "overdue", 6),
    (4, "23/11/2026", "", "", "", "25/11/2026 09:00", "overdue", 1),  # 24/11 does not count
    (4, "20/11/2026", "", "", "", "26/11/2026 09:00", "overdue", 3),
    (4, "20/11/2026", "27/11/2026", "", "", NOW, "in_time", 3),  # the new date wins
    (4, "20/11/2026", "25/11/2026", "", "", NOW, "due_soon", 1),
    (4, "13/11/2026", "20/11/2026", "", "", NOW, "overdue", 1),
    (4, "27/11/2026", "20/11/2026", "", "", NOW, "overdue", 1),  # even an earlier one
    (4, "", "27/11/2026", "", "", NOW, "in_time", 3),
    (4, "", "", "", "", NOW, "no_date", 0),
    (4, "13/02/2026", "", "", "", "23/02/2026 09:00", "overdue", 1),  # over Tết 2026
    (4, "12/02/2026", "", "", "", "24/02/2026 09:00", "overdue", 3),
    (4, "24/02/2026", "", "", "", "13/02/2026 09:00", "due_soon", 2),  # and towards it
    (4, "03/02/2027", "", "", "", "12/02/2027 09:00", "overdue", 2),  # Tết 2027, provisional
    (4, "21/08/2026", "", "", "", "24/08/2026 09:00", "overdue", 2),  # Saturday 22/8 is worked
    (4, "21/08/2026", "", "", "", "22/08/2026 09:00", "overdue", 1),
    (4, "28/08/2026", "", "", "", "03/09/2026 09:00", "overdue", 1),  # 31/8 to 2/9 are off
    (4, "30/12/2026", "", "", "", "05/01/2027 09:00", "overdue", 3),
    (4, "21/12/2023", "", "", "", "28/12/2023 09:00", "overdue", 5),
    (5, "20/11/2026", "", "", "", NOW, "stopped", 0),  # the citizen's time is not the office's
    (5, "27/11/2026", "", "", "", NOW, "stopped", 0),
    (5, "", "", "", "", NOW, "stopped", 0),
    (6, "20/11/2026", "", "", "", NOW, "stopped", 0),
    (6, "20/11/2026", "21/11/2026", "", "", NOW, "stopped", 0),
    (7, "20/11/2026", "", "", "", NOW, "closed", 0),
    (7, "", "", "", "", NOW, "closed", 0),
    (8, "20/11/2026", "", "20/11/2026", "", NOW, "closed", 0),
    (8, "20/11/2026", "", "", "", NOW, "closed", 0),
    (9, "20/11/2026", "", "19/11/2026", "", NOW, "early", 0),
    (9, "20/11/2026", "", "20/11/2026 16:00", "", NOW, "on_time", 0),
    (9, "20/11/2026", "", "20/11/2026", "", NOW, "on_time", 0),
    (9, "20/11/2026", "", "20/11/2026 17:30", "", NOW, "late", 0),
    (9, "20/11/2026", "", "23/11/2026 08:00", "", NOW, "late", 1),
    (9, "13/11/2026", "", "12/11/2026", "", "30/11/2026 09:00", "early", 0),  # nobody collected it: not late
    (9, "13/11/2026", "20/11/2026", "18/11/2026", "", NOW, "early", 0),
    (9, "20/11/2026", "", "", "", NOW, "done", 0),
    (9, "", "", "20/11/2026", "", NOW, "done", 0),
    (10, "20/11/2026", "", "19/11/2026", "23/11/2026 09:00", NOW, "early", 0),  # finished comes first
    (10, "20/11/2026", "", "", "23/11/2026 09:00", NOW, "late", 1),
    (10, "20/11/2026", "", "", "20/11/2026 08:00", NOW, "on_time", 0),
    (10, "", "", "", "", NOW, "done", 0),
    (None, "20/11/2026", "", "", "", NOW, "unknown", 0),  # an unknown step may be any
    (None, "", "", "", "", NOW, "unknown", 0),
    (11, "20/11/2026", "", "", "", NOW, "unknown", 0),  # as a third team's list has it
]


def dossier(row: tuple) -> Dossier:
    status, due, new_due, finished, returned = row[:5]
    return Dossier(
        code=f"H36.15-20261101-{TABLE.index(row):07d}",
        procedure_name="x",
        source="own",
        status=status,
        due_at=at(due),
        new_due_at=at(new_due),
        finished_at=at(finished),
        returned_at=at(returned),
    )


def test_the_table_has_sixty_and_every_status() -> None:
    assert len(TABLE) >= 60
    assert {row[0] for row in TABLE} >= set(CLOCKS)


@pytest.mark.parametrize("row", TABLE)
def test_how_a_dossier_stands(row: tuple) -> None:
    found = standing(dossier(row), at(row[5]), PROFILE)
    assert (found.kind.value, found.days) == row[6:]


def test_the_scans_find_what_the_table_says(session: Session) -> None:
    rows = [row for row in TABLE if row[5] == NOW]
    session.add_all(dossier(row) for row in rows)
    session.flush()
    now = at(NOW)
    late, soon = list(overdue(session, now, PROFILE)), list(due_soon(session, now, PROFILE))
    expected = {kind: sorted(row[7] for row in rows if row[6] == kind) for kind in ("overdue", "due_soon")}
    assert sorted(one.days for one in late) == expected["overdue"]
    assert sorted(one.days for one in soon) == expected["due_soon"]
    assert [one.due for one in late] == sorted(one.due for one in late)
    counted = Counter(CLOCKS.get(session.get(Dossier, one.id).status) for one in (*late, *soon))
    assert set(counted) == {Clock.RUNS}


def test_the_scans_take_the_served_province_by_themselves(session: Session) -> None:
    assert list(overdue(session, at(NOW))) == list(due_soon(session, at(NOW))) == []
    assert session.scalar(sa.select(sa.func.count()).select_from(Dossier)) == 0
