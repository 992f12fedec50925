"""What each of the Zalo Bot Platform's events says; and that no event, however broken, does harm."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings

from bot.channels.zalo_bot.reading import Arrival, Skipped, read_event, unwrapped
from bot.inbound import Attachment, Inbound
from tests.fakes.damage import damaged
from tests.fakes.zalo_bot import event

AT = dt.datetime.fromtimestamp(1750316131.602, dt.timezone.utc)
PICTURE = "https://photo-stal-1.zdn.vn/a.jpg"


def got(kind: str, text: str = "", **more: Any) -> Arrival:
    return Arrival("6ede", Inbound("m:2d75", text, kind=kind, at=AT, **more))  # type: ignore[arg-type]


def said(name: str, chat: dict[str, Any] | None = None, **content: Any) -> dict[str, Any]:
    found = event(name, "6ede", "2d75", **content)
    found["message"]["chat"] = chat or found["message"]["chat"]
    return found


EVENTS = [
    (said("text", text="Xin chào"), got("text", "Xin chào")),
    (said("image", photo=PICTURE, caption="đơn"), got("image", "đơn", attachment=Attachment(PICTURE))),
    (said("image", photo_url=PICTURE), got("image", attachment=Attachment(PICTURE))),
    (said("image", photo="file:///etc/passwd"), got("image", attachment=Attachment())),
    (said("voice", voice_url=PICTURE), got("voice", attachment=Attachment(PICTURE))),
    (said("sticker", sticker="a8c5"), got("sticker")),
    (said("unsupported"), got("unsupported")),
    (said("text", {"id": "6ede"}, text="Xin chào"), got("text", "Xin chào")),
    (said("text", {"id": "9a", "chat_type": "GROUP"}, text="Xin chào"), Skipped("group")),
    (said("text", {"id": "9a"}, text="Xin chào"), Skipped("group")),
    (said("reaction"), Skipped("unknown")),
    ({**said("text"), "message": {**said("text")["message"], "from": {"id": "1", "is_bot": True}}}, Skipped("bot")),
]


@pytest.mark.parametrize(("found", "wanted"), EVENTS)
def test_events(found: dict[str, Any], wanted: Arrival | Skipped) -> None:
    assert read_event(found) == wanted
    assert read_event(unwrapped({"ok": True, "result": found})) == wanted
    assert read_event(unwrapped(found)) == wanted


BROKEN: list[Any] = [
    None,
    [],
    {},
    {"event_name": []},
    {"event_name": "message.text.received"},
    said("text"),
    said("text", text=5),
    said("text", {"id": 7, "chat_type": "PRIVATE"}, text="a"),
    said("text", {"id": "7\x00", "chat_type": "PRIVATE"}, text="a"),
    said("text", text="a", date="yesterday"),
    said("text", text="a", date=10**30),
    {"event_name": "message.text.received", "message": {"chat": {"id": "7", "chat_type": "PRIVATE"}, "text": "a"}},
]


@pytest.mark.parametrize("raw", BROKEN)
def test_what_is_no_event_is_counted(raw: Any) -> None:
    assert read_event(raw) == Skipped("malformed")


@given(damaged([found for found, _ in EVENTS]))
@settings(max_examples=500, deadline=None)
def test_damaged_events_never_raise(raw: Any) -> None:
    found = read_event(unwrapped(raw))
    if isinstance(found, Arrival):
        assert len(found.external_id) <= 100 and len(found.inbound.client_id) <= 64
