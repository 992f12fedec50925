"""Wanting notices and stopping them, by buttons and by words; what is meant for a form or for people stays theirs."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from bot.notices.phrases import understand
from knowledge.dossiers.subscriptions import MOST
from knowledge.models import Consent, Handoff, Message, OutboxItem, Subscription, utc_now
from knowledge.reply import Block, Reply
from tests.bot.notices.scene import CODE, OTHER, Scene

QUESTION = Reply("clarify", ((Block("text", text="?"),),))


@pytest.fixture
def citizen(scene: Scene) -> str:
    """A citizen who follows two dossiers."""
    name = scene.arrive()
    for code in (CODE, OTHER):
        scene.file(code)
        scene.follow(name, code)
    return name


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("dừng", "stop"),
        ("Dừng lại đi em ạ.", "stop"),
        ("STOP", "stop"),
        ("dung", "doubtful"),
        ("đúng", None),
        ("đúng rồi em", None),
        ("huỷ nhắc", "stop_notices"),
        ("huy nhac", "stop_notices"),
        ("dung nhan tin", "stop_notices"),
        ("Đừng nhắn tin cho tôi nữa nhé!", "stop_notices"),
        (f"thôi báo hồ sơ {CODE}", "stop_notices"),
        ("tắt thông báo", "stop_notices"),
        ("em đang theo dõi hồ sơ nào", "list"),
        ("danh sach theo doi", "list"),
        ("Báo cho em khi có thay đổi", "wish"),
        ("bao em khi ho so co ket qua", "wish"),
        (f"nhắc tôi khi hồ sơ {CODE} có kết quả", "wish"),
        ("hủy", None),
        ("thôi", None),
        ("dừng hoạt động kinh doanh cần giấy gì", None),
        ("thông báo lưu trú", None),
        ("bao nhiêu tiền", None),
        ("dừng " * 100, None),
    ],
)
def test_what_phrases_mean(text: str, meaning: str | None) -> None:
    said = understand(text)
    assert (said and said.meaning) == meaning


def test_a_tap_is_consent_for_one_dossier(scene: Scene) -> None:
    name = scene.arrive()
    for code in (CODE, OTHER):
        scene.file(code)
    seq = scene.show(name, CODE, OTHER)
    said = scene.tap(name, seq, 1)
    assert said and OTHER in said and CODE not in said and "“dừng”" in said
    assert scene.followed(name) == [OTHER]
    assert scene.rows(sa.select(Consent.purpose)) == ["dossier_notices"]
    scene.tap(name, seq, 1)  # once more changes nothing
    (row,) = scene.rows(sa.select(Subscription))
    assert (row.source, row.status, row.ended_at) == ("own", 4, None)
    assert scene.rows(sa.select(Consent.version)) == ["1"]


def test_words_are_as_good_as_a_tap_while_the_offer_stands(scene: Scene) -> None:
    name, other = scene.arrive(), scene.arrive()
    scene.file()
    assert scene.write(name, "báo em khi có thay đổi") is None  # nothing was proven: the dialogue asks for the code
    scene.show(name, CODE)
    assert CODE in (scene.write(name, "báo em khi có thay đổi") or "")
    assert (scene.followed(name), scene.followed(other)) == ([CODE], [])


def test_an_old_offer_wants_the_proof_again(scene: Scene) -> None:
    name = scene.arrive()
    scene.file()
    seq = scene.show(name, CODE)
    with scene.sessions.begin() as session:
        session.execute(sa.update(Message).values(created_at=utc_now() - dt.timedelta(hours=25)))
    assert "tra lại hồ sơ" in (scene.tap(name, seq, 0) or "")
    assert scene.write(name, "báo em khi có thay đổi") is None
    assert scene.followed(name) == []


def test_tools_cannot_be_told_of_anything(scene: Scene) -> None:
    name = scene.arrive("rest")
    scene.file()
    assert "không nhắn trước" in (scene.tap(name, scene.show(name, CODE), 0) or "")
    assert scene.followed(name) == []


def test_there_is_an_end_to_how_many(scene: Scene) -> None:
    name = scene.arrive()
    for number in range(MOST + 1):
        scene.file(f"000.15.H36-261110-{number:04}")
    for number in range(MOST):
        scene.follow(name, f"000.15.H36-261110-{number:04}")
    said = scene.tap(name, scene.show(name, f"000.15.H36-261110-{MOST:04}"), 0)
    assert f"{MOST} hồ sơ" in (said or "") and len(scene.followed(name)) == MOST


@pytest.mark.parametrize("text", ["dừng", "huỷ nhắc", "dung nhan tin", "Ngừng thông báo giúp tôi"])
def test_one_word_stops_everything_at_once(scene: Scene, citizen: str, text: str) -> None:
    scene.say(citizen, QUESTION, "notice:1:status:5:0")
    said = scene.write(citizen, text)
    assert said == "Dạ, em đã dừng báo tất cả hồ sơ trong cuộc trò chuyện này."
    assert scene.followed(citizen) == []
    assert set(scene.rows(sa.select(Subscription.why))) == {"stopped"}
    assert scene.rows(sa.select(OutboxItem.state).order_by(OutboxItem.id)) == ["dropped", "pending"]


@pytest.mark.parametrize(
    ("columns", "newest", "text", "left"),
    [
        ({"expects": "proof"}, "", "dừng", 2),  # ends the form, as the form says
        ({"expects": "proof"}, "notice:1:due:x", "dừng", 0),
        ({"expects": "proof"}, "", "dừng nhắn tin", 0),
        ({}, "", "dung", 2),  # may be "đúng"
        ({}, "notice:1:due:x", "dung", 0),
        ({"owner": "staff:1"}, "", "dừng", 0),  # whoever owns it: to withdraw is always possible
        ({"owner": "people"}, "", "huỷ nhắc", 0),
        ({"owner": "people"}, "", "hủy", 2),  # that is about waiting for a person
    ],
)
def test_what_stops_and_what_is_meant_for_others(
    scene: Scene, citizen: str, columns: dict[str, str], newest: str, text: str, left: int
) -> None:
    scene.say(citizen, QUESTION, newest)
    scene.set(citizen, **columns)
    said = scene.write(citizen, text)
    assert len(scene.followed(citizen)) == left
    assert (said is not None and "dừng báo" in said) is (left == 0)
    assert scene.rows(sa.select(Handoff.id)) == []


def test_without_anything_to_stop_a_bare_word_is_about_something_else(scene: Scene) -> None:
    name = scene.arrive()
    assert scene.write(name, "dừng") is None
    assert "không báo về hồ sơ nào" in (scene.write(name, "hủy nhắc") or "")
    scene.set(name, expects="proof")
    assert scene.write(name, "hủy nhắc") is None  # the form hears it
    scene.set(name, owner="staff:1", expects="")
    assert scene.write(name, "hủy nhắc") is None  # said to the person


def test_they_are_listed_and_ended_one_by_one(scene: Scene, citizen: str) -> None:
    said = scene.write(citizen, "em đang theo dõi hồ sơ nào?")
    assert said and CODE in said and OTHER in said
    seq = scene.rows(sa.select(sa.func.max(Message.seq)).where(Message.conversation_id == citizen))[0]
    for number in (1, 2):
        scene.say(citizen, QUESTION, f"notice:{number}:0:status")
    assert OTHER in (scene.tap(citizen, seq, 1) or "")
    assert scene.followed(citizen) == [CODE]
    assert scene.rows(sa.select(OutboxItem.state).order_by(OutboxItem.id))[1:3] == ["pending", "dropped"]
    assert "không báo về hồ sơ" in (scene.write(citizen, f"thôi báo {OTHER}") or "")
    assert CODE in (scene.write(citizen, f"thôi báo {CODE.lower()}") or "")
    assert scene.followed(citizen) == []
    assert "không báo về hồ sơ nào" in (scene.write(citizen, "danh sách theo dõi") or "")
