"""From a Telegram update to what came in, in no channel's own words."""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass
from typing import Any

from telegram import Bot, CallbackQuery, ChatMember, ChatMemberUpdated, Message, Update
from telegram.constants import ChatType

from bot.choices import read_tap_code
from bot.inbound import Attachment, Contact, Inbound, Kind, Place, provider_key

_START = re.compile(r"/start(?:@\w+)?(?:\s+(.*))?", re.DOTALL)
# Sent by people, and nothing we could read; everything else without words is a notice of Telegram's own.
_STRANGE = ("poll", "dice", "game", "story", "paid_media", "invoice", "passport_data", "checklist")
_LONGEST_WORD = 250
_BIGGEST_ID, _BIGGEST_SIZE = 2**53, 2**31 - 1


@dataclass(frozen=True)
class Arrival:
    """Something for the conversation ``external_id``.

    ``tapped`` is the id of a tap that waits for an answer. What carries the same ``once`` within a
    moment is one thing to the citizen: a button hit twice, the pictures of an album.
    """

    external_id: str
    inbound: Inbound
    tapped: str = ""
    once: str = ""


@dataclass(frozen=True)
class Skipped:
    """Something that is only counted, by ``kind``; ``leave`` is a group that the bot was put into."""

    kind: str
    tapped: str = ""
    leave: int | None = None


def read_update(raw: object, bot: Bot) -> Arrival | Skipped:
    """Return what an update says. Whatever is in it, nothing is raised."""
    try:
        if not isinstance(raw, dict):
            return Skipped("malformed")
        update = Update.de_json(raw, bot)
        return _read(update)
    except Exception:  # the library checks no types; a field of another shape shows anywhere
        return Skipped("malformed")


def _read(update: Update) -> Arrival | Skipped:
    _whole(update.update_id)
    if update.message:
        return _message(update.message)
    if update.edited_message:
        return _edited(update.edited_message, update.update_id)
    if update.callback_query:
        return _tapped(update.callback_query)
    if update.my_chat_member:
        return _membership(update.my_chat_member, update.update_id)
    return Skipped("unknown")


def _message(message: Message) -> Arrival | Skipped:
    if message.chat.type != ChatType.PRIVATE:
        return Skipped("group")
    inbound = _content(message)
    if inbound is None:
        return Skipped("notice")
    album = f"album:{_word(message.media_group_id)}" if message.media_group_id else ""
    return Arrival(str(_whole(message.chat.id)), inbound, once=album)


def _content(message: Message) -> Inbound | None:
    if message.text:
        return _typed(message)
    if message.contact:
        card = message.contact
        is_own = bool(message.from_user and card.user_id is not None and card.user_id == message.from_user.id)
        name = " ".join(part for part in (card.first_name, card.last_name) if part)
        return _inbound(message, "contact", contact=Contact(_text(card.phone_number), _text(name), is_own))
    if message.location:
        return _inbound(message, "location", place=_place(message))
    found = _attachment(message)
    if found:
        kind, attachment = found
        return _inbound(message, kind, text=_text(message.caption or ""), attachment=attachment)
    if message.sticker:
        return _inbound(message, "sticker")
    if any(getattr(message, name, None) for name in _STRANGE):
        return _inbound(message, "unsupported")
    return None


def _inbound(message: Message, kind: Kind, **more: Any) -> Inbound:
    return Inbound(_key(message), kind=kind, at=message.date, **more)


def _key(message: Message) -> str:
    return provider_key(str(_whole(message.message_id)))


def _typed(message: Message) -> Inbound:
    text = _text(message.text)
    start = _START.fullmatch(text.strip())
    return _inbound(message, "start", text=start.group(1) or "") if start else _inbound(message, "text", text=text)


def _place(message: Message) -> Place:
    latitude, longitude = float(message.location.latitude), float(message.location.longitude)  # type: ignore[union-attr]
    if not (math.isfinite(latitude) and math.isfinite(longitude)):
        raise ValueError("no position")
    name = _text(message.venue.title) if message.venue else ""
    return Place(latitude, longitude, name)


def _attachment(message: Message) -> tuple[Kind, Attachment] | None:
    if message.photo:  # the same picture in several sizes
        largest = max(message.photo, key=lambda photo: photo.width * photo.height)
        return "image", _file(largest, media_type="image/jpeg")
    # an animation also stands there as a document, for older programs
    kinds: tuple[tuple[Kind, str], ...] = (
        ("video", "animation"),
        ("file", "document"),
        ("video", "video"),
        ("video", "video_note"),
        ("voice", "voice"),
        ("voice", "audio"),
    )
    for kind, name in kinds:
        found = getattr(message, name)
        if found:
            return kind, _file(found)
    return None


def _file(file: Any, media_type: str = "") -> Attachment:
    return Attachment(
        file_id=_word(file.file_id),
        name=_text(getattr(file, "file_name", None) or ""),
        size=min(max(0, int(file.file_size or 0)), _BIGGEST_SIZE),
        media_type=_word(media_type or getattr(file, "mime_type", None) or ""),
    )


def _edited(message: Message, update_id: int) -> Arrival | Skipped:
    """A live position comes as an edit without words, every few seconds."""
    if message.chat.type != ChatType.PRIVATE:
        return Skipped("group")
    text = _text(message.text or message.caption or "")
    if not text:
        return Skipped("edit_without_words")
    # "/start" again would be a question about nothing; as words it is one that is seen to
    inbound = Inbound(f"edit:{update_id}", text, kind="edit", edits=_key(message), at=_now_of(message.edit_date))
    return Arrival(str(_whole(message.chat.id)), inbound)


def _now_of(moment: object) -> dt.datetime | None:
    return moment if isinstance(moment, dt.datetime) else None


def _tapped(query: CallbackQuery) -> Arrival | Skipped:
    query_id = _word(query.id)
    tap = read_tap_code(query.data) if isinstance(query.data, str) else None
    if query.message is None or tap is None:
        return Skipped("unknown_button", query_id)
    if query.message.chat.type != ChatType.PRIVATE:
        return Skipped("group", query_id)
    inbound = Inbound(provider_key(f"tap:{query_id}"), tap=tap, kind="tap")
    return Arrival(str(_whole(query.message.chat.id)), inbound, query_id, f"tap:{tap.seq}:{tap.index}")


def _membership(change: ChatMemberUpdated, update_id: int) -> Arrival | Skipped:
    status = change.new_chat_member.status
    if change.chat.type != ChatType.PRIVATE:
        is_in = status in (ChatMember.MEMBER, ChatMember.ADMINISTRATOR, ChatMember.RESTRICTED)
        return Skipped("group", leave=_whole(change.chat.id) if is_in else None)
    if status != ChatMember.BANNED:  # who comes back sends /start besides
        return Skipped("notice")
    inbound = Inbound(f"member:{update_id}", kind="unfollow", at=change.date)
    return Arrival(str(_whole(change.chat.id)), inbound)


def _whole(value: object) -> int:
    if type(value) is not int or abs(value) > _BIGGEST_ID:
        raise ValueError("no id")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("no text")
    return value


def _word(value: object) -> str:
    """Return an id or a type as it stands; what could not be stored is none."""
    text = _text(value)
    if len(text) > _LONGEST_WORD or not text.isprintable():
        raise ValueError("no word")
    return text
