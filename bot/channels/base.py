"""What every channel has: a way to deliver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Delivery:
    """A message on its way out: to whom in the channel's own terms, and the reply's JSON."""

    item_id: int
    conversation_id: str
    channel: str
    external_id: str
    seq: int
    attempt: int
    body: Mapping[str, Any]


class Channel(Protocol):
    """A way out. ``deliver`` raises DeliveryError when the message was not taken."""

    async def deliver(self, delivery: Delivery) -> None: ...
