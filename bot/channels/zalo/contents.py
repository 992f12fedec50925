"""What citizens put into Zalo's messages: texts, places, files, cards."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from bot.choices import read_tap_code
from bot.errors import BotError
from bot.inbound import Attachment, Contact, Inbound, Kind, Place
from bot.messages import clean

_LONGEST_URL, _LONGEST_NAME = 2000, 120
_BIGGEST_FILE = 2**31 - 1
_MOST_ATTACHMENTS = 20
_KINDS: Mapping[str, Kind] = {
    "image": "image",
    "gif": "image",
    "file": "file",
    "video": "video",
    "audio": "voice",
    "sticker": "sticker",
}


class BadEvent(BotError):
    """A genuine event that is not of the published form; the message names the part."""


def read_message(name: str, message: Mapping[str, Any]) -> tuple[Inbound, ...]:
    """Return what a message says, one thing for each of its attachments; ``name`` as in ``user_send_NAME``.

    Keys and times are still missing. Raises BadEvent.
    """
    text = text_of(message.get("text"))
    if name == "text":
        return (_typed(text),)
    attachments = message.get("attachments")
    if not isinstance(attachments, list) or not attachments:
        raise BadEvent("attachments")
    things = [_attached(name, one) for one in attachments[:_MOST_ATTACHMENTS]]
    return (_captioned(things[0], text), *things[1:])


def text_of(raw: object) -> str:
    """Return a text that every database keeps, "" for what is no text."""
    return clean(raw) if isinstance(raw, str) else ""


def stamped(inbound: Inbound, client_id: str, at: dt.datetime) -> Inbound:
    """Return the thing with its key and its time."""
    return replace(inbound, client_id=client_id, at=at)


def _typed(text: str) -> Inbound:
    tap = read_tap_code(text)
    return Inbound("", kind="tap", tap=tap) if tap else Inbound("", text)


def _attached(name: str, raw: object) -> Inbound:
    if not isinstance(raw, Mapping) or not isinstance(raw.get("payload"), Mapping):
        raise BadEvent("attachment")
    payload = raw["payload"]
    if name == "location":
        return _place(payload)
    if name == "business_card":
        return Inbound("", kind="contact", contact=_card(payload))
    if name == "link":
        return Inbound("", address_of(payload.get("url")) or text_of(payload.get("description")))
    return Inbound("", kind=_KINDS[name], attachment=_file(name, payload))


def _captioned(thing: Inbound, text: str) -> Inbound:
    """A link stands in the text already; the text beside a position is the name of the place."""
    if thing.place is not None:
        return replace(thing, place=replace(thing.place, name=text))
    return replace(thing, text=text or thing.text)


def _place(payload: Mapping[str, Any]) -> Inbound:
    where = payload.get("coordinates")
    if not isinstance(where, Mapping):
        raise BadEvent("coordinates")
    place = Place(_degrees(where.get("latitude"), 90), _degrees(where.get("longitude"), 180))
    return Inbound("", kind="location", place=place)


def _degrees(raw: object, most: float) -> float:
    try:
        found = float(raw) if isinstance(raw, (str, int, float)) else math.nan
    except (ValueError, OverflowError):
        found = math.nan
    if not abs(found) <= most:
        raise BadEvent("coordinates")
    return found


def _file(name: str, payload: Mapping[str, Any]) -> Attachment:
    return Attachment(
        # named as http now and then; what citizens send is fetched encrypted or not at all
        url=address_of(payload.get("url")).replace("http://", "https://", 1),
        file_id=text_of(payload.get("id"))[:_LONGEST_NAME],
        name=text_of(payload.get("name"))[:_LONGEST_NAME],
        size=_size(payload.get("size")),
        media_type=text_of(payload.get("type"))[:_LONGEST_NAME] or name,
    )


def _size(raw: object) -> int:
    is_number = isinstance(raw, (str, int)) and str(raw).isascii() and str(raw).isdecimal() and len(str(raw)) < 11
    return min(int(str(raw)), _BIGGEST_FILE) if is_number else 0


def address_of(raw: object) -> str:
    """Return a web address that may be kept, "" for anything else."""
    address = text_of(raw)
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    is_web = parts.scheme in ("http", "https") and bool(parts.netloc) and parts.username is None
    return address if is_web and len(address) <= _LONGEST_URL else ""


def _card(payload: Mapping[str, Any]) -> Contact:
    """A card's description is JSON in a text; one that cannot be read is kept as a name."""
    described = text_of(payload.get("description"))
    try:
        card = json.loads(described)
    except (ValueError, RecursionError):
        card = None
    if not isinstance(card, Mapping):
        return Contact("", described[:_LONGEST_NAME])
    return Contact(text_of(card.get("phone")), text_of(card.get("caption") or card.get("name")))


def read_info(info: Mapping[str, Any]) -> Inbound:
    """Return what a citizen filled into Zalo's form, of the present shape or the one before it."""
    whole = info.get("full_address")
    parts = whole if isinstance(whole, Mapping) else info
    names = ("user_address", "user_ward", "user_city") if parts is whole else ("address", "ward", "district", "city")
    address = ", ".join(text for text in (text_of(parts.get(name)) for name in names) if text)
    phone = info.get("phone")
    phone = str(phone) if type(phone) is int else text_of(phone)
    # typed into a form: nothing proves that the number is the sender's own
    return Inbound("", kind="contact", contact=Contact(phone, text_of(info.get("name")), address=address))
