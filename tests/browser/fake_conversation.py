"""One conversation of the failing server, and the knobs by which it fails."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from tests.browser.replies import answer_to

Json = dict[str, Any]


@dataclass
class Conversation:
    """What was said, and the events that wake its streams."""

    id: str
    messages: list[Json] = field(default_factory=list)
    typing: bool = False
    standing: Json | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)

    def stand(self, state: str, **more: Any) -> None:
        """Set how it stands with people, and tell."""
        nothing: Json = {
            "position": None,
            "wait_minutes": None,
            "who": "",
            "unit": "",
            "since": None,
            "when": "",
            "back": [],
        }
        self.standing = {**nothing, "state": state, **more}
        self.wake()

    def add(
        self,
        author: str,
        text: str,
        reply: Json | None = None,
        client_id: str | None = None,
        file: Json | None = None,
        by: str = "",
    ) -> Json:
        """Append a message and wake the streams."""
        now = datetime.now(timezone.utc).isoformat()
        message = {
            "seq": len(self.messages) + 1,
            "author": author,
            "text": text,
            "reply": reply,
            "client_id": client_id,
            "created_at": now,
            "outcome": (reply or {}).get("outcome", ""),
            "file": file,
            "by": by,
        }
        self.messages.append(message)
        self.wake()
        return message

    def wake(self) -> None:
        """Tell the streams to look again; from any thread."""
        self.loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self.news.set()
        self.news = asyncio.Event()


@dataclass
class Knobs:
    """What goes wrong next, and a count of what came in."""

    delay: float = 0.0
    answer: Callable[[str], list[Json]] = answer_to
    fail_sends: int = 0
    lose_acknowledgements: int = 0
    cut_after: set[int] = field(default_factory=set)
    cut_inside: set[int] = field(default_factory=set)
    hold_streams: bool = False
    refuse_tokens: bool = False
    posts: list[Json] = field(default_factory=list)
    streams: list[int] = field(default_factory=list)
    refuse_files: str = ""
    hold_files: bool = False
    files: list[tuple[str, str, bytes]] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)
