"""What the page says about made-up verdicts."""

from __future__ import annotations

from xml.etree import ElementTree

from benchmarks.evaluation.charts import chart, charts_page
from benchmarks.evaluation.confusions import Confusion, first_files, worst
from benchmarks.evaluation.figures import FIRST, LISTED, Figure
from benchmarks.evaluation.questions import Answer
from benchmarks.evaluation.report import confusion_table, group_table, latency_line, main_table, shown
from benchmarks.evaluation.scoring import Verdict, judge
from tests.benchmarks.cases import answer, question

RIGHT = answer("answered", "1.000001", "", "fee")
FILES = {"1.000001": "nlu/data/questions/land.txt"}


def judged(given: Answer, **told: object) -> Verdict:
    return judge(question(**told), given)


def test_the_most_frequent_confusions_come_first_with_the_file_to_edit() -> None:
    wrong, asked = answer("answered", "1.000002"), answer("clarify", "", "1.000003 1.000001")
    verdicts = [
        judged(RIGHT),
        judged(asked, text="asked"),
        judged(wrong, text="once"),
        judged(wrong, text="twice"),
        judged(wrong, behaviour="out_of_scope", procedures=()),
        judged(answer("not_found"), procedures=("1.004222",)),
        judged(answer("not_found"), procedures=("9.999999",)),
    ]
    assert worst(verdicts, FILES) == [
        Confusion("1.000001", "1.000002", 2, "once", FILES["1.000001"]),
        Confusion("1.000001", "clarify, the right one offered", 1, "asked", FILES["1.000001"]),
        Confusion("1.004222", "not_found", 1, "…", "knowledge/data/procedures/cu-tru/1.004222-dang-ky-thuong-tru.yml"),
        Confusion("9.999999", "not_found", 1, "…", "knowledge/data/index/procedures.csv"),
        Confusion("out_of_scope", "1.000002", 1, "…", "nlu/data/intents/out_of_scope.yml"),
    ]
    assert len(worst(verdicts, FILES, most=2)) == 2


def test_the_first_file_about_a_code_is_named() -> None:
    found = first_files([("1", "a.txt"), ("1", "b.txt"), ("2", "b.txt")])
    assert found == {"1": "nlu/data/questions/a.txt", "2": "nlu/data/questions/b.txt"}


def test_a_confusion_is_told_with_the_names_of_the_procedures() -> None:
    row = confusion_table([Confusion("1/2", "clarify", 3, "a | b", "f.txt")], {"1": "Khai sinh"})[-1]
    assert row == "| 1/2 Khai sinh | clarify | 3 | a / b | `f.txt` |"


def test_a_figure_is_shown_with_its_interval() -> None:
    assert shown(Figure(0.925, 0.9, 0.95, 100), FIRST) == "92.5 (90.0 to 95.0)"
    assert shown(Figure(-0.01, -0.03, 0.01, 100), FIRST, signed=True) == "-1.0 (-3.0 to +1.0)"
    assert shown(None, FIRST) == "–"


def test_the_main_table_shows_the_baseline_for_finding_alone() -> None:
    rows = main_table({"ours": [judged(RIGHT)]}, {"ours": [judged(answer("answered", "1.000002"))]})
    told = {row.split(" | ")[0].strip("| "): row.strip("| ").split(" | ")[1:] for row in rows[2:]}
    assert told[FIRST.name] == ["≥ 92", "100.0 (20.7 to 100.0)", "0.0 (0.0 to 79.3)"]
    assert told["right behaviour, %"][1:] == ["100.0 (20.7 to 100.0)", "–"]
    assert LISTED.name in told


def test_groups_are_in_order_numbers_as_numbers() -> None:
    verdicts = [judged(RIGHT, turn=turn) for turn in (10, 2, 2)]
    rows = group_table(verdicts, "turn", lambda verdict: verdict.question.turn)
    assert [row.split(" | ")[:2] for row in rows[2:]] == [["| 2", "2"], ["| 10", "1"]]


def test_latency() -> None:
    timed = [judge(question(), Answer("s-1", "not_found", latency_ms=ms)) for ms in range(1, 102)]
    assert "median 51 ms, 95 % within 96 ms" in latency_line(timed)


def test_a_chart_has_a_dot_and_an_interval_where_something_was_measured() -> None:
    drawn = chart({"a & b": [judged(RIGHT)], "talk": [judged(answer("smalltalk"), behaviour="smalltalk")]}, FIRST)
    ElementTree.fromstring(drawn)
    assert drawn.count("<circle") == drawn.count('class="interval"') == 1
    assert "a &amp; b (1)" in drawn
    assert 'cx="390.0"' in drawn  # all right: the right end of the scale


def test_the_page_of_charts_needs_no_script() -> None:
    page = charts_page([judged(RIGHT)])
    assert page.count("<svg") == page.count("</svg>") == 4 * 5
    assert "<script" not in page
