"""Buttons in channels that have none, or only short payloads: codes of buttons, and choices that are typed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.inbound import Tap
from nlu.text import fold

_CODE = re.compile(r"#t:(\d{1,9}):(\d{1,3})")
# "2", "2.", "[2]", "so 2", "chon 2 a": what people send when they are shown numbered lines
_NUMBER = re.compile(r"\W*(?:(?:em|toi|minh|cho|lay|chon|so|muc|y|cau)\s+)*(\d{1,2})\W*(?:\s+(?:a|nhe|nha|di|em))*\W*")
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")


def tap_code(tap: Tap) -> str:
    """Return the payload for a channel's button: at most 16 bytes; what it means stays in our tables."""
    return f"#t:{tap.seq}:{tap.index}"


def read_tap_code(payload: str) -> Tap | None:
    """Return the button of a payload, None when it is none of ours. Whether it was offered is seen at the door."""
    found = _CODE.fullmatch(payload.strip())
    return Tap(int(found.group(1)), int(found.group(2))) if found else None


def typed_choice(text: str, titles: Sequence[str]) -> int | None:
    """Return the place (from 0) of the choice that is typed by its number or its whole title."""
    folded = fold(text).strip()
    number = _NUMBER.fullmatch(folded)
    if number:
        place = int(number.group(1)) - 1
        return place if 0 <= place < len(titles) else None
    bare = _bare(folded)
    places = [place for place, title in enumerate(titles) if _bare(fold(title)) == bare]
    return places[0] if bare and len(places) == 1 else None


def _bare(folded: str) -> str:
    return " ".join(_EDGES.sub("", folded).split())
