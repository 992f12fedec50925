"""From a Zalo Bot event to what came in, in no channel's own words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.inbound import Attachment, Inbound, Kind, provider_key

_KINDS: Mapping[str, Kind] = {
    "message.text.received": "text",
    "message.image.received": "image",
    "message.sticker.received": "sticker",
    "message.voice.received": "voice",
    # a protected account, a file or a card: it comes without content
    "message.unsupported.received": "unsupported",
}
_ADDRESSES: Mapping[Kind, tuple[str, ...]] = {"image": ("photo", "photo_url"), "voice": ("voice_url", "voice")}
_LONGEST_ID, _LONGEST_ADDRESS = 100, 1000


@dataclass(frozen=True)
class Arrival:
    """Something for the conversation ``external_id``."""

    external_id: str
    inbound: Inbound


@dataclass(frozen=True)
class Skipped:
    """Something that is only counted, by ``kind``."""

    kind: str


def unwrapped(data: object) -> object:
    """Return the event of a webhook's body: documented within ``result``, seen without it too."""
    if isinstance(data, dict) and "event_name" not in data and "result" in data:
        return data["result"]
    return data


def read_event(event: object) -> Arrival | Skipped:
    """Return what an event says. Whatever is in it, nothing is raised."""
    try:
        return _read(event) if isinstance(event, dict) else Skipped("malformed")
    except (LookupError, TypeError, ValueError, OverflowError, AttributeError, OSError):
        return Skipped("malformed")


def _read(event: dict[str, Any]) -> Arrival | Skipped:
    kind = _KINDS.get(event["event_name"])
    if kind is None:
        return Skipped("unknown")
    message = event["message"]
    sender, chat_id = message.get("from") or {}, _id(message["chat"]["id"])
    if sender.get("is_bot"):  # our own words, or another program's
        return Skipped("bot")
    if str(message["chat"].get("chat_type") or _guess(chat_id, sender)).upper() != "PRIVATE":
        return Skipped("group")
    return Arrival(chat_id, _inbound(kind, message))


def _guess(chat_id: str, sender: Mapping[str, Any]) -> str:
    return "PRIVATE" if sender.get("id") == chat_id else ""


def _inbound(kind: Kind, message: Mapping[str, Any]) -> Inbound:
    text = message["text"] if kind == "text" else message.get("caption") or ""
    if not isinstance(text, str):
        raise ValueError("no text")
    attachment = Attachment(url=_address(message, _ADDRESSES[kind])) if kind in _ADDRESSES else None
    at = dt.datetime.fromtimestamp(int(message["date"]) / 1000, dt.timezone.utc) if message.get("date") else None
    return Inbound(provider_key(_id(message["message_id"])), text, kind=kind, attachment=attachment, at=at)


def _address(message: Mapping[str, Any], names: tuple[str, ...]) -> str:
    found = (message.get(name) for name in names)
    return next((raw for raw in found if isinstance(raw, str) and _is_address(raw)), "")


def _is_address(raw: str) -> bool:
    return raw.startswith("https://") and len(raw) <= _LONGEST_ADDRESS and raw.isprintable()


def _id(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_ID or not value.isprintable():
        raise ValueError("no id")
    return value
