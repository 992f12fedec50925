"""Refusals of the console; the edge turns them into pages."""

from __future__ import annotations

from bot.errors import BotError


class PageError(BotError):
    """A request that is refused: HTTP status and the name of its page under ``errors`` in ``texts.vi.yml``."""

    def __init__(self, status: int, code: str, **values: object) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.values = values


class SignInNeeded(BotError):
    """Nobody is signed in, or no longer."""


class PasswordNeeded(BotError):
    """The first password must be changed before anything else."""


class Refused(BotError):
    """A change that will not do; the message names a sentence under ``faults`` in ``texts.vi.yml``."""
