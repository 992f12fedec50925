"""Every bundled procedure, asked for papers, fee, time and place, with and without marks.

What is expected is read from the YAML record, not from the database the answer was made from.
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from actions.dialogue import respond
from actions.turn import State, Turn
from knowledge.profile import Profile
from knowledge.records import FeeKind, FeeRecord, ProcedureRecord, TimeUnit, read_records
from knowledge.reply import Reply
from nlu.text import fold

FOLDER = Path(__file__).parents[2] / "knowledge" / "data" / "procedures"
RECORDS = {record.code: record for _, record in read_records(FOLDER)}
QUESTIONS = {
    "documents": "{name} cần giấy tờ gì",
    "fee": "{name} hết bao nhiêu tiền",
    "time": "làm {name} mất bao lâu",
    "place": "{name} nộp ở đâu",
}
_MONEY = re.compile(r"(\d{1,3}(?:\.\d{3})+|\d+)\u00a0đ")
_WRITTEN = re.compile(r"\d{1,3}(?:\.\d{3})+")


def test_there_are_enough_records() -> None:
    assert len(RECORDS) >= 150


@pytest.mark.parametrize("code", RECORDS)
def test_answers_are_the_records_and_nothing_else(session: Session, profile: Profile, code: str) -> None:
    record = RECORDS[code]
    for marks in (True, False):
        documents, fee, time, place = (ask(session, profile, record, aspect, marks) for aspect in QUESTIONS)
        papers_are_the_records(record, documents)
        fee_is_the_records(record, fee, profile.today())
        time_is_the_records(record, time)
        place_is_the_records(record, place)
        no_bubble_is_long(documents, fee, time, place)


def ask(session: Session, profile: Profile, record: ProcedureRecord, aspect: str, marks: bool) -> Reply:
    question = QUESTIONS[aspect].format(name=record.short_name)
    turn = Turn(question if marks else fold(question), "ask_procedure", aspects=(aspect,))
    reply, _ = respond(session, turn, State(), profile)
    assert reply.outcome in ("answered", "unknown_fact"), question
    assert reply.procedures[0] == record.code, question
    return reply


def papers_are_the_records(record: ProcedureRecord, reply: Reply) -> None:
    if record.papers is None:
        assert reply.outcome == "unknown_fact"
        return
    said = [item["text"] for bubble in reply.bubbles for block in bubble for item in block.items]
    assert len(said) == len(record.papers)
    for paper in record.papers:
        assert any(line.startswith(paper.name.rstrip(". ;")) for line in said), paper.name


def fee_is_the_records(record: ProcedureRecord, reply: Reply, today: dt.date) -> None:
    said = {int(amount.replace(".", "")) for amount in _MONEY.findall(reply.plain())}
    lines = in_force(record, today)
    now = {fee.amount for fee in lines if fee.kind is FeeKind.AMOUNT}
    later = {fee.amount for fee in record.fees if fee.kind is FeeKind.AMOUNT and (fee.valid_from or today) > today}
    words = " ".join(f"{fee.note} {fee.rule} {fee.case}" for fee in record.fees)
    assert now <= said <= now | later | {int(a.replace(".", "")) for a in _WRITTEN.findall(words)}
    known = any(fee.kind is not FeeKind.UNKNOWN for fee in lines)
    assert reply.outcome == ("answered" if known else "unknown_fact")
    if any(fee.kind is FeeKind.FREE for fee in lines):
        assert "không thu phí" in reply.plain()
    elif not known:
        assert "không thu phí" not in reply.plain()


def in_force(record: ProcedureRecord, today: dt.date) -> list[FeeRecord]:
    return [fee for fee in record.fees if (fee.valid_from or today) <= today <= (fee.valid_to or today)]


def time_is_the_records(record: ProcedureRecord, reply: Reply) -> None:
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


def place_is_the_records(record: ProcedureRecord, reply: Reply) -> None:
    text = reply.plain()
    assert (record.agency.where or record.agency.name).rstrip(".") in text
    assert f"Mã thủ tục {record.code}" in text
    assert f"{record.source.checked_on:%d/%m/%Y}" in text


def no_bubble_is_long(*replies: Reply) -> None:
    """At most 120 words, unless one single sentence of a record is longer."""
    for bubble in (bubble for reply in replies for bubble in reply.bubbles):
        sizes = [len(block.plain().split()) for block in bubble if block.kind != "source"]
        assert sum(sizes) <= max(120, *sizes)
