"""Signed, short-lived tokens, each bound to one conversation."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass

from itsdangerous import BadSignature, TimestampSigner, URLSafeTimedSerializer

from bot.errors import ApiError


@dataclass(frozen=True)
class Token:
    """A fresh token and the moment (ISO 8601, UTC) from which it no longer opens anything."""

    token: str
    expires_at: str


@dataclass(frozen=True)
class Claim:
    """What a token says: the conversation, and whether it is time for a new token."""

    conversation_id: str
    is_old: bool


class Tokens:
    """Makes and reads tokens; ``life`` and ``resume`` in seconds, ``clock`` in seconds since 1970."""

    def __init__(self, key: bytes, life: int, resume: int, clock: Callable[[], float] = time.time) -> None:
        self._life = life
        self._resume = resume
        self._clock = clock
        self._serializer = URLSafeTimedSerializer(key, salt="web-conversation", signer=_signer(clock))

    def issue(self, conversation_id: str) -> Token:
        """Return a fresh token for a conversation."""
        expires = dt.datetime.fromtimestamp(int(self._clock()) + self._life, dt.timezone.utc)
        return Token(self._serializer.dumps(conversation_id), expires.isoformat())

    def read(self, token: str) -> Claim:
        """Return what a valid token says.

        Raises:
            ApiError: 401, it is not ours or its time is over.
        """
        conversation_id, age = self._open(token)
        if age > self._life:
            raise ApiError(401, "token_expired")
        return Claim(conversation_id, age > self._life / 2)

    def read_expired(self, token: str) -> str:
        """Return the conversation of a token that is still good for resuming.

        Raises:
            ApiError: 401, it is not ours or it ended too long ago.
        """
        conversation_id, age = self._open(token)
        if age > self._life + self._resume:
            raise ApiError(401, "token_expired")
        return conversation_id

    def _open(self, token: str) -> tuple[str, float]:
        try:
            conversation_id, issued = self._serializer.loads(token, return_timestamp=True)
        except BadSignature as error:
            raise ApiError(401, "token_invalid") from error
        if not isinstance(conversation_id, str):
            raise ApiError(401, "token_invalid")
        return conversation_id, self._clock() - issued.timestamp()


def _signer(clock: Callable[[], float]) -> type[TimestampSigner]:
    class ClockSigner(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(clock())

    return ClockSigner
