"""What notices follow from facts: tables of what a citizen knows, how the dossier stands, and what is said."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pytest

from knowledge.dossiers.notices import Due, NoticeKind, due_notices, is_quiet
from knowledge.dossiers.standing import soon_ends
from tests.knowledge.systems import PROFILE, at

FRIDAY = at("2026-11-20T09:00")  # Monday is a working day, Tuesday 24/11 a holiday
STATUS, RESULT, SUPPLEMENT, NEW_DATE, DUE = NoticeKind


@dataclass(frozen=True)
class Known:
    status: int | None = 4
    new_due_at: dt.datetime | None = None
    reminded_for: dt.datetime | None = None
    since: dt.datetime = at("2026-11-16T09:00")
    version: int = 3


@dataclass(frozen=True)
class Stands:
    status: int | None = 4
    due_at: dt.datetime | None = None
    new_due_at: dt.datetime | None = None
    finished_at: dt.datetime | None = None
    returned_at: dt.datetime | None = None


MONDAY, WEDNESDAY, DECEMBER = at("2026-11-23T17:00"), at("2026-11-25T17:00"), at("2026-12-04T17:00")


@pytest.mark.parametrize(
    ("known", "stands", "now", "kinds"),
    [
        ({}, {}, FRIDAY, []),
        ({}, {"status": 2}, FRIDAY, [STATUS]),
        ({}, {"status": 9}, FRIDAY, [RESULT]),
        ({}, {"status": 5}, FRIDAY, [SUPPLEMENT]),
        ({"status": 9}, {"status": 10}, FRIDAY, [STATUS]),
        ({}, {"status": None}, FRIDAY, []),  # a step that nobody could map is no news
        ({"status": None}, {"status": 4}, FRIDAY, [STATUS]),
        ({}, {"due_at": MONDAY}, FRIDAY, [DUE]),
        ({}, {"due_at": MONDAY}, at("2026-11-19T09:00"), []),
        ({}, {"due_at": MONDAY}, MONDAY - dt.timedelta(hours=8), []),  # today is not tomorrow
        ({}, {"due_at": WEDNESDAY}, at("2026-11-23T09:00"), [DUE]),  # the holiday between does not count
        ({}, {"due_at": WEDNESDAY}, FRIDAY, []),
        ({}, {"due_at": MONDAY}, at("2026-11-21T09:00"), [DUE]),  # on Saturday it is still true
        ({"reminded_for": MONDAY}, {"due_at": MONDAY}, FRIDAY, []),
        ({"since": at("2026-11-20T08:00")}, {"due_at": MONDAY}, FRIDAY, []),  # read the date this morning
        ({"status": 5}, {"status": 5, "due_at": MONDAY}, FRIDAY, []),  # the clock is stopped
        ({}, {"due_at": FRIDAY, "new_due_at": DECEMBER}, FRIDAY, [NEW_DATE]),
        ({"new_due_at": DECEMBER}, {"new_due_at": DECEMBER}, FRIDAY, []),
        ({}, {"new_due_at": MONDAY}, FRIDAY, [NEW_DATE]),  # which says that it is the next day
        ({"new_due_at": MONDAY}, {"new_due_at": MONDAY}, FRIDAY, [DUE]),
        ({}, {"new_due_at": at("2026-11-18T17:00")}, FRIDAY, []),  # over before anybody heard of it
        ({"status": 9}, {"status": 9, "new_due_at": DECEMBER}, FRIDAY, []),
        ({"status": 5}, {"status": 4, "new_due_at": DECEMBER}, FRIDAY, [STATUS, NEW_DATE]),
    ],
)
def test_what_is_told(known: dict[str, Any], stands: dict[str, Any], now: dt.datetime, kinds: list[NoticeKind]) -> None:
    found = due_notices(Known(**known), Stands(**stands), now, PROFILE)
    assert [one.kind for one in found] == kinds
    assert all(0 < len(one.fact) <= 40 for one in found)


def test_a_fact_is_the_same_for_everybody_who_finds_it_and_another_later() -> None:
    stands = Stands(status=5)
    first = due_notices(Known(), stands, FRIDAY, PROFILE)
    assert first == due_notices(Known(), stands, FRIDAY + dt.timedelta(hours=1), PROFILE) == (Due(SUPPLEMENT, "5:3"),)
    assert due_notices(Known(version=5), stands, FRIDAY, PROFILE) != first  # asked for once more, weeks later
    (dated,) = due_notices(Known(), Stands(due_at=MONDAY.astimezone(dt.timezone.utc)), FRIDAY, PROFILE)
    assert (dated,) == due_notices(Known(), Stands(due_at=MONDAY), FRIDAY, PROFILE)


@pytest.mark.parametrize(
    ("clock", "quiet"),
    [("19:59", False), ("20:00", True), ("23:59", True), ("00:00", True), ("06:59", True), ("07:00", False)],
)
def test_nobody_is_disturbed_at_night(clock: str, quiet: bool) -> None:
    moment = at(f"2026-11-24T{clock}")  # a holiday is no obstacle
    assert is_quiet(moment.astimezone(dt.timezone.utc), PROFILE) is quiet


def test_what_is_looked_for_reaches_to_the_end_of_the_next_working_day() -> None:
    assert soon_ends(at("2026-11-23T09:00"), PROFILE, 1).isoformat(timespec="minutes") == "2026-11-25T23:59+07:00"
