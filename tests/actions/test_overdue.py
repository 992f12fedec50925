"""An overdue dossier: what the rule gives, a draft to copy, a person; never blame, promise or accusation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import overdue
from actions.overdue import ActionAffirm, ActionDeny, ActionOverdue
from knowledge.answers.overdue import coach
from knowledge.answers.status import status_reply
from knowledge.answers.wording import status_texts
from knowledge.connectors.authority import Found
from knowledge.dossiers.facts import Facts
from knowledge.profile import Profile
from knowledge.reply import Reply

CODE = "000.15.H36-261110-0042"
NEVER = [
    "lỗi của",
    "tắc trách",
    "vi phạm",
    "chắc chắn sẽ",
    "cam kết",
    "kỷ luật",
    "nhũng nhiễu",
    "bồi thường",
    "khởi kiện",
]


@pytest.fixture
def facts(profile: Profile) -> Facts:
    """A dossier promised for Friday 20/11/2026."""
    at = {"tzinfo": profile.time_zone}
    return Facts(
        code=CODE,
        procedure_code="1.013831",
        procedure_name="Đăng ký biến động đất đai",
        unit="Chi nhánh Văn phòng Đăng ký đất đai",
        status=4,
        received_at=dt.datetime(2026, 11, 2, 8, 30, **at),
        due_at=dt.datetime(2026, 11, 20, 17, 0, **at),
        new_due_at=None,
        finished_at=None,
        returned_at=None,
        changed_at=dt.datetime(2026, 11, 11, 9, 0, **at),
        seen_at=dt.datetime(2026, 11, 25, 9, 0, **at),
        source="own",
    )


@pytest.fixture
def now(profile: Profile) -> dt.datetime:
    return dt.datetime(2026, 11, 25, 9, 0, tzinfo=profile.time_zone)


def titles(reply: Reply) -> list[str]:
    return [button.title for button in reply.buttons]


def test_the_status_says_how_late_it_is_and_asks_for_the_letter(facts: Facts, profile: Profile, now) -> None:
    reply = status_reply([Found(facts)], profile, now)
    said = reply.plain()
    assert "Đang xử lý (cập nhật thứ Tư 11/11/2026)." in said
    assert "Hẹn trả: thứ Sáu 20/11/2026 – đã quá hẹn 2 ngày làm việc." in said  # 24/11 is a holiday
    assert "Anh/chị đã nhận được chưa ạ?" in said
    assert titles(reply) == ["Chưa nhận", "Đã nhận", "Soạn phản ánh", "Gặp cán bộ"]
    assert reply.buttons[-1].entities == {"reason": "overdue"}


def test_a_second_delay_asks_for_no_letter(facts: Facts, profile: Profile, now) -> None:
    again = replace(facts, due_at=facts.due_at - dt.timedelta(days=7), new_due_at=facts.due_at)
    reply = status_reply([Found(again)], profile, now)
    assert "việc hẹn lại chỉ làm một lần" in reply.plain()
    assert titles(reply) == ["Soạn phản ánh", "Gặp cán bộ"]


@pytest.mark.parametrize(
    ("step", "pieces"),
    [
        ("not_received", ["chậm nhất một ngày trước ngày hẹn trả", "một lần", "Nghị định 61/2018", "chưa đối chiếu"]),
        ("received", ["ngày hẹn mới ghi trong văn bản", "Nghị định 61/2018"]),
        ("draft", ["chép", "Kính gửi"]),
    ],
)
def test_each_step_offers_a_person_and_blames_nobody(facts: Facts, profile: Profile, now, step: str, pieces) -> None:
    reply = coach(facts, step, profile, now)
    said = reply.plain()
    assert [piece for piece in pieces if piece not in said] == []
    assert [word for word in NEVER if word in said.lower()] == []
    assert reply.buttons[-1].entities == {"reason": "overdue"}
    assert all(len(" ".join(block.plain() for block in bubble).split()) <= 120 for bubble in reply.bubbles)


def test_no_sentence_of_ours_blames_or_promises() -> None:
    said = str(status_texts().get("overdue")).lower()
    assert [word for word in NEVER if word in said] == []


def test_the_draft_is_complete_and_stands_alone(facts: Facts, profile: Profile, now) -> None:
    _, letter = coach(facts, "draft", profile, now).bubbles
    assert [block.text for block in letter] == [
        "Kính gửi: Chi nhánh Văn phòng Đăng ký đất đai.",
        f"Tôi có hồ sơ mã {CODE}, thủ tục “Đăng ký biến động đất đai” nộp ngày 02/11/2026. "
        "Ngày hẹn trả kết quả: 20/11/2026. "
        "Đến ngày 25/11/2026, tôi chưa nhận được kết quả (đã quá hẹn 2 ngày làm việc).",
        "Tôi đề nghị cơ quan cho biết hồ sơ đang ở bước nào, lý do chưa xong và ngày trả kết quả.",
        "Trân trọng cảm ơn.",
    ]


def test_a_draft_about_what_is_hardly_known(facts: Facts, profile: Profile, now) -> None:
    bare = replace(
        facts,
        unit="",
        received_at=None,
        new_due_at=facts.due_at,
        due_at=dt.datetime(2026, 11, 13, 10, tzinfo=profile.time_zone),
    )
    _, letter = coach(bare, "draft", profile, now).bubbles
    assert letter[0].text == "Kính gửi: cơ quan giải quyết hồ sơ."
    assert "đất đai”. Ngày hẹn trả kết quả: 20/11/2026 (hẹn lại, trước đó hẹn 13/11/2026)." in letter[1].text


Run = Callable[..., Any]


@pytest.fixture
def run(facts: Facts, profile: Profile, now, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run an action after the overdue dossier was told, or after something else was said."""
    monkeypatch.setattr(overdue, "utc_now", lambda: now)
    told = status_reply([Found(facts)], profile, now).to_json()

    def run(action: Any, intent: str, step: str = "", last: dict[str, Any] | None = None, **slots: Any) -> Any:
        entities = [{"entity": "step", "value": step}] if step else []
        message = {"text": "", "intent": {"name": intent}, "entities": entities}
        events = [{"event": "bot", "data": {"custom": last or told}}, {"event": "user"}]
        kept = {"overdue": {"facts": facts.to_json(), "at": now.isoformat()}}
        tracker = Tracker("c1", {**kept, **slots}, message, events, False, None, {}, "")
        dispatcher = CollectingDispatcher()
        assert action.run(dispatcher, tracker, {}) == []
        (said,) = dispatcher.messages
        return Reply.from_json(said["custom"]).plain() if said["custom"] else said["response"]

    return run


