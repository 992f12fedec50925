"""The national files' traps, one sample row each (tests/fixtures/national)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from knowledge.errors import ImportFileError
from knowledge.importers import national
from knowledge.importers.base import Reason
from knowledge.importers.national_fees import note_amounts
from knowledge.importers.national_text import short_name
from knowledge.importers.runner import run_import
from knowledge.views import load_view


@pytest.fixture
def rows(fixtures):
    return {row.incoming.record.code: row for row in national.read_files(fixtures / "national") if row.incoming}


# code, fees as (kind, amount or rule, modes, last day), and the doubts that must be said
FEES = [
    ("9.000001", [("free", None, "", None)], set()),
    ("9.000002", [("unknown", None, "", None)], {Reason.FREE_LABEL_BUT_NOTE}),
    ("9.000003", [("unknown", None, "", None)], {Reason.PROVINCE_SETS_FEE, Reason.TIME_UNIT_MISSING}),
    (
        "9.000004",
        [("amount", 135000, "in_person", None), ("unknown", None, "online", None)],
        {Reason.AMOUNT_IN_THOUSANDS},
    ),
    (
        "9.000005",
        [("amount", 100000, "in_person", None), ("unknown", None, "online", None)],
        {Reason.TIME_FEE_GLUED},
    ),
    (
        "9.000006",
        [
            ("unknown", None, "in_person", None),
            ("amount", 25000, "online", "2026-12-31"),
            ("unknown", None, "post", None),
        ],
        {Reason.PERIOD_IN_NOTE, Reason.PERIOD_ENDED},
    ),
    (
        "9.000007",
        [("rule", "10 USD", "in_person", None), ("unknown", None, "online", None)],
        {Reason.FOREIGN_CURRENCY, Reason.AMOUNT_NOT_IN_NOTE},
    ),
    (
        "9.000008",
        [("unknown", None, "", None)],
        {Reason.NONE_GIVEN, Reason.TIME_NOT_GIVEN, Reason.DOCUMENTS_UNPARSED, Reason.STEPS_CUT},
    ),
    (
        "9.000009",
        [("unknown", None, "", None)],
        {
            Reason.FREE_FOR_SOME,
            Reason.TIME_NOT_WHOLE,
            Reason.NOTE_NOT_PAPER,
            Reason.DISTRICT_LEVEL_MENTIONED,
        },
    ),
    ("9.000010", [("amount", 2000, "", None), ("rule", "10 USD", "", None)], {Reason.FOREIGN_CURRENCY}),
    (
        "9.000021",
        [("free", None, "", None)],
        {Reason.ZERO_MAY_MEAN_EMPTY, Reason.LEVEL_UNKNOWN, Reason.AGENCY_MISSING, Reason.SHORTENED_WORDING},
    ),
    ("9.000022", [("amount", 250000, "", None), ("amount", 500000, "", None)], set()),
    (
        "9.000031",
        [("free", None, "in_person", None), ("unknown", None, "online", None)],
        {
            Reason.ZERO_MAY_MEAN_EMPTY,
            Reason.NONE_GIVEN,
            Reason.TIME_UNIT_MISSING,
            Reason.LEGAL_NUMBER_UNREADABLE,
        },
    ),
    (
        "9.000032",
        [
            ("amount", 2000000, "in_person", None),
            ("amount", 4000000, "in_person", None),
            ("rule", "1.5 USD", "post", None),
        ],
        {Reason.TIME_NOT_GIVEN, Reason.FOREIGN_CURRENCY, Reason.TIME_NOT_WHOLE},
    ),
]


@pytest.mark.parametrize(("code", "fees", "reasons"), FEES)
def test_a_fee_is_known_only_where_the_row_bears_it_out(rows, code, fees, reasons):
    record = rows[code].incoming.record
    found = [
        (
            fee.kind.value,
            fee.amount or fee.rule or None,
            " ".join(mode.value for mode in fee.modes),
            str(fee.valid_to) if fee.valid_to else None,
        )
        for fee in record.fees
    ]
    assert found == fees
    assert {issue.reason for issue in rows[code].issues} == reasons


TIMES = [
    ("9.000001", [(3, None, "working_day")]),
    ("9.000003", [(1, None, "unknown")]),
    ("9.000005", []),
    ("9.000008", []),
    ("9.000009", [(None, None, "unknown")]),
    ("9.000031", [(7, None, "day"), (10, 25, "unknown")]),
]


@pytest.mark.parametrize(("code", "times"), TIMES)
def test_times_keep_their_unit_or_say_that_it_is_unknown(rows, code, times):
    record = rows[code].incoming.record
    found = [(time.amount, time.max_amount, time.unit.value) for mode in record.modes for time in mode.times]
    assert list(dict.fromkeys(found)) == times


PAPERS = [
    ("9.000001", [("Tờ khai theo mẫu", "", 1, None, False)]),
    (
        "9.000009",
        [
            ("Đơn đề nghị", "", 2, None, False),
            ("Căn cước", "", 1, None, True),
            ("Sổ hộ nghèo", "Trường hợp được miễn", None, 1, False),
        ],
    ),
    # the second file's counts say "wanted": both wanted says nothing
    ("9.000021", [("Đơn đề nghị", "", None, None, False), ("Giấy khai sinh", "", None, 1, False)]),
    ("9.000008", None),
]


@pytest.mark.parametrize(("code", "papers"), PAPERS)
def test_papers_are_papers_and_unclear_lists_are_unknown(rows, code, papers):
    found = rows[code].incoming.record.papers
    seen = found and [(paper.name, paper.case, paper.originals, paper.copies, paper.present) for paper in found]
    assert seen == papers


def test_a_remark_among_the_papers_becomes_a_note(rows):
    assert [note.text for note in rows["9.000009"].incoming.record.notes] == [
        "Người nộp mang theo căn cước để đối chiếu."
    ]


def test_names_levels_legal_texts_and_source(rows):
    record = rows["9.000031"].incoming.record
    assert record.short_name == "Đăng ký mẫu"
    assert [level.value for level in record.levels] == ["ministry", "commune"]
    assert [text.number for text in record.legal_basis] == ["12/2021/QĐ-TTg"]
    assert str(record.source.checked_on) == "2025-12-31"
    assert rows["9.000021"].incoming.record.short_name == "Trợ giúp mẫu"
    assert rows["9.000007"].incoming.record.audience.value == "business"
    assert record.status.value == "unverified"


def test_every_row_goes_in_or_is_refused_with_a_reason(session, fixtures):
    reports = {report.source: report for report in run_import(session, fixtures / "national")}
    main = reports["procedures_2026.jsonl"]
    assert main.counts == {"read": 14, "created": 10, "rejected": 4}
    refused = Counter(issue.reason for _row, issue in main.issues if issue.rejected)
    assert refused == {
        Reason.DUPLICATE_CODE: 1,
        Reason.NOT_JSON: 1,
        Reason.BAD_CODE: 1,
        Reason.INVALID_RECORD: 1,
    }
    assert [issue.reason for _row, issue in reports["notes.jsonl"].issues] == [Reason.UNKNOWN_FILE]
    assert load_view(session, "9.000004").coverage == "full"


def test_a_second_import_changes_nothing(session, fixtures):
    run_import(session, fixtures / "national")
    again = {report.source: report.counts for report in run_import(session, fixtures / "national")}
    assert again["procedures_2026.jsonl"] == {"read": 14, "unchanged": 10, "rejected": 4}


def test_one_file_alone_can_be_imported(session, fixtures):
    reports = run_import(session, fixtures / "national" / "procedures_social_2026.jsonl")
    assert [report.counts for report in reports] == [{"read": 2, "created": 2}]


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_explained(reason):
    readme = Path(national.__file__).parents[1] / "README.md"
    assert reason.value in readme.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["empty", "other"])
def test_a_folder_without_national_files_is_one_clear_error(session, tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    if name == "other":
        (folder / "notes.jsonl").write_text("{}\n")
    with pytest.raises(ImportFileError, match="national files is here|no importer takes this"):
        run_import(session, folder)


@pytest.mark.parametrize(
    ("note", "amounts"),
    [
        ("135.000 đồng/lần", {135000}),
        ("50.000đ; 25,000đ", {50000, 25000}),
        ("Thông tư số 281/2016/TT-BTC ngày 14/11/2016", set()),
        ("từ năm 2026: 8000 đồng", {8000}),
        ("02 triệu đồng", set()),
        ("3,5 đồng/GT", set()),
    ],
)
def test_amounts_in_notes(note, amounts):
    assert note_amounts(note) == amounts


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Thủ tục đăng ký khai sinh", "Đăng ký khai sinh"),
        ("THỦ TỤC CẤP GIẤY", "Cấp giấy"),
        ("Cấp giấy phép xây dựng mới cho nhà ở riêng lẻ (" + "rất dài " * 12 + ")", None),
        ("Cấp " + "giấy " * 40, None),
    ],
)
def test_short_names_fit(name, short):
    found = short_name(name)
    assert 3 <= len(found) <= 90
    assert short in (None, found)
    assert "(" not in found
