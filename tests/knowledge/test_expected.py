"""An estimate is said as one: its day, its unit's days off, and that a provisional year is provisional."""

from __future__ import annotations

import datetime as dt

import pytest

from knowledge.answers import Question, answer
from knowledge.answers.expected import expected
from knowledge.answers.wording import load_texts
from knowledge.models import Time
from knowledge.profile import load_profile
from knowledge.store import save_record

PROFILE = load_profile("lam-dong")


def said(filed: str, amount: int | None, unit: str, most: int | None = None) -> str:
    moment = dt.datetime.strptime(filed, "%d/%m/%Y %H:%M").replace(tzinfo=PROFILE.time_zone)
    return expected(Time(amount=amount, max_amount=most, unit=unit), moment, PROFILE, load_texts())


TRUTH = "Ngày ghi trên giấy hẹn mới là ngày đúng."
TABLE = [
    (
        ("20/11/2026 09:00", 3, "working_day"),
        "Nộp đủ hồ sơ thứ Sáu 20/11/2026 thì **dự kiến** có kết quả **thứ Năm 26/11/2026** "
        f"(không tính thứ Bảy, Chủ nhật và 24/11 Ngày Văn hóa Việt Nam). {TRUTH}",
    ),
    (
        ("17/11/2026 17:30", 2, "working_day"),
        "Nộp đủ hồ sơ thứ Tư 18/11/2026 thì **dự kiến** có kết quả **thứ Sáu 20/11/2026** "
        f"(không tính thứ Bảy và Chủ nhật). {TRUTH}",
    ),
    (
        ("20/08/2026 09:00", 3, "working_day"),
        "Nộp đủ hồ sơ thứ Năm 20/08/2026 thì **dự kiến** có kết quả **thứ Hai 24/08/2026** "
        f"(không tính thứ Bảy và Chủ nhật). {TRUTH} Có tính thứ Bảy 22/08/2026 vì là ngày làm bù.",
    ),
    (
        ("30/12/2026 09:00", 3, "working_day"),
        "Nộp đủ hồ sơ thứ Tư 30/12/2026 thì **dự kiến** có kết quả **thứ Ba 05/01/2027** "
        f"(không tính thứ Bảy, Chủ nhật và 01/01 Tết Dương lịch). {TRUTH} "
        "Lịch nghỉ lễ năm 2027 chưa được quyết định hoặc chưa đối chiếu, nên ngày này còn tạm tính.",
    ),
    (
        ("18/11/2026 09:00", 30, "day"),
        f"Nộp đủ hồ sơ thứ Tư 18/11/2026 thì **dự kiến** có kết quả **thứ Sáu 18/12/2026**. {TRUTH}",
    ),
    (
        ("18/11/2026 09:00", 4, "hour"),
        "Nộp đủ hồ sơ thứ Tư 18/11/2026 thì **dự kiến** có kết quả **15:00 thứ Tư 18/11/2026** "
        f"(không tính thứ Bảy và Chủ nhật). {TRUTH}",
    ),
    (("18/11/2026 09:00", None, "same_day"), ""),
    (("18/11/2026 09:00", None, "immediate"), ""),
    (("18/11/2026 09:00", 3, "unknown"), ""),
]


@pytest.mark.parametrize(("asked", "sentence"), TABLE)
def test_an_estimate_in_words(asked: tuple, sentence: str) -> None:
    assert said(*asked) == sentence


def test_of_a_span_the_later_day_is_told() -> None:
    assert "**thứ Sáu 27/11/2026**" in said("18/11/2026 09:00", 3, "working_day", most=6)


@pytest.mark.parametrize(
    ("times", "tells_a_day"),
    [
        ([[{"amount": 3, "unit": "working_day"}], [{"amount": 3, "unit": "working_day"}]], True),
        ([[{"amount": 3, "unit": "working_day"}], []], True),
        ([[{"amount": 3, "unit": "working_day"}], [{"amount": 5, "unit": "working_day"}]], False),
        ([[{"amount": 3, "unit": "working_day"}, {"amount": 8, "unit": "working_day", "case": "x"}]], False),
        ([[{"unit": "same_day"}]], False),
    ],
)
def test_a_day_is_told_where_one_time_holds_for_everybody(session, make_record, times: list, tells_a_day: bool) -> None:
    modes = [{"mode": mode, "times": listed} for mode, listed in zip(("in_person", "online"), times)]
    save_record(session, make_record(modes=modes), "bundled")
    question = Question("9.000001", ("time",), today=dt.date(2026, 11, 20))
    reply = answer(session, question, PROFILE)
    assert reply is not None
    assert ("dự kiến** có kết quả **thứ Năm 26/11/2026**" in "".join(b.text for b in reply.bubbles[0])) is tells_a_day
