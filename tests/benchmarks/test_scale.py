"""What places need follows from what was measured and from the assumptions, and a page tells what was measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.load.costs import PROGRAMS, REST, Found, kept, row
from benchmarks.load.needs import PLACES, Place, limits, need
from benchmarks.load.queueing import Point
from benchmarks.scale import DOCUMENT, _page, filled

FOUND = Found(
    (Point(1, 10.0, 0.1), Point(8, 19.5, 0.41), Point(32, 20.0, 1.6)),
    {"front server": 30.0, "Rasa": 25.0, "action server": 10.0, REST: 15.0},
    {"front server": 200.0, "Rasa": 700.0, "action server": 400.0},
    2,
)


def test_the_peak_follows_from_how_many_ask() -> None:
    assert Place("here", 3.9e6).peak == pytest.approx(3.9e6 * 0.5 * 5 / 250 * 0.15 / 3600 * 2)
    assert Place("here", 3.9e6, 10.0).peak == pytest.approx(10 * Place("here", 3.9e6).peak)


def test_more_people_never_need_less_and_two_of_each_are_the_least() -> None:
    needs = [need(place, FOUND) for place in sorted(PLACES, key=lambda place: place.peak)]
    assert need(Place("a village", 1000.0), FOUND).programs == dict.fromkeys(PROGRAMS.values(), 2)
    for name in PROGRAMS.values():
        counts = [one.programs[name] for one in needs]
        assert counts == sorted(counts)
    assert [one.machines for one in needs] == sorted(one.machines for one in needs)
    assert all(one.dollars == 25 * one.machines for one in needs)


def test_what_breaks_first_stands_first() -> None:
    found = limits(FOUND, acknowledged=150.0)
    assert [rate for _, rate in found] == sorted(rate for _, rate in found)
    assert dict(found)["One Rasa: one core"] == pytest.approx(40.0)


def test_the_model_knows_the_first_point_and_ends_at_the_cores() -> None:
    assert FOUND.model(1).seconds == pytest.approx(FOUND.points[0].seconds)
    assert FOUND.model(32).rate == pytest.approx(2 / 0.08)


def test_a_page_is_read_back() -> None:
    again = kept("\n".join(_page(FOUND, "abc")))
    assert again == FOUND


@pytest.mark.parametrize(
    ("page", "starts", "column"),
    [("turns.md", ["one dialogue at a time, median, ms"], 2), ("channels.md", ["zalo", "4"], 3)],
)
def test_pages_of_other_benchmarks_have_what_is_read(page: str, starts: list[str], column: int) -> None:
    assert float(row((Path("benchmarks") / page).read_text(encoding="utf-8"), *starts)[column]) > 0


def test_a_row_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match="no table has a row zalo"):
        row("| telegram | 1 |", "zalo")


def test_the_document_is_filled_between_its_marks_alone_and_again() -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    once = filled(document, ["| a |"])
    assert filled(filled(document, ["| b |"]), ["| a |"]) == once
    assert once.startswith(document.partition("<!--")[0]) and once.endswith(document.rpartition("-->")[2])


def test_a_document_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no"):
        filled("# A page", [])
