"""How well unseen sentences are understood: floors for all, certainty for the few that must never fail."""

from __future__ import annotations

import pytest

from nlu.text import fold

QUESTIONS = ("ask_procedure", "correct")


def aspects(answer: dict) -> set[str]:
    return {entity["value"] for entity in answer["entities"] if entity["entity"] == "aspect"}


def entities(answer: dict) -> dict:
    return {entity["entity"]: entity["value"] for entity in answer["entities"] if entity["entity"] != "aspect"}


def test_the_held_out_set_is_large_and_covers_every_act(held_out):
    assert len(held_out) >= 250
    assert len({row["intent"] for row in held_out}) >= 20


@pytest.mark.parametrize(("change", "floor"), [(str, 0.94), (fold, 0.93)], ids=["as typed", "without marks"])
def test_acts(parse, held_out, change, floor):
    wrong = [(row["text"], row["intent"], got) for row in held_out
             if (got := parse(change(row["text"]))["intent"]["name"]) != row["intent"]]  # fmt: skip
    assert 1 - len(wrong) / len(held_out) >= floor, wrong


@pytest.mark.parametrize(("change", "floor"), [(str, 0.89), (fold, 0.88)], ids=["as typed", "without marks"])
def test_aspects(parse, held_out, change, floor):
    pairs = [
        (set(row.get("aspects", [])), aspects(parse(change(row["text"]))))
        for row in held_out
        if row["intent"] in QUESTIONS
    ]
    hits = sum(len(expected & got) for expected, got in pairs)
    f1 = 2 * hits / sum(len(expected) + len(got) for expected, got in pairs)
    assert f1 >= floor


def test_entities(parse, held_out):
    wrong = [(row["text"], got) for row in held_out if (got := entities(parse(row["text"]))) != row.get("entities", {})]
    assert len(wrong) <= 0.02 * len(held_out), wrong


MUST_NOT_FAIL = [
    # text, intent, aspects
    ("nhap ho khau cho vo mat nhiu tien z", "ask_procedure", {"fee"}),
    (
        "cháu ngoại tui mới chào đời, ra xã đem theo gì, bữa nào lấy giấy được cô",
        "ask_procedure",
        {"documents", "time"},
    ),
    ("giấy khai sinh của tôi hư rồi", "ask_procedure", set()),
    ("tôi muốn làm giấy khai sinh", "ask_procedure", set()),
    ("phí bao nhiêu", "ask_procedure", {"fee"}),
    ("còn phí?", "ask_procedure", {"fee"}),
    ("bao nhiêu ngày", "ask_procedure", {"time"}),
    ("vậy bao lâu có", "ask_procedure", {"time"}),
    ("thế nộp ở đâu", "ask_procedure", {"place"}),
    ("ở La Gi thì nộp chỗ nào", "ask_procedure", {"place"}),
    ("ở La Gi thì sao", "ask_procedure", set()),
    ("tôi ở A nộp ở B được không", "ask_procedure", {"elsewhere"}),
    ("cái thứ hai", "choose_option", set()),
    ("2", "choose_option", set()),
    ("nhầm, em hỏi cái sao y kìa", "correct", set()),
    ("000.15.H36-261110-0042 tới đâu rồi em", "check_dossier", set()),
    ("hẹn ngày 15 giờ 30 chưa có", "check_dossier", set()),
    ("cho tôi gặp người thật", "ask_human", set()),
    ("can bo doi them tien moi lam", "report_harassment", set()),
    ("đi 3 lần rồi vẫn thiếu giấy, làm ăn kiểu gì vậy", "complain", set()),
    ("em là ai vậy", "ask_identity", set()),
    ("vợ chồng tui hết ở với nhau được, ra xã chia tay nhen", "out_of_scope", set()),
    ("toàn trình nghĩa là sao", "ask_term", set()),
    ("xóa dữ liệu", "delete_data", set()),
    ("dừng", "cancel", set()),
    ("có", "affirm", set()),
    ("không", "deny", set()),
    ("cháy nhà rồi", "emergency", set()),
]


@pytest.mark.parametrize(("text", "intent", "expected"), MUST_NOT_FAIL)
def test_must_not_fail(parse, text, intent, expected):
    answer = parse(text)
    assert answer["intent"]["name"] == intent
    if intent in QUESTIONS:
        assert aspects(answer) == expected


def test_what_only_programs_send_is_never_guessed(parse):
    answer = parse("proof sealed by the front server")
    assert "inform_proof" not in {rank["name"] for rank in answer["intent_ranking"]}


@pytest.mark.parametrize(
    "text", ["", " ", "?", "\u200b", "....", "a" * 10_000, '{"intent": 1}', "<b>đất</b>", "' OR 1=1 --"]
)
def test_odd_input_is_parsed_without_error(parse, text):
    assert "name" in parse(text)["intent"]
