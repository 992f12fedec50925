"""When a result may be expected: working days across Tết, 24/11, make-up Saturdays; hours; the 15:00 rule."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from knowledge.calendar import calendar_of
from knowledge.deadlines import DateRefused, Estimate, estimate, new_date, proposed
from knowledge.profile import Profile, load_profile
from knowledge.records import TimeUnit

PROFILE = load_profile("lam-dong")
WORKING, DAY, HOUR, MONTH = TimeUnit.WORKING_DAY, TimeUnit.DAY, TimeUnit.HOUR, TimeUnit.MONTH
SAME_DAY, AT_ONCE = TimeUnit.SAME_DAY, TimeUnit.IMMEDIATE


def at(text: str) -> dt.datetime:
    return dt.datetime.strptime(text, "%d/%m/%Y %H:%M").replace(tzinfo=PROFILE.time_zone)


def made(filed: str, amount: float | None, unit: TimeUnit, profile: Profile = PROFILE) -> Estimate:
    found = estimate(amount, unit, at(filed), profile)
    assert found is not None
    return found


TABLE = [
    # plain weeks, and the days around them
    ("21/12/2023 09:00", 5, WORKING, "28/12/2023 17:00"),
    ("20/11/2026 09:00", 3, WORKING, "26/11/2026 17:00"),  # 24/11 is a holiday from 2026
    ("23/11/2026 09:00", 1, WORKING, "25/11/2026 17:00"),
    ("20/11/2025 09:00", 3, WORKING, "25/11/2025 17:00"),  # and was none before
    ("20/08/2026 09:00", 3, WORKING, "24/08/2026 17:00"),  # Saturday 22/8 is worked
    ("28/08/2026 09:00", 1, WORKING, "03/09/2026 17:00"),  # 31/8 in its place, 1 and 2/9 are holidays
    ("30/12/2026 09:00", 3, WORKING, "05/01/2027 17:00"),
    ("01/02/2027 09:00", 5, WORKING, "15/02/2027 17:00"),  # Tết 2027, provisional
    ("13/02/2026 09:00", 1, WORKING, "23/02/2026 17:00"),  # Tết 2026
    ("29/04/2026 09:00", 1, WORKING, "04/05/2026 17:00"),
    ("25/04/2025 09:00", 3, WORKING, "29/04/2025 17:00"),  # Saturday 26/4/2025 is worked
    ("29/04/2025 09:00", 1, WORKING, "05/05/2025 17:00"),  # 2/5/2025 is not
    # out of hours: received when offices open next, counted from the day after that
    ("19/11/2026 17:01", 1, WORKING, "23/11/2026 17:00"),
    ("20/11/2026 16:59", 1, WORKING, "23/11/2026 17:00"),
    ("20/11/2026 17:00", 1, WORKING, "25/11/2026 17:00"),  # Friday evening is Monday morning
    ("21/11/2026 10:00", 1, WORKING, "25/11/2026 17:00"),  # so is Saturday
    ("22/08/2026 10:00", 1, WORKING, "24/08/2026 17:00"),  # but not a Saturday that is worked
    ("24/11/2026 10:00", 1, WORKING, "26/11/2026 17:00"),  # a holiday is the morning after
    ("19/11/2026 12:00", 1, WORKING, "20/11/2026 17:00"),  # lunch is 13:30 of the same day
    ("19/11/2026 06:00", 1, WORKING, "20/11/2026 17:00"),
    # calendar days and months: the end moves off days off
    ("18/11/2026 09:00", 3, DAY, "23/11/2026 17:00"),  # Saturday
    ("21/11/2026 09:00", 1, DAY, "25/11/2026 17:00"),  # received on Monday; Tuesday is a holiday
    ("19/08/2026 09:00", 3, DAY, "22/08/2026 17:00"),  # a Saturday that is worked
    ("18/11/2026 09:00", 30, DAY, "18/12/2026 17:00"),
    ("31/10/2026 09:00", 1, MONTH, "02/12/2026 17:00"),  # received on Monday 2/11
    ("30/01/2026 09:00", 1, MONTH, "02/03/2026 17:00"),  # 28/2 is a Saturday
    ("18/11/2026 09:00", 3, MONTH, "18/02/2027 17:00"),
    # hours and parts of a day: only office hours count, from receipt itself
    ("18/11/2026 09:00", 2, HOUR, "18/11/2026 11:00"),
    ("18/11/2026 10:30", 2, HOUR, "18/11/2026 14:30"),  # over lunch
    ("18/11/2026 16:00", 4, HOUR, "19/11/2026 10:00"),
    ("23/11/2026 16:00", 8, HOUR, "25/11/2026 16:00"),  # over 24/11
    ("20/11/2026 16:30", 24, HOUR, "26/11/2026 16:30"),
    ("18/11/2026 09:00", 0.5, WORKING, "18/11/2026 15:00"),
    ("18/11/2026 14:00", 0.5, WORKING, "19/11/2026 08:00"),
    ("20/11/2026 14:00", 1.5, WORKING, "25/11/2026 08:00"),
    # the 15:00 rule is of same-day procedures alone
    ("18/11/2026 09:00", None, SAME_DAY, "18/11/2026 17:00"),
    ("18/11/2026 15:00", None, SAME_DAY, "18/11/2026 17:00"),
    ("18/11/2026 15:01", None, SAME_DAY, "19/11/2026 17:00"),
    ("20/11/2026 15:01", None, SAME_DAY, "23/11/2026 17:00"),
    ("23/11/2026 15:01", None, SAME_DAY, "25/11/2026 17:00"),
    ("21/08/2026 15:01", None, SAME_DAY, "22/08/2026 17:00"),  # the Saturday is worked
    ("18/11/2026 17:30", None, SAME_DAY, "19/11/2026 17:00"),
    ("18/11/2026 15:01", 3, WORKING, "23/11/2026 17:00"),
    ("18/11/2026 10:00", None, AT_ONCE, "18/11/2026 10:00"),
    ("18/11/2026 18:00", None, AT_ONCE, "19/11/2026 07:00"),
]


@pytest.mark.parametrize(("filed", "amount", "unit", "due"), TABLE)
def test_when_a_result_may_be_expected(filed: str, amount: float | None, unit: TimeUnit, due: str) -> None:
    assert made(filed, amount, unit).due == at(due)


@pytest.mark.parametrize(
    ("filed", "amount", "unit", "skipped", "made_up", "provisional"),
    [
        ("20/11/2026 09:00", 3, WORKING, ["24/11"], [], False),
        ("18/11/2026 09:00", 2, WORKING, [], [], False),
        ("20/08/2026 09:00", 3, WORKING, [], ["22/08"], False),
        ("28/08/2026 09:00", 1, WORKING, ["31/08", "01/09", "02/09"], [], False),
        ("30/12/2026 09:00", 3, WORKING, ["01/01"], [], True),
        ("01/02/2027 09:00", 5, WORKING, ["04/02", "05/02", "08/02", "09/02", "10/02"], [], True),
        ("24/11/2026 10:00", 1, WORKING, ["24/11"], [], False),  # filed on the holiday itself
        ("18/11/2026 09:00", 10, DAY, [], [], False),  # days off within calendar days do count
        ("21/11/2026 09:00", 1, DAY, ["24/11"], [], False),
        ("23/11/2026 15:30", None, SAME_DAY, ["24/11"], [], False),
        ("31/12/2025 09:00", 1, WORKING, ["01/01", "02/01"], [], True),  # the swap is not confirmed
    ],
)
def test_what_was_skipped_is_known(
    filed: str, amount: float | None, unit: TimeUnit, skipped: list[str], made_up: list[str], provisional: bool
) -> None:
    found = made(filed, amount, unit)
    assert [f"{day.date:%d/%m}" for day in found.skipped] == skipped
    assert [f"{day:%d/%m}" for day in found.made_up] == made_up
    assert found.provisional is provisional


def test_a_limit_without_a_unit_gives_no_day() -> None:
    assert estimate(3, TimeUnit.UNKNOWN, at("18/11/2026 09:00"), PROFILE) is None


def test_a_desk_that_opens_on_saturday_receives_then_but_works_on_monday() -> None:
    police = replace(PROFILE, saturday=((dt.time(7), dt.time(11, 30)),))
    assert made("21/11/2026 10:00", 1, WORKING, police).due == at("23/11/2026 17:00")
    assert made("21/11/2026 12:00", 1, WORKING, police).due == at("25/11/2026 17:00")
    assert made("21/11/2026 10:00", 2, HOUR, police).due == at("23/11/2026 09:00")


def test_a_half_day_is_a_working_day_that_ends_at_noon(tmp_path: Path) -> None:
    folder = tmp_path / "half"
    shutil.copytree(PROFILE.folder, folder)
    with (folder / "calendar.yml").open("a", encoding="utf-8") as file:
        file.write("  - {date: 2026-12-31, kind: half, name: x, source: y, decided: true}\n")
    half = replace(PROFILE, folder=folder)
    assert made("30/12/2026 09:00", 1, WORKING, half).due == at("31/12/2026 11:30")
    assert made("31/12/2026 10:30", 2, HOUR, half).due == at("04/01/2027 08:00")
    assert made("31/12/2026 13:30", 1, WORKING, half).due == at("05/01/2027 17:00")
    assert calendar_of(half).is_working_day(dt.date(2026, 12, 31))


def test_a_moment_of_another_zone_is_the_same_moment() -> None:
    utc = at("20/11/2026 16:59").astimezone(dt.timezone.utc)
    found = estimate(1, WORKING, utc, PROFILE)
    assert found is not None and found.due == at("23/11/2026 17:00")


@pytest.mark.parametrize(
    ("day", "promised", "found"),
    [
        ("25/11/2026", "20/11/2026 17:00", "25/11/2026 17:00"),
        ("23/11/2026", "20/11/2026 17:00", "past"),
        ("20/11/2026", "20/11/2026 17:00", "past"),
        ("24/11/2026", "20/11/2026 17:00", "day_off"),  # a holiday
        ("28/11/2026", "20/11/2026 17:00", "day_off"),  # a Saturday
        ("25/11/2026", "25/11/2026 17:00", "not_later"),
        ("26/11/2026", "25/11/2026 17:00", "26/11/2026 17:00"),
        ("20/11/2028", "20/11/2026 17:00", "too_far"),
    ],
)
def test_a_new_date_is_a_working_day_to_come(day: str, promised: str, found: str) -> None:
    now, wanted = at("23/11/2026 10:00"), at(f"{day} 00:00").date()
    try:
        assert new_date(wanted, at(promised), now, PROFILE) == at(found)
    except DateRefused as refused:
        assert str(refused) == found


@pytest.mark.parametrize(("promised", "day"), [("20/11/2026 17:00", 27), ("26/11/2026 17:00", 1)])
def test_days_are_proposed_from_today_or_from_a_promise_that_is_to_come(promised: str, day: int) -> None:
    assert proposed(3, at(promised), at("23/11/2026 10:00"), PROFILE).day == day
