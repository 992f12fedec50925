"""Errors of the front server. The edge turns them into a polite answer, a retry or a parked item."""

from __future__ import annotations


class BotError(Exception):
    """Base of every error this room raises on purpose."""


class SettingsError(BotError):
    """An environment variable has a value that cannot be used."""


class ApiError(BotError):
    """A request that is refused: HTTP status and the code of its text in ``texts.vi.yml``."""

    def __init__(self, status: int, code: str, **values: object) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.values = values


class AssistantError(BotError):
    """Rasa gave no usable answer: unreachable, too slow, or not in the agreed shape."""


class DeliveryError(BotError):
    """A channel did not take a message; ``retry_after`` in seconds, None = trying again is useless."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
