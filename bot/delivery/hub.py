"""Wakes those who wait for news of a conversation. It carries no message: the database does.

Whoever is woken reads what is new after the last number it knows. A wake-up that is missed or
doubled therefore costs nothing, and replay and live view cannot drift apart.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

EVERYTHING = "*"  # a topic beside the conversations: news of any of them
TYPING_FOR = 6.0  # seconds; a person who goes on typing says so again before that


class Listener:
    """One waiting stream or request; ``typing`` tells whether an answer is being made."""

    def __init__(self, typing: bool) -> None:
        self.typing = typing
        self._news = asyncio.Event()
        self._heard: set[str] = set()

    def wake(self, about: str = "") -> None:
        """Let the next ``wait`` return at once; ``about`` is the conversation that has news."""
        self._heard |= {about} - {""}
        self._news.set()

    def take(self) -> frozenset[str]:
        """Return the conversations that had news since this was last asked."""
        heard = frozenset(self._heard)
        self._heard.clear()
        return heard

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
        self._timers: dict[tuple[str, str], asyncio.TimerHandle] = {}

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
        """Tell that a conversation has news: those who listen to it, and those who listen to everything."""
        for topic in (conversation_id, EVERYTHING):
            for listener in self._listeners.get(topic, ()):
                listener.wake(conversation_id)

    def settled(self, conversation_id: str) -> None:
        """Tell those who listen to everything that a message has arrived or will not; its reader knows already."""
        self._tell_console(conversation_id)

    def typing(self, conversation_id: str, on: bool) -> None:
        """Tell that an answer is being made, or no longer."""
        (self._typing.add if on else self._typing.discard)(conversation_id)
        for listener in self._listeners.get(conversation_id, ()):
            listener.typing = on
            listener.wake()

    def typing_staff(self, conversation_id: str, on: bool = True) -> None:
        """Tell that a person of the staff is typing, which ends by itself, or no longer."""
        self.typing(conversation_id, on)
        self._end_later(("staff", conversation_id), on, lambda: self.typing(conversation_id, False))

    def typing_citizen(self, conversation_id: str, on: bool = True) -> None:
        """Tell the console of this process that a citizen is typing, which ends by itself, or no longer."""
        was = self.is_citizen_typing(conversation_id)
        self._end_later(("citizen", conversation_id), on, lambda: self._tell_console(conversation_id))
        if was != on:
            self._tell_console(conversation_id)

    def is_citizen_typing(self, conversation_id: str) -> bool:
        """Tell whether a citizen has been typing within the last seconds."""
        return ("citizen", conversation_id) in self._timers

    def _end_later(self, key: tuple[str, str], on: bool, end: Callable[[], None]) -> None:
        running = self._timers.pop(key, None)
        if running:
            running.cancel()
        if on:
            self._timers[key] = asyncio.get_running_loop().call_later(TYPING_FOR, self._end, key, end)

    def _end(self, key: tuple[str, str], end: Callable[[], None]) -> None:
        self._timers.pop(key, None)
        end()

    def _tell_console(self, conversation_id: str) -> None:
        for listener in self._listeners.get(EVERYTHING, ()):
            listener.wake(conversation_id)

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        self.closed = True
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.wake()
