"""What each of Telegram's updates says; and that no update, however broken, does harm."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from telegram import Bot

from bot.channels.telegram.reading import Arrival, Skipped, read_update
from bot.inbound import Attachment, Contact, Inbound, Place, Tap
from tests.fakes.damage import damaged
from tests.fakes.telegram import BOT, chat, message, user

READER = Bot("1:a")
AT = dt.datetime.fromtimestamp(1700000000, dt.timezone.utc)
GROUP = {"id": -5, "type": "group", "title": "Tổ 4"}
FILE = {"file_id": "BQAC-1", "file_unique_id": "u1", "file_size": 9000}
PHOTO = {"file_id": "AgAC-1", "file_unique_id": "u2", "width": 90, "height": 60, "file_size": 1000}
OWN = {"phone_number": "0900000001", "first_name": "Hà", "last_name": "Lê", "user_id": 7}
VENUE = {"location": {"latitude": 11.94, "longitude": 108.44}, "title": "UBND phường Xuân Hương", "address": "Đà Lạt"}


def got(kind: str, text: str = "", **more: Any) -> Inbound:
    return Inbound("m:55", text, kind=kind, at=AT, **more)  # type: ignore[arg-type]


CONTENTS = [
    ({"text": "đăng ký khai sinh"}, got("text", "đăng ký khai sinh")),
    ({"text": "/start"}, got("start")),
    ({"text": "/start@tro_ly_bot 1_001193"}, got("start", "1_001193")),
    ({"text": "/started"}, got("text", "/started")),
    ({"contact": OWN}, got("contact", contact=Contact("0900000001", "Hà Lê", is_own=True))),
    ({"contact": {**OWN, "user_id": 8}}, got("contact", contact=Contact("0900000001", "Hà Lê"))),
    ({"contact": {"phone_number": "1", "first_name": "Hà"}}, got("contact", contact=Contact("1", "Hà"))),
    ({"location": {"latitude": 11.94, "longitude": 108.44}}, got("location", place=Place(11.94, 108.44))),
    (
        {"location": VENUE["location"], "venue": VENUE},
        got("location", place=Place(11.94, 108.44, "UBND phường Xuân Hương")),
    ),
    (
        {"photo": [PHOTO, {**PHOTO, "file_id": "AgAC-2", "width": 900, "height": 600, "file_size": 80000}]},
        got("image", attachment=Attachment(file_id="AgAC-2", size=80000, media_type="image/jpeg")),
    ),
    (
        {"document": {**FILE, "file_name": "đơn.pdf", "mime_type": "application/pdf"}, "caption": "xem giúp em"},
        got("file", "xem giúp em", attachment=Attachment("", "BQAC-1", "đơn.pdf", 9000, "application/pdf")),
    ),
    ({"voice": {**FILE, "duration": 3}}, got("voice", attachment=Attachment(file_id="BQAC-1", size=9000))),
    ({"audio": {**FILE, "duration": 3}}, got("voice", attachment=Attachment(file_id="BQAC-1", size=9000))),
    (
        {"video": {**FILE, "duration": 3, "width": 9, "height": 9}},
        got("video", attachment=Attachment(file_id="BQAC-1", size=9000)),
    ),
    (
        {"animation": {**FILE, "duration": 3, "width": 9, "height": 9}, "document": FILE},
        got("video", attachment=Attachment(file_id="BQAC-1", size=9000)),
    ),
    (
        {"video_note": {**FILE, "duration": 3, "length": 9}},
        got("video", attachment=Attachment(file_id="BQAC-1", size=9000)),
    ),
    (
        {"sticker": {**FILE, "type": "regular", "width": 9, "height": 9, "is_animated": False, "is_video": False}},
        got("sticker"),
    ),
    ({"dice": {"emoji": "🎲", "value": 3}}, got("unsupported")),
]


@pytest.mark.parametrize(("content", "inbound"), CONTENTS, ids=[next(iter(content)) for content, _ in CONTENTS])
def test_messages(content: dict[str, Any], inbound: Inbound) -> None:
    assert read_update({"update_id": 9, "message": message(7, 55, **content)}, READER) == Arrival("7", inbound)


def query(data: str | None, where: dict[str, Any] | None = None) -> dict[str, Any]:
    under = {"message_id": 54, "from": BOT, "chat": where or chat(7), "date": 1700000000, "text": "?"}
    return {"callback_query": {"id": "31", "from": user(7), "message": under, "chat_instance": "9", "data": data}}


def member(status: str, where: dict[str, Any]) -> dict[str, Any]:
    states = {"old_chat_member": _member("left"), "new_chat_member": _member(status)}
    return {"my_chat_member": {"chat": where, "from": user(7), "date": 1700000000, **states}}


def _member(status: str) -> dict[str, Any]:
    return {"user": BOT, "status": status, **({"until_date": 0} if status == "kicked" else {})}


EDIT = {**message(7, 55, text="khai tử"), "edit_date": 1700000000}
LIVE = {**message(7, 55, location=VENUE["location"]), "edit_date": 1700000000}
UPDATES = [
    (query("#t:5:1"), Arrival("7", Inbound("m:tap:31", tap=Tap(5, 1), kind="tap"), "31", "tap:5:1")),
    (query("something else"), Skipped("unknown_button", "31")),
    (query(None), Skipped("unknown_button", "31")),
    (query("#t:5:1", GROUP), Skipped("group", "31")),
    (
        {"message": message(7, 55, photo=[PHOTO], media_group_id="13")},
        Arrival("7", got("image", attachment=Attachment("", "AgAC-1", "", 1000, "image/jpeg")), once="album:13"),
    ),
    ({"edited_message": EDIT}, Arrival("7", Inbound("edit:9", "khai tử", kind="edit", edits="m:55", at=AT))),
    ({"edited_message": LIVE}, Skipped("edit_without_words")),
    ({"edited_message": {**EDIT, "chat": GROUP}}, Skipped("group")),
    (member("kicked", chat(7)), Arrival("7", Inbound("member:9", kind="unfollow", at=AT))),
    (member("member", chat(7)), Skipped("notice")),
    (member("member", GROUP), Skipped("group", leave=-5)),
    (member("left", GROUP), Skipped("group")),
    ({"message": {**message(7, 55, text="chào cả nhà"), "chat": GROUP}}, Skipped("group")),
    ({"message": message(7, 55, pinned_message=message(7, 54, text="a"))}, Skipped("notice")),
    ({"of_tomorrow": {"from": user(7)}}, Skipped("unknown")),
    ({}, Skipped("unknown")),
]


@pytest.mark.parametrize(("kinds", "found"), UPDATES)
def test_other_updates(kinds: dict[str, Any], found: Arrival | Skipped) -> None:
    assert read_update({"update_id": 9, **kinds}, READER) == found


BROKEN: list[Any] = [
    None,
    [],
    "text",
    {},
    {"update_id": "9"},
    {"update_id": 9, "message": 5},
    {"update_id": 9, "message": {}},
    {"update_id": 9, "message": message(7, 55, text=5)},
    {"update_id": 9, "message": {**message(7, 55, text="a"), "chat": {"id": "7", "type": "private"}}},
    {"update_id": 9, "message": {**message(7, 55, text="a"), "message_id": None}},
    {"update_id": 9, "message": {**message(7, 55, text="a"), "date": 10**30}},
    {"update_id": 9, "message": message(7, 55, location={"latitude": float("nan"), "longitude": 0})},
    {"update_id": 9, "message": message(7, 55, document={"file_id": "a\x00", "file_unique_id": "b"})},
    {"update_id": 9, "message": message(7, 55, photo=[{}])},
]


@pytest.mark.parametrize("raw", BROKEN)
def test_what_is_no_update_is_counted(raw: Any) -> None:
    assert isinstance(read_update(raw, READER), Skipped)


WHOLE = [{"update_id": 9, "message": message(7, 55, **content)} for content, _ in CONTENTS]
WHOLE += [{"update_id": 9, **kinds} for kinds, _ in UPDATES]


@given(damaged(WHOLE))
@settings(max_examples=500, deadline=None)
def test_damaged_updates_never_raise(raw: Any) -> None:
    found = read_update(raw, READER)
    if isinstance(found, Arrival):
        assert len(found.external_id) <= 20 and len(found.inbound.client_id) <= 64
