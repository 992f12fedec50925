"""Every bundled procedure, asked for papers, fee, time and place, with and without marks.

What is expected is read from the YAML record, not from the database the answer was made from.
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from actions.dialogue import respond
from actions.turn import State, Turn
from knowledge.profile import Profile
from knowledge.records import FeeKind, FeeRecord, ProcedureRecord, TimeUnit, read_records
from knowledge.reply import Reply
from nlu.text import fold
from sqlalchemy.orm import Session

RECORDS = dict(
    (record.code, record)
    for _, record in read_records(Path(__file__).parents[2] / "knowledge" / "data" / "procedures")
)
QUESTIONS = {
    "documents": "{name} cần giấy tờ gì",
    "fee": "{name} hết bao nhiêu tiền",
    "time": "làm {name} mất bao lâu",
    "place": "{name} nộp ở đâu",
}
_MONEY = re.compile(r"(\d{1,3}(?:\.\d{3})+|\d+)\u00a0đ")


def ask(session: Session, profile: Profile, record: ProcedureRecord, aspect: str, marks: bool) -> Reply:
    question = QUESTIONS[aspect].format(name=record.short_name)
    turn = Turn(question if marks else fold(question), "ask_procedure", aspects=(aspect,))
    reply, _ = respond(session, turn, State(), profile)
    assert reply.outcome in ("answered", "unknown_fact"), question
    assert reply.procedures[0] == record.code, question
    return reply


def in_force(record: ProcedureRecord, today: dt.date) -> list[FeeRecord]:
    return [f for f in record.fees if (f.valid_from or today) <= today <= (f.valid_to or today)]


def test_there_are_enough_records() -> None:
    assert len(RECORDS) >= 150


@pytest.mark.parametrize("marks", [True, False], ids=["marks", "no-marks"])
@pytest.mark.parametrize("code", RECORDS)
def test_fee_is_the_records_and_nothing_else(session: Session, profile: Profile, code: str, marks: bool) -> None:
    record, today = RECORDS[code], profile.today()
    reply = ask(session, profile, record, "fee", marks)
    said = {int(amount.replace(".", "")) for amount in _MONEY.findall(reply.plain())}
    now = {fee.amount for fee in in_force(record, today) if fee.kind is FeeKind.AMOUNT}
    later = {fee.amount for fee in record.fees if fee.kind is FeeKind.AMOUNT and (fee.valid_from or today) > today}
    written = {int(a.replace(".", "")) for fee in record.fees for a in re.findall(r"(\d{1,3}(?:\.\d{3})+)", fee.note + fee.rule + fee.case)}
    assert now <= said
    assert said <= now | later | written
    known = any(fee.kind is not FeeKind.UNKNOWN for fee in in_force(record, today))
    assert reply.outcome == ("answered" if known else "unknown_fact")
    if any(fee.kind is FeeKind.FREE for fee in in_force(record, today)):
        assert "không thu phí" in reply.plain()
    elif not known:
        assert "không thu phí" not in reply.plain()


@pytest.mark.parametrize("marks", [True, False], ids=["marks", "no-marks"])
@pytest.mark.parametrize("code", RECORDS)
def test_papers_are_the_records(session: Session, profile: Profile, code: str, marks: bool) -> None:
    record = RECORDS[code]
    reply = ask(session, profile, record, "documents", marks)
    if record.papers is None:
        assert reply.outcome == "unknown_fact"
        return
    said = [item["text"] for bubble in reply.bubbles for block in bubble for item in block.items]
    assert len(said) == len(record.papers)
    for paper in record.papers:
        assert any(line.startswith(paper.name.rstrip(". ;")) for line in said), paper.name


@pytest.mark.parametrize("marks", [True, False], ids=["marks", "no-marks"])
@pytest.mark.parametrize("code", RECORDS)
def test_time_is_the_records(session: Session, profile: Profile, code: str, marks: bool) -> None:
    record = RECORDS[code]
    reply = ask(session, profile, record, "time", marks)
    text = reply.plain()
    times = [time for mode in record.modes for time in mode.times]
    for time in times:
        if time.unit is TimeUnit.WORKING_DAY:
            assert f"{time.max_amount or time.amount} ngày làm việc" in text
        elif time.unit is TimeUnit.SAME_DAY:
            assert "trong ngày" in text
    if not any(time.unit is not TimeUnit.UNKNOWN or time.note for time in times):
        assert reply.outcome == "unknown_fact"
        assert not re.search(r"\d+ (ngày|giờ|tháng)", text.split("Mã thủ tục")[0])


@pytest.mark.parametrize("marks", [True, False], ids=["marks", "no-marks"])
@pytest.mark.parametrize("code", RECORDS)
def test_place_is_the_records(session: Session, profile: Profile, code: str, marks: bool) -> None:
    record = RECORDS[code]
    text = ask(session, profile, record, "place", marks).plain()
    assert (record.agency.where or record.agency.name).rstrip(".") in text
    assert f"Mã thủ tục {code}" in text
    assert f"{record.source.checked_on:%d/%m/%Y}" in text


@pytest.mark.parametrize("code", RECORDS)
def test_no_bubble_is_long(session: Session, profile: Profile, code: str) -> None:
    for aspect in QUESTIONS:
        for bubble in ask(session, profile, RECORDS[code], aspect, True).bubbles:
            longest = max(len(block.plain().split()) for block in bubble if block.kind != "source")
            assert sum(len(b.plain().split()) for b in bubble if b.kind != "source") <= max(120, longest)
