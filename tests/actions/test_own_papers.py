"""The papers for one's own case: few questions, each only where it makes a difference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.orm import Session, sessionmaker

from actions import actions, own_papers
from knowledge.answers import Question, answer
from knowledge.answers.checklist import own_checklist
from knowledge.profile import Profile
from knowledge.records import read_records
from knowledge.reply import Reply
from tests.actions.test_every_procedure import FOLDER

BIRTH = "1.001193"
RECORDS = {record.code: record for _, record in read_records(FOLDER)}
Ask = Callable[..., Reply]


@pytest.fixture
def ask(session: Session, profile: Profile) -> Ask:
    def ask(code: str = BIRTH, **answers: str) -> Reply:
        reply = own_checklist(session, code, answers, profile)
        assert reply is not None
        return reply

    return ask


def answers_of(reply: Reply) -> list[tuple[str, str]]:
    return [(button.title, button.entities["answers"][-1]) for button in reply.buttons]


def test_three_questions_and_then_the_checklist(ask: Ask) -> None:
    assert answers_of(ask()) == [("Tự đi nộp", "filer:self"), ("Nhờ người khác", "filer:other")]
    second = ask(filer="self")
    assert [title for title, _ in answers_of(second)] == ["Trực tiếp", "Trực tuyến", "Bưu điện"]
    assert second.buttons[1].entities == {"procedure": BIRTH, "answers": ["filer:self", "mode:online"]}
    third = ask(filer="self", mode="online")
    assert [title for title, _ in answers_of(third)][-1] == "Không trường hợp nào"
    assert ask(filer="self", mode="online", case="none").outcome == "answered"


@pytest.mark.parametrize(
    ("answers", "there", "absent"),
    [
        (
            {"filer": "self", "mode": "in_person", "case": "none"},
            ["Giấy chứng sinh"],
            ["ủy quyền", "bỏ rơi", "mang thai hộ"],
        ),
        ({"filer": "other", "mode": "in_person", "case": "none"}, ["Giấy chứng sinh", "ủy quyền"], ["bỏ rơi"]),
        ({"filer": "self", "mode": "in_person", "case": "2"}, ["Giấy chứng sinh", "bỏ rơi"], ["mang thai hộ"]),
    ],
)
def test_only_the_papers_of_ones_own_case(
    ask: Ask, answers: dict[str, str], there: list[str], absent: list[str]
) -> None:
    said = " ".join(item["text"] for bubble in ask(**answers).bubbles for block in bubble for item in block.items)
    assert [piece for piece in there if piece not in said] == []
    assert [piece for piece in absent if piece in said] == []


def test_fee_and_day_are_those_of_the_mode(session: Session, profile: Profile, ask: Ask) -> None:
    residence = "1.004222"
    shown = {}
    for mode in ("in_person", "online"):
        reply = ask(residence, filer="self", mode=mode, case="none")
        shown[mode] = reply.plain().replace("\u00a0", " ")
    assert "20.000 đ" in shown["in_person"] and "10.000 đ" not in shown["in_person"]
    assert "10.000 đ" in shown["online"] and "20.000 đ" not in shown["online"]
    assert all("dự kiến có kết quả" in said for said in shown.values())
    assert "Nơi nộp" in shown["in_person"] and "Nơi nộp" not in shown["online"]


@pytest.mark.parametrize("code", RECORDS)
def test_every_procedure_comes_to_a_checklist_with_all_that_everybody_brings(ask: Ask, code: str) -> None:
    answers: dict[str, str] = {}
    for _ in range(4):
        reply = ask(code, **answers)
        if reply.outcome != "clarify":
            break
        assert 2 <= len(reply.buttons) <= 4
        answers = dict(given.split(":", 1) for given in reply.buttons[-1].entities["answers"])
    assert reply.outcome in ("answered", "unknown_fact")
    said = " ".join(item["text"] for bubble in reply.bubbles for block in bubble for item in block.items)
    papers = RECORDS[code].papers or []
    assert [paper.name for paper in papers if not paper.case and paper.name.rstrip(". ;") not in said] == []
    assert all(len(" ".join(block.plain() for block in bubble).split()) <= 140 for bubble in reply.bubbles)


def test_an_answer_about_papers_leads_there(session: Session, profile: Profile) -> None:
    reply = answer(session, Question(BIRTH, ("documents",)), profile)
    assert reply is not None
    assert ("check_papers", {"procedure": BIRTH}) in [(button.intent, button.entities) for button in reply.buttons]


@pytest.mark.parametrize("value", [["filer:self", "mode:online"], "filer:self"])
def test_taps_are_read(bundled: sessionmaker, monkeypatch: pytest.MonkeyPatch, value: Any) -> None:
    for module in (actions, own_papers):
        monkeypatch.setattr(module, "open_session", bundled)
    entities = [{"entity": "procedure", "value": BIRTH}, {"entity": "answers", "value": value}]
    message = {"text": "/check_papers{}", "intent": {"name": "check_papers"}, "entities": entities}
    tracker = Tracker("c1", {}, message, [], False, None, {}, "")
    dispatcher = CollectingDispatcher()
    slots = {event["name"]: event["value"] for event in own_papers.ActionCheckPapers().run(dispatcher, tracker, {})}
    assert slots["procedure"] == BIRTH
    asked = Reply.from_json(dispatcher.messages[0]["custom"])
    assert asked.buttons[0].entities["answers"][0] == "filer:self"


def test_a_code_that_is_gone_is_answered_as_that(bundled: sessionmaker, session: Session, profile: Profile) -> None:
    assert own_checklist(session, "9.999999", {}, profile) is None
