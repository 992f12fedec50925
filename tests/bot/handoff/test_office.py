"""A day in the office: who waits, who answers, what the citizen is told, what the clock does."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from bot.handoff import clock
from bot.handoff.moves import NotPossible
from bot.handoff.staff import Close, Forbidden, step_in
from knowledge.models import Conversation, Handoff, Message, OutboxItem, Staff
from tests.bot.handoff.people import NIGHT, OPEN, Office

MINUTE = dt.timedelta(minutes=1)
LA_GI, PHAN_THIET = "22720", "22915"


def test_a_wish_finds_who_is_ready(office: Office) -> None:
    office.hire("ha")
    told = office.ask(one := office.arrive()).plain()
    assert office.state(one) == ("queued", "people")
    assert "người đầu tiên" in told and "Hủy, hỏi trợ lý tiếp" in told
    assert "1 người chờ trước" in office.ask(office.arrive()).plain()
    assert "vẫn đang được giữ" in office.ask(one).plain()


def test_out_of_hours_the_next_opening_is_promised(office: Office) -> None:
    office.hire("ha", ready=False)
    told = office.ask(one := office.arrive(), NIGHT).plain()
    assert office.state(one) == ("callback", "bot")
    assert "từ 7 giờ thứ Hai 23/11" in told and "Để lại số điện thoại" in told


def test_nothing_is_promised_where_nobody_works(office: Office) -> None:
    told = office.ask(office.arrive(), NIGHT).plain()
    assert "chưa có cán bộ trực trả lời" in told and "từ 7 giờ thứ Hai 23/11" in told


def test_an_empty_desk_in_office_hours_is_said_to_be_empty(office: Office) -> None:
    office.hire("ha", ready=False)
    told = office.ask(one := office.arrive()).plain()
    assert office.state(one)[0] == "callback"
    assert "trước 13 giờ 30" not in told and "Hiện chưa có cán bộ trực" in told and "trước 11 giờ" in told


def test_who_was_to_be_called_meets_somebody_by_asking_again(office: Office) -> None:
    clerk = office.hire("ha", ready=False)
    office.ask(one := office.arrive(), NIGHT)
    office.act(clerk, one, "call")
    assert "đang gọi lại" in office.ask(one).plain()
    office.act(clerk, one, "called", False, office.rules)
    office.hire("lan")
    assert "em chuyển anh/chị" in office.ask(one).plain()
    assert office.state(one) == ("queued", "people")


def test_a_restart_sends_nobody_home(office: Office) -> None:
    clerk = office.hire("ha")
    office.ask(one := office.arrive())
    office.leave(clerk)
    with office.db() as session:
        assert clock.due(session, office.rules, OPEN, judges=False) == []
        assert clock.due(session, office.rules, OPEN) == [office.handoff(one).id]


def test_the_usual_wait_is_told_from_five_on(office: Office) -> None:
    clerk = office.hire("ha")
    for number in range(6):
        one = office.arrive()
        told = office.ask(one, OPEN + number * MINUTE).plain()
        assert ("thường khoảng 4 phút" in told.lower()) == (number >= 5)
        office.act(clerk, one, "claim", OPEN + (number + 4) * MINUTE)


def test_staff_and_citizen_talk(office: Office) -> None:
    clerk, one = office.hire("ha"), office.arrive()
    office.ask(one)
    office.act(clerk, one, "claim")
    assert office.state(one) == ("active", f"staff:{clerk}")
    seq = office.say(clerk, one, "Chào anh")
    assert office.state(one)[0] == "awaiting"
    office.write(one, "em cảm ơn")
    assert office.state(one)[0] == "active"
    with office.db() as session:
        sent = session.scalar(sa.select(Message).where(Message.seq == seq))
        assert (sent.author, sent.staff_id, sent.text) == ("staff", clerk, "Chào anh")
        assert session.scalar(sa.select(OutboxItem).where(OutboxItem.seq == seq)).state == "pending"
    office.say(clerk, one)
    office.act(clerk, one, "close", Close("answered", "no", "1.004222"))
    assert office.state(one) == ("rating", "bot")
    assert office.told(one)[-1].endswith("[1] Có\n[2] Một phần\n[3] Không")
    handoff = office.handoff(one)
    assert (handoff.close_reason, handoff.bot_could, handoff.procedure_code) == ("answered", "no", "1.004222")


def test_whom_nobody_answered_is_not_asked_for_an_opinion(office: Office) -> None:
    clerk, one = office.hire("ha"), office.arrive()
    office.ask(one)
    office.act(clerk, one, "claim")
    office.act(clerk, one, "close", Close("wrong_place", "unsure"))
    assert office.state(one) == ("closed", "bot")


def test_the_same_reply_twice_is_sent_once(office: Office) -> None:
    clerk, one = office.hire("ha"), office.arrive()
    office.ask(one)
    office.act(clerk, one, "claim")
    office.say(clerk, one, "Dạ", key="k1")
    with pytest.raises(sa.exc.IntegrityError):
        office.say(clerk, one, "Dạ", key="k1")
    assert office.told(one).count("Dạ") == 1


def test_only_who_has_the_chat_may_speak(office: Office) -> None:
    clerk, other, one = office.hire("ha"), office.hire("lan"), office.arrive()
    office.ask(one)
    office.act(clerk, one, "claim")
    with pytest.raises(NotPossible) as refused:
        office.say(other, one)
    assert refused.value.holder == "Chị ha"


def test_another_unit_cannot_claim(office: Office) -> None:
    office.hire("ha", unit=LA_GI)
    stranger, viewer = office.hire("lan", unit=PHAN_THIET), office.hire("xem", role="viewer")
    office.ask(one := office.arrive(), unit=LA_GI)
    for person in (stranger, viewer):
        with pytest.raises(Forbidden):
            office.act(person, one, "claim")


@pytest.mark.parametrize("to_unit", [True, False])
def test_a_transfer_waits_for_its_acceptance(office: Office, to_unit: bool) -> None:
    clerk, other, one = office.hire("ha"), office.hire("lan", unit=PHAN_THIET), office.arrive()
    office.ask(one)
    office.act(clerk, one, "claim")
    with office.db() as session:
        target = None if to_unit else session.get(Staff, other)
    office.act(clerk, one, "transfer", target, PHAN_THIET if to_unit else None, "hỏi về đất")
    office.say(clerk, one, "em chuyển ạ")
    assert office.state(one) == ("transferring", f"staff:{clerk}")
    office.act(other, one, "accept")
    assert office.state(one) == ("active", f"staff:{other}")
    assert "Chị lan" in office.told(one)[-1]
    with pytest.raises(NotPossible):
        office.say(clerk, one)


def test_an_offer_that_nobody_accepts_comes_back(office: Office) -> None:
    clerk, one = office.hire("ha"), office.arrive()
    office.ask(one)
    office.act(clerk, one, "claim")
    office.act(clerk, one, "transfer", None, PHAN_THIET, "")
    since = office.handoff(one).due_at
    office.tick(since)
    assert office.state(one) == ("active", f"staff:{clerk}")
    assert office.handoff(one).target_unit is None


def test_who_waits_for_a_silent_person_goes_to_the_front(office: Office) -> None:
    clerk, second = office.hire("ha"), office.hire("lan")
    one, later = office.arrive(), office.arrive()
    office.ask(one)
    office.act(clerk, one, "claim")
    office.ask(later)
    office.leave(clerk)
    office.tick(dt.datetime.now(dt.timezone.utc))
    handoff = office.handoff(one)
    assert (handoff.state, handoff.rank, handoff.staff_id) == ("queued", 1, None)
    assert "đầu hàng chờ" in office.told(one)[-1]
    assert "người đầu tiên" in office.ask(one).plain()
    office.act(second, one, "claim")


def test_a_citizen_who_is_owed_nothing_is_not_moved(office: Office) -> None:
    clerk, one = office.hire("ha"), office.arrive()
    office.ask(one)
    office.act(clerk, one, "claim")
    office.say(clerk, one)
    office.leave(clerk)
    office.tick(dt.datetime.now(dt.timezone.utc))
    assert office.state(one)[0] == "awaiting"


def test_when_the_last_one_leaves_nobody_waits_in_vain(office: Office) -> None:
    clerk = office.hire("ha")
    office.ask(one := office.arrive())
    office.leave(clerk)
    office.tick(NIGHT)
    assert office.state(one) == ("callback", "bot")
    assert "từ 7 giờ thứ Hai 23/11" in office.told(one)[-1]
    office.hire("lan")
    office.act(clerk + 1, one, "claim")
    assert office.state(one)[0] == "active"


def test_a_long_wait_is_apologised_for_once_and_never_closed(office: Office) -> None:
    office.hire("ha")
    office.ask(one := office.arrive())
    for hours in (1, 5, 50, 500):
        office.tick(OPEN + dt.timedelta(hours=hours))
    assert office.state(one) == ("queued", "people")
    assert len(office.told(one)) == 1 and "Anh/chị đã chờ 60 phút" in office.told(one)[0]


@pytest.mark.parametrize(("channel", "hours"), [("web", 24), ("zalo", 48)])
def test_a_silent_citizen_ends_it_late_and_by_two_steps(office: Office, channel: str, hours: int) -> None:
    clerk, one = office.hire("ha"), office.arrive(channel)
    office.ask(one)
    office.act(clerk, one, "claim")
    office.say(clerk, one)
    now = dt.datetime.now(dt.timezone.utc)
    office.tick(now + dt.timedelta(hours=hours - 1))
    assert office.state(one)[0] == "awaiting"
    office.tick(now + dt.timedelta(hours=hours + 1))
    assert office.state(one)[0] == "closing"
    office.write(one)
    assert office.state(one)[0] == "active"
    office.say(clerk, one)
    office.tick(now + dt.timedelta(hours=hours + 1))
    office.tick(now + dt.timedelta(hours=hours + 26))
    assert office.state(one) == ("closed", "bot")


def test_a_head_takes_over_with_a_reason(office: Office) -> None:
    clerk, head, one = office.hire("ha"), office.hire("truong", role="head"), office.arrive()
    office.ask(one)
    office.act(clerk, one, "claim")
    with pytest.raises(Forbidden):
        office.act(office.hire("lan"), one, "take_over", "nhanh hơn")
    office.act(head, one, "take_over", "nghỉ ốm")
    assert office.state(one) == ("active", f"staff:{head}")


def test_staff_step_in_and_give_back(office: Office) -> None:
    clerk, one = office.hire("ha"), office.arrive()
    with office.sessions.begin() as session:
        step_in(session, session.get(Staff, clerk), session.get(Conversation, one))
    assert office.state(one) == ("active", f"staff:{clerk}")
    office.act(clerk, one, "give_back")
    assert office.state(one) == ("closed", "bot")
    assert "trợ lý tự động" in office.told(one)[-1]


def test_a_callback_by_telephone(office: Office) -> None:
    clerk, one = office.hire("ha"), office.arrive()
    office.leave(clerk)
    office.ask(one, NIGHT)
    for tries in (1, 2):
        office.act(clerk, one, "call")
        office.act(clerk, one, "called", False, office.rules)
        assert (office.state(one)[0], office.handoff(one).tries) == ("callback", tries)
    office.act(clerk, one, "call")
    office.act(clerk, one, "called", False, office.rules)
    assert (office.state(one)[0], office.handoff(one).close_reason) == ("closed", "not_reached")


def test_the_next_wish_is_linked_to_the_last(office: Office) -> None:
    clerk, one = office.hire("ha"), office.arrive()
    office.ask(one)
    office.act(clerk, one, "claim")
    office.act(clerk, one, "give_back")
    first = office.handoff(one).id
    office.ask(one)
    with office.db() as session:
        assert session.scalars(sa.select(Handoff.previous_id).order_by(Handoff.id)).all() == [None, first]
