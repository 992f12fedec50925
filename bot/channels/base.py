"""What every channel has: capabilities, and a way to deliver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from knowledge.reply import Reply


@dataclass(frozen=True)
class Capabilities:
    """What a channel can show. ``longest_text`` in characters; without buttons, choices are numbered."""

    longest_text: int
    buttons: bool
    layout: bool
    typing: bool


CAPABILITIES = {
    "web": Capabilities(longest_text=2000, buttons=True, layout=True, typing=True),
    "rest": Capabilities(longest_text=2000, buttons=False, layout=True, typing=False),
}


@dataclass(frozen=True)
class Delivery:
    """A message on its way out: to whom in the channel's own terms, and what."""

    item_id: int
    conversation_id: str
    channel: str
    external_id: str
    seq: int
    attempt: int
    reply: Reply


class Channel(Protocol):
    """A way out. ``deliver`` raises DeliveryError when the message was not taken."""

    async def deliver(self, delivery: Delivery) -> None: ...
