"""Every step of a hand-off over HTTP: who may, who was faster, whose it is, what stays written."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from knowledge.models import Handoff
from tests.console.desk import Browser
from tests.console.hall import LA_GI, PHAN_THIET, Hall, reply, talk


def test_a_clerk_claims_answers_and_ends(hall: Hall) -> None:
    lan = hall.enter("lan")
    key = hall.wait("Sang tên sổ đỏ cần gì")
    assert "Sang tên sổ đỏ cần gì" in lan.get("/waiting").text
    assert lan.post(talk(key, "claim")).status_code == 303
    assert reply(lan, key, "Dạ cần ba giấy tờ ạ").status_code == 303
    assert hall.said(key) == ["Dạ cần ba giấy tờ ạ"]
    page = lan.get(talk(key)).text
    assert "Chị lan nhận" in page
    assert "Dạ cần ba giấy tờ ạ" in page
    assert lan.post(talk(key, "close"), reason="answered", bot_could="no", procedure="").status_code == 303
    assert hall.state(key) == "rating"
    assert "Chị lan kết thúc: đã trả lời xong" in lan.get(talk(key)).text
    assert [entry.subject for entry in hall.audit("step_close")] == [f"conversation:{key}"]
    assert hall.audit("step_close")[0].detail == {"reason": "answered", "bot_could": "no"}


def test_of_two_who_claim_at_once_one_gets_the_citizen_and_the_other_hears_who(hall: Hall) -> None:
    clerks = {name: hall.enter(name) for name in ("lan", "hoa")}
    key, answers = hall.wait(), {}
    gate = threading.Barrier(2, timeout=60)

    def claim(name: str) -> None:
        gate.wait()
        answers[name] = clerks[name].post(talk(key, "claim"))

    threads = [threading.Thread(target=claim, args=(name,)) for name in clerks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    won, lost = sorted(answers, key=lambda name: answers[name].status_code)
    assert [answers[won].status_code, answers[lost].status_code] == [303, 409]
    assert f"Chị {won} đang phụ trách" in answers[lost].text
    assert hall.people.handoff(key).staff_id == hall.ids[won]


def test_whoever_lost_the_citizen_is_told_and_nothing_is_sent(hall: Hall) -> None:
    lan, boss = hall.enter("lan"), hall.enter("boss", "head")
    key = hall.wait()
    lan.post(talk(key, "claim"))
    assert boss.post(talk(key, "take_over"), reason="").status_code == 422, "not without a reason"
    assert boss.post(talk(key, "take_over"), reason="Lan nghỉ trưa").status_code == 303
    answer = reply(lan, key, "Em trả lời đây")
    assert (answer.status_code, "Chị boss đang phụ trách" in answer.text) == (409, True)
    assert hall.said(key) == []
    assert "tiếp quản từ Chị lan: “Lan nghỉ trưa”" in boss.get(talk(key)).text


def test_a_transfer_is_offered_highlighted_refused_and_accepted(hall: Hall) -> None:
    lan, hoa = hall.enter("lan"), hall.enter("hoa", unit=LA_GI)
    key = hall.wait(unit=PHAN_THIET)
    lan.post(talk(key, "claim"))
    assert hoa.get(talk(key)).status_code == 404, "another unit's"
    target = f"staff:{hall.ids['hoa']}"
    assert target in lan.get(talk(key, "people?q=hoa")).text
    assert lan.post(talk(key, "transfer"), to=target, note="Chị rành đất đai").status_code == 303
    mine = hoa.get("/mine").text
    assert "talk-card offered" in mine
    assert "Chị lan chuyển cho tôi" in mine
    assert hoa.post(talk(key, "refuse"), note="Em đang bận").status_code == 303
    assert "Em đang bận" in lan.get(talk(key)).text
    lan.post(talk(key, "transfer"), to=target, note="")
    assert hoa.post(talk(key, "accept")).status_code == 303
    assert hall.people.handoff(key).staff_id == hall.ids["hoa"]
    assert reply(lan, key).status_code == 409
    assert reply(hoa, key).status_code == 303


def test_a_unit_takes_what_is_passed_to_it(hall: Hall) -> None:
    lan, hoa = hall.enter("lan"), hall.enter("hoa", unit=LA_GI)
    key = hall.wait(unit=PHAN_THIET)
    lan.post(talk(key, "claim"))
    for nonsense in ("", "unit:00000", "unit:", "staff:99999", "staff:x", f"staff:{hall.ids['lan']}"):
        assert lan.post(talk(key, "transfer"), to=nonsense, note="").status_code in (403, 422), nonsense
    assert lan.post(talk(key, "transfer"), to=f"unit:{LA_GI}", note="").status_code == 303
    assert lan.post(talk(key, "withdraw")).status_code == 303
    lan.post(talk(key, "transfer"), to=f"unit:{LA_GI}", note="")
    assert hoa.post(talk(key, "accept")).status_code == 303
    assert hall.people.handoff(key).unit_code == LA_GI


def test_let_go_comes_back_first_and_says_from_whom(hall: Hall) -> None:
    lan = hall.enter("lan")
    first, second = hall.wait("người đến trước", ago=20), hall.wait("người đến sau", ago=5)
    lan.post(talk(second, "claim"))
    lan.post(talk(second, "let_go"))
    page = lan.get("/waiting").text
    assert page.index(second) < page.index(first)
    assert "trả lại từ Chị lan" in page
    assert lan.post("/next").headers["location"] == f"/console/conversations/{second}?in=mine"


def test_the_order_is_that_of_the_queue_and_next_is_the_oldest(hall: Hall) -> None:
    lan = hall.enter("lan")
    keys = [hall.wait(f"câu {ago}", ago=ago) for ago in (3, 12, 7)]
    page = lan.get("/waiting").text
    assert sorted(keys, key=page.index) == [keys[1], keys[2], keys[0]]
    claimed = [lan.post("/next").headers["location"] for _ in keys]
    assert [key in place for key, place in zip((keys[1], keys[2], keys[0]), claimed)] == [True] * 3
    assert lan.post("/next").status_code == 409


def test_staff_step_in_and_give_back(hall: Hall) -> None:
    lan = hall.enter("lan")
    key = hall.people.arrive()
    hall.people.write(key)
    assert "Vào trả lời" in lan.get(talk(key)).text
    assert lan.post(talk(key, "step_in")).status_code == 303
    assert hall.people.state(key) == ("active", f"staff:{hall.ids['lan']}")
    assert lan.post(talk(key, "give_back")).status_code == 303
    assert hall.people.state(key) == ("closed", "bot")


def test_a_call_is_made_and_its_end_is_noted(hall: Hall) -> None:
    lan = hall.enter("lan")
    keys = [hall.wait() for _ in range(2)]
    with hall.sessions.begin() as session:
        session.execute(sa.update(Handoff).values(state="callback", contact="0912345678"))
    assert "chờ được gọi lại" in lan.get("/calls").text
    for key, step, state in zip(keys, ("reached", "not_reached"), ("closed", "callback")):
        assert lan.post(talk(key, "call")).status_code == 303
        assert "Gọi được" in lan.get(talk(key)).text
        assert lan.post(talk(key, step)).status_code == 303
        assert hall.state(key) == state


def test_a_viewer_looks_and_can_do_nothing(hall: Hall) -> None:
    viewer = hall.enter("xem", "viewer")
    key = hall.wait()
    page = viewer.get(talk(key)).text
    for sign in ("<textarea", "head-steps", 'id="composer-why"', "/claim"):
        assert sign not in page
    assert "không trả lời" in page
    for step in ("claim", "step_in", "reply", "note", "draft", "typing", "close", "take_over"):
        assert viewer.post(talk(key, step)).status_code == 403, step


@pytest.mark.parametrize("step", ["", "lines", "people"])
def test_what_is_another_units_is_not_there(hall: Hall, step: str) -> None:
    hoa, key = hall.enter("hoa", unit=LA_GI), hall.wait(unit=PHAN_THIET)
    assert hoa.get(talk(key, step)).status_code == 404
    assert hoa.get(talk("b8e60d2c-7a2f-4f0f-9a47-0d6f4f6f7a09", step)).status_code == 404


@pytest.mark.parametrize("step", ["claim", "step_in", "reply", "note", "draft", "typing", "close", "call"])
def test_nothing_is_done_with_what_is_another_units(hall: Hall, step: str) -> None:
    hoa, key = hall.enter("hoa", unit=LA_GI), hall.wait(unit=PHAN_THIET)
    fields = {"text": "x", "kind": "reply", "key": key, "reason": "answered", "bot_could": "no"}
    before = hall.people.handoff(key).version
    assert hoa.post(talk(key, step), **fields).status_code == 404
    assert hall.people.handoff(key).version == before


def test_many_are_ended_at_once_and_what_was_not_possible_is_told(hall: Hall) -> None:
    lan, hoa = hall.enter("lan"), hall.enter("hoa")
    keys = [hall.wait() for _ in range(4)]
    for key in keys[:2]:
        lan.post(talk(key, "claim"))
        reply(lan, key)
    hoa.post(talk(keys[2], "claim"))
    page = lan.post("/bulk", ids=",".join(keys), do="silent").text
    assert "Xong 2 cuộc" in page
    assert "1 cuộc không làm được: Chị hoa đang phụ trách" in page
    assert "1 cuộc không làm được: Cuộc trò chuyện đã chuyển sang trạng thái khác" in page
    assert [hall.state(key) for key in keys] == ["rating", "rating", "active", "queued"]
    assert len(hall.audit("step_close")) == 2
    for nonsense in ({"ids": "x", "do": "silent"}, {"ids": keys[0], "do": "erase"}):
        assert lan.post("/bulk", **nonsense).status_code == 422


def test_a_province_person_narrows_the_lists_to_a_unit(hall: Hall) -> None:
    lan, hoa = hall.enter("lan"), hall.enter("hoa", unit=LA_GI)
    here, there = hall.wait(unit=PHAN_THIET), hall.wait(unit=LA_GI)
    assert {here, there} <= keys_in(lan)
    assert lan.post("/unit", unit=LA_GI).status_code == 303
    assert keys_in(lan) & {here, there} == {there}
    assert lan.post("/unit", unit="77777").status_code == 422
    assert hoa.post("/unit", unit=PHAN_THIET).status_code == 422
    assert keys_in(hoa) & {here, there} == {there}


def keys_in(browser: Browser) -> set[str]:
    page = browser.get("/waiting").text
    return {part.split("?")[0] for part in page.split('href="/console/conversations/')[1:]}
