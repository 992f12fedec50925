"""What Zalo's events mean. Pure functions from the JSON of a webhook to what is to be done.

An id, a number and a moment are strings in all events. Zalo's ids of the two sides change places
between what a citizen does, what the account does, and receipts.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bot.channels.zalo import contents
from bot.channels.zalo.contents import BadEvent, text_of
from bot.channels.zalo.signature import moment, sent_at
from bot.inbound import Inbound, provider_key

_ID = re.compile(r"[0-9A-Za-z_.+-]{1,64}", re.ASCII)


@dataclass(frozen=True)
class Said:
    """Something for the conversation of a citizen, in order."""

    user_id: str
    inbounds: tuple[Inbound, ...]


@dataclass(frozen=True)
class Receipt:
    """Messages of ours that arrived or were seen, by Zalo's ids."""

    what: Literal["delivered", "seen"]
    message_ids: tuple[str, ...]
    at: dt.datetime


@dataclass(frozen=True)
class Echo:
    """A copy of what we have sent."""

    user_id: str
    text: str
    message_id: str


@dataclass(frozen=True)
class Counted:
    """Nothing to do; ``reason`` is a word for metrics, from a fixed list."""

    reason: str


Meaning = Said | Receipt | Echo | Counted


def read(event: Mapping[str, Any], oa_id: str, server: str = "") -> Meaning:
    """Return what an event means.

    ``oa_id`` "" takes the events of any account of the app; ``server`` is the header
    ``X-ZEvent-Server``. Raises BadEvent when something is missing or not of its kind.
    """
    name = event.get("event_name")
    if not isinstance(name, str) or not sent_at(event):
        raise BadEvent("head")
    reader = _reader(name)
    if reader is None:
        return Counted("unknown")
    if oa_id and server != "ZNS" and not _is_ours(event, oa_id):
        return Counted("other_account")
    return reader(name, event, oa_id)


Reader = Callable[[str, Mapping[str, Any], str], Meaning]


def _reader(name: str) -> Reader | None:
    if name in _READERS:
        return _READERS[name]
    if name.startswith(("anonymous_send_", "oa_send_anonymous_")):
        return _anonymous
    if name.startswith("oa_send_"):
        return _from_account
    return None


def _is_ours(event: Mapping[str, Any], oa_id: str) -> bool:
    return oa_id in (event.get("oa_id"), *(_inner(event, side).get("id") for side in ("sender", "recipient")))


def _inner(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = event.get(name)
    return found if isinstance(found, Mapping) else {}


def _message(event: Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(event.get("message"), Mapping):
        raise BadEvent("message")
    return _inner(event, "message")


def _identity(raw: object) -> str:
    if not isinstance(raw, str) or not _ID.fullmatch(raw):
        raise BadEvent("id")
    return raw


def _user(event: Mapping[str, Any], oa_id: str, side: str) -> str:
    """Return the citizen's id: that of ``side``, or of the other one when ``side`` is the account."""
    found = _identity(_inner(event, side).get("id"))
    other = "recipient" if side == "sender" else "sender"
    return _identity(_inner(event, other).get("id")) if found == oa_id else found


def _key(event: Mapping[str, Any], user_id: str) -> str:
    """Return the key of an event by Zalo's id of the message; without one, by what happened when to whom."""
    message_id = _inner(event, "message").get("msg_id")
    if isinstance(message_id, str) and message_id:
        return message_id
    return f"{event['event_name']}:{event['timestamp']}:{user_id}"


def _said(event: Mapping[str, Any], user_id: str, *inbounds: Inbound) -> Said:
    """Return the things said with their keys and time; several of one message have a key each."""
    key, at = _key(event, user_id), moment(sent_at(event))
    keyed = [contents.stamped(one, provider_key(f"{key}:{n}" if n else key), at) for n, one in enumerate(inbounds)]
    return Said(user_id, tuple(keyed))


def _from_citizen(name: str, event: Mapping[str, Any], oa_id: str) -> Meaning:
    user_id = _identity(_inner(event, "sender").get("id"))
    if user_id == oa_id or oa_id not in ("", _inner(event, "recipient").get("id")):
        return Counted("other_account")
    return _said(event, user_id, *contents.read_message(name.removeprefix("user_send_"), _message(event)))


def _from_account(name: str, event: Mapping[str, Any], oa_id: str) -> Meaning:
    """What the account sent: by a person in Zalo's own console, or by us."""
    message, user_id = _message(event), _user(event, oa_id, "recipient")
    text = text_of(message.get("text"))
    if _inner(event, "sender").get("admin_id"):
        return _said(event, user_id, Inbound("", text, kind="staff"))
    message_id = message.get("msg_id")
    if not text or not isinstance(message_id, str) or not _ID.fullmatch(message_id):
        return Counted("echo")
    return Echo(user_id, text, message_id)


def _anonymous(name: str, event: Mapping[str, Any], oa_id: str) -> Meaning:
    return Counted("anonymous")


def _seen(name: str, event: Mapping[str, Any], oa_id: str) -> Meaning:
    listed = _message(event).get("msg_ids")
    if not isinstance(listed, list):
        raise BadEvent("msg_ids")
    return Receipt("seen", tuple(_identity(one) for one in listed), moment(sent_at(event)))


def _arrived(name: str, event: Mapping[str, Any], oa_id: str) -> Meaning:
    return Receipt("delivered", (_identity(_message(event).get("msg_id")),), moment(sent_at(event)))


def _submitted(name: str, event: Mapping[str, Any], oa_id: str) -> Meaning:
    user_id = _user(event, oa_id, "sender")
    if not isinstance(event.get("info"), Mapping):
        raise BadEvent("info")
    return _said(event, user_id, contents.read_info(event["info"]))


def _reacted(name: str, event: Mapping[str, Any], oa_id: str) -> Meaning:
    return _said(event, _user(event, oa_id, "sender"), Inbound("", kind="reaction"))


def _followed(name: str, event: Mapping[str, Any], oa_id: str) -> Meaning:
    user_id = _identity(_inner(event, "follower").get("id"))
    return _said(event, user_id, Inbound("", kind="follow" if name == "follow" else "unfollow"))


def _withdrawn(name: str, event: Mapping[str, Any], oa_id: str) -> Meaning:
    return _said(event, _identity(event.get("user_id")), Inbound("", kind="withdraw"))


def _counted(name: str, event: Mapping[str, Any], oa_id: str) -> Meaning:
    return Counted(name)


_SENT = ("text", "image", "gif", "link", "audio", "video", "sticker", "location", "business_card", "file")
# A tap on "chat now" opens no window in which one may write; the rest concerns the account's own lists.
_ONLY_COUNTED = (
    "user_click_chatnow",
    "add_user_to_tag",
    "remove_user_from_tag",
    "update_user_info",
    "widget_interaction_accepted",
)
_READERS: Mapping[str, Reader] = {
    **{f"user_send_{kind}": _from_citizen for kind in _SENT},
    **dict.fromkeys(_ONLY_COUNTED, _counted),
    "user_reacted_message": _reacted,
    "user_submit_info": _submitted,
    "user_seen_message": _seen,
    "user_received_message": _arrived,
    "user_withdraw": _withdrawn,
    "follow": _followed,
    "unfollow": _followed,
}