@pytest.mark.parametrize(
    ("action", "intent", "step", "piece"),
    [
        (ActionOverdue(), "follow_overdue", "not_received", "chậm nhất một ngày"),
        (ActionOverdue(), "follow_overdue", "received", "giữ văn bản đó"),
        (ActionOverdue(), "follow_overdue", "draft", "Kính gửi"),
        (ActionDeny(), "deny", "", "chậm nhất một ngày"),
        (ActionAffirm(), "affirm", "", "giữ văn bản đó"),
    ],
)
def test_taps_and_typed_answers_lead_on(run: Run, action: Any, intent: str, step: str, piece: str) -> None:
    assert piece in run(action, intent, step)


def test_a_no_to_something_else_is_a_no_in_general(run: Run) -> None:
    other = {
        "outcome": "answered",
        "bubbles": [],
        "buttons": [{"title": "x", "intent": "ask_procedure", "entities": {}}],
    }
    assert run(ActionDeny(), "deny", last=other) == "utter_deny"
    assert run(ActionDeny(), "deny", overdue=None) == "utter_deny"


def test_what_was_told_yesterday_is_looked_up_again(run: Run, facts: Facts, now) -> None:
    before = {"facts": facts.to_json(), "at": (now - dt.timedelta(hours=25)).isoformat()}
    assert "Mời anh/chị tra lại" in run(ActionOverdue(), "follow_overdue", "draft", overdue=before)


def test_a_table_that_was_not_imported_for_days_says_so(facts: Facts, profile: Profile, now) -> None:
    old = replace(facts, seen_at=now - dt.timedelta(days=5))
    assert "Dữ liệu này của 5 ngày trước, lúc 09:00 20/11/2026" in status_reply([Found(old)], profile, now).plain()
    assert "Dữ liệu này của" not in status_reply([Found(facts)], profile, now).plain()


def test_a_step_of_which_nothing_is_known_any_more_asks_to_look_it_up(run: Run) -> None:
    assert "Mời anh/chị tra lại" in run(ActionOverdue(), "follow_overdue", "draft", overdue=None)
