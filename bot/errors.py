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


class AssistantAway(AssistantError):
    """Rasa takes no calls: certainly nothing was asked."""


class FileRefused(BotError):
    """A file that is not kept, and why: the message names a sentence under ``files`` in ``texts.vi.yml``."""

    @property
    def reason(self) -> str:
        """Return the name of the reason."""
        return str(self)


class BackupError(BotError):
    """A backup that was not made or not put back; ``key`` names a sentence under ``backup`` in ``texts.vi.yml``."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


class DeliveryError(BotError):
    """A channel did not deliver a part. Raise one of the classes below: they say what that means."""


class Retry(DeliveryError):
    """Certainly not sent, and it may work later: too many at once, no connection.

    ``after`` in seconds, None = growing pauses. A pause that the provider names is no failed try.
    """

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class RefreshAndRetry(DeliveryError):
    """Certainly not sent: the access token is old. It is renewed once and the part sent again."""


class Permanent(DeliveryError):
    """Certainly not sent, and never will be: blocked by the citizen, refused for what it is."""


class Blocked(Permanent):
    """The citizen does not let us write to them (any more)."""


class WindowClosed(Permanent):
    """The citizen has been silent for too long for this channel; staff must find another way."""


class NeedsOperator(DeliveryError):
    """Nothing goes out until a person acts: a dead token, an unpaid package. The message waits and an alert stands.

    The reason names a sentence under ``alerts`` in ``texts.vi.yml``.
    """


class Uncertain(DeliveryError):
    """It may have been sent: the connection broke after the request had left."""
