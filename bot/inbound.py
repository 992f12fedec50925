"""One thing that came in from a citizen, in no channel's own words, and what becomes of each kind."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "text",
    "tap",
    "start",
    "follow",
    "edit",
    "location",
    "contact",
    "image",
    "file",
    "video",
    "voice",
    "sticker",
    "unsupported",
    "unfollow",
    "withdraw",
    "staff",
    "reaction",
]
Fate = Literal["ask", "line", "count"]
SILENT = "none"  # in place of an answer's name: nothing is said
_LONGEST_KEY = 60


@dataclass(frozen=True)
class Tap:
    """A tapped button: the ``index`` (from 0) on the message with number ``seq``."""

    seq: int
    index: int


@dataclass(frozen=True)
class Attachment:
    """A file at the provider, by its ``url`` or ``file_id``; ``size`` in bytes, 0 = unknown.

    An address that holds a credential must not be put into ``url``: it is stored. ``path`` and
    ``sha256`` are of a file that is in our own store already.
    """

    url: str = ""
    file_id: str = ""
    name: str = ""
    size: int = 0
    media_type: str = ""
    path: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class Place:
    """A shared position in degrees, with the name the channel gives it."""

    latitude: float
    longitude: float
    name: str = ""


@dataclass(frozen=True)
class Contact:
    """A shared card; ``is_own`` when the channel proves that it is the sender's own number."""

    phone: str
    name: str = ""
    is_own: bool = False
    address: str = ""


@dataclass(frozen=True)
class Inbound:
    """One thing as it came in.

    ``client_id`` is unique within the conversation (``provider_key`` makes one); ``text`` what was
    typed, a caption, or the payload of ``start``; ``edits`` the ``client_id`` of the message that an
    ``edit`` replaces; ``at`` the provider's time. What is ``silent`` is kept and gets no answer of its own.
    """

    client_id: str
    text: str = ""
    tap: Tap | None = None
    kind: Kind = "text"
    attachment: Attachment | None = None
    place: Place | None = None
    contact: Contact | None = None
    edits: str = ""
    at: dt.datetime | None = None
    silent: bool = False


@dataclass(frozen=True)
class Treatment:
    """What becomes of a kind.

    ``ask``: Rasa answers it. ``line``: kept as a line that staff read, and answered by the reply
    named ``answer`` in ``texts.vi.yml`` (``SILENT`` = by none). ``count``: counted and forgotten.
    """

    fate: Fate
    answer: str = ""
    author: Literal["citizen", "staff", "system"] = "citizen"


# The one table of kinds: a channel only names the kind, everything else follows from here.
TREATMENTS: Mapping[Kind, Treatment] = {
    "text": Treatment("ask"),
    "tap": Treatment("ask"),
    "start": Treatment("ask"),
    "follow": Treatment("ask"),
    "edit": Treatment("ask"),  # of the newest question; an older one is a line (see delivery/preparing)
    "location": Treatment("line", "location"),  # asked where its name tells the commune (see delivery/preparing)
    "contact": Treatment("line", "contact"),
    "image": Treatment("line", "attachment"),
    "file": Treatment("line", "attachment"),
    "video": Treatment("line", "attachment"),
    "voice": Treatment("line", "voice"),
    "sticker": Treatment("line", "sticker"),
    "unsupported": Treatment("line", "unsupported"),
    "unfollow": Treatment("line", SILENT, "system"),
    "withdraw": Treatment("line", SILENT, "system"),
    "staff": Treatment("line", SILENT, "staff"),
    "reaction": Treatment("count"),
}


def provider_key(raw: str) -> str:
    """Return a ``client_id`` for a provider's own message id, of any length."""
    if len(raw) <= _LONGEST_KEY and raw.isascii() and raw.isprintable():
        return f"m:{raw}"
    return f"h:{hashlib.sha256(raw.encode('utf-8', 'surrogatepass')).hexdigest()[:_LONGEST_KEY]}"
