"""What citizens were told of their waiting is set against how long they really waited."""

from __future__ import annotations

import datetime as dt
import hashlib
import json

import pytest

from benchmarks.load.judging import texts, without
from benchmarks.load.notices import Promise, Told, Wait, judge
from benchmarks.load.sender import Sent, signed

START = dt.datetime(2026, 1, 5, 8, 0, tzinfo=dt.timezone.utc)


def at(seconds: float) -> dt.datetime:
    return START + dt.timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("spans", "notices", "waits", "promises"),
    [
        ([(0, 5)], [], (), ()),
        ([(0, 100)], [], (Wait(100.0, None),), ()),
        ([(0, 100)], [(15, "khoảng 2 phút")], (Wait(100.0, 15.0),), (Promise(2, 85 / 60),)),
        ([(0, 100)], [(15, "lượt thứ 9")], (Wait(100.0, 15.0),), (Promise(None, 85 / 60),)),
        ([(0, 100), (20, 300)], [(15, "khoảng 1 phút")], (Wait(280.0, 0.0),), (Promise(1, 85 / 60),)),
        ([(0, 100)], [(120, "khoảng 1 phút")], (Wait(100.0, None),), ()),
    ],
    ids="short, silent, told, only a place, told before, too late".split(", "),
)
def test_waits_and_promises(
    spans: list[tuple[int, int]],
    notices: list[tuple[int, str]],
    waits: tuple[Wait, ...],
    promises: tuple[Promise, ...],
) -> None:
    found = judge(
        {"c": [(at(came), at(finished)) for came, finished in spans]},
        {"c": [(at(moment), f"Em sẽ trả lời {text}.") for moment, text in notices]},
    )
    assert found == Told(waits, promises)


@pytest.mark.parametrize(
    ("said", "real", "is_true"),
    [(2, 1.0, True), (2, 3.0, True), (2, 3.1, False), (20, 25.0, True), (20, 25.1, False), (None, 1.0, False)],
)
def test_a_promise_holds_a_minute_or_a_quarter_longer(said: int | None, real: float, is_true: bool) -> None:
    assert Promise(said, real).is_true is is_true


def test_who_was_told_at_all_and_who_in_time() -> None:
    found = Told((Wait(100.0, 30.0), Wait(100.0, 31.0), Wait(100.0, None)), ())
    assert (found.reached, found.in_time, found.told_after(0.5)) == (2, 1, 30.0)


def test_a_notice_may_come_once() -> None:
    assert without(["a", "wait", "b", "wait"], ["wait"]) == ["a", "b", "wait"]


def test_only_what_was_taken_counts_as_written() -> None:
    assert texts([Sent(1, 0, "a", 0.0, taken=5.0), Sent(1, 1, "b", 0.0)]) == ["a"]


def test_a_webhook_is_signed_over_its_own_bytes() -> None:
    body, headers = signed(Sent(3, 1, "hỏi", 0.0), 1732240000000)
    event = json.loads(body)
    assert (event["message"], event["timestamp"]) == ({"text": "hỏi", "msg_id": "in-3-1"}, "1732240000000")
    whole = event["app_id"].encode() + body + b"1732240000000" + b"oa-secret"
    assert headers["X-ZEvent-Signature"] == f"mac={hashlib.sha256(whole).hexdigest()}"
