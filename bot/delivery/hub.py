"""Wakes those who wait for news of a conversation. It carries no message: the database does.

Whoever is woken reads what is new after the last number it knows. A wake-up that is missed or
doubled therefore costs nothing, and replay and live view cannot drift apart.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Listener:
    """One waiting stream or request; ``typing`` tells whether an answer is being made."""

    def __init__(self, typing: bool) -> None:
        self.typing = typing
        self._news = asyncio.Event()

    def wake(self) -> None:
        """Let the next ``wait`` return at once."""
        self._news.set()

    def rest(self) -> None:
        """Forget earlier wake-ups; call it before reading the database, never after."""
        self._news.clear()

    async def wait(self, seconds: float) -> None:
        """Return at the next wake-up, or after the given time."""
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._news.wait(), seconds)


class Hub:
    """All listeners of this process, by conversation. Used on the event loop only."""

    def __init__(self) -> None:
        self.closed = False
        self._listeners: defaultdict[str, set[Listener]] = defaultdict(set)
        self._typing: set[str] = set()

    @contextmanager
    def listen(self, conversation_id: str) -> Iterator[Listener]:
        """Hear of a conversation while the block runs."""
        listener = Listener(conversation_id in self._typing)
        self._listeners[conversation_id].add(listener)
        try:
            yield listener
        finally:
            self._listeners[conversation_id].discard(listener)
            if not self._listeners[conversation_id]:
                del self._listeners[conversation_id]

    def count(self, conversation_id: str) -> int:
        """Return how many listen to a conversation."""
        return len(self._listeners.get(conversation_id, ()))

    def publish(self, conversation_id: str) -> None:
        """Tell that a conversation has news."""
        for listener in self._listeners.get(conversation_id, ()):
            listener.wake()

    def typing(self, conversation_id: str, on: bool) -> None:
        """Tell that an answer is being made, or no longer."""
        (self._typing.add if on else self._typing.discard)(conversation_id)
        for listener in self._listeners.get(conversation_id, ()):
            listener.typing = on
            listener.wake()

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        self.closed = True
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.wake()
