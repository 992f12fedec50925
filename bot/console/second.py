"""The second factor: a code of six digits that an application on the person's telephone shows (TOTP)."""

from __future__ import annotations

import base64
import hmac
import time
from collections.abc import Callable

import pyotp
import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.orm import Session

from knowledge.models import Staff

_STEP = 30  # seconds that a code is shown
_OFF_BY = 1  # steps that a telephone's clock may be off
_ISSUER = "TTHC"


class SecondFactor:
    """Keeps secrets sealed beside the last used step, so that no code opens twice; ``clock`` in seconds since 1970."""

    def __init__(self, key: bytes, clock: Callable[[], float] = time.time) -> None:
        derived = HKDF(hashes.SHA256(), 32, None, b"staff-second-factor").derive(key)
        self._fernet = Fernet(base64.urlsafe_b64encode(derived))
        self._clock = clock

    def new(self) -> str:
        """Return a fresh secret in base 32."""
        return pyotp.random_base32()

    def address(self, secret: str, username: str) -> str:
        """Return what the telephone reads from the square."""
        return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=_ISSUER)

    def seal(self, secret: str, step: int = 0) -> str:
        """Return what is kept in ``Staff.totp``."""
        return self._fernet.encrypt(f"{step}:{secret}".encode()).decode("ascii")

    def step_of(self, secret: str, code: str) -> int:
        """Return the step whose code this is, 0 when it is none of now."""
        now, digits = int(self._clock()) // _STEP, "".join(code.split())
        for step in range(now - _OFF_BY, now + _OFF_BY + 1):
            if hmac.compare_digest(pyotp.TOTP(secret).at(step * _STEP).encode(), digits.encode()):
                return step
        return 0

    def use(self, session: Session, staff_id: int, code: str) -> bool:
        """Use a code up; False when it is wrong, was used before, or the secret cannot be read any more."""
        kept = session.scalar(sa.select(Staff.totp).where(Staff.id == staff_id)) or ""
        last, _, secret = self._open(kept).partition(":")
        step = self.step_of(secret, code) if secret else 0
        if step <= int(last or 0):
            return False
        mine = sa.and_(Staff.id == staff_id, Staff.totp == kept)
        change = sa.update(Staff).where(mine).values(totp=self.seal(secret, step))
        return bool(session.execute(change.execution_options(synchronize_session=False)).rowcount)

    def ticket(self, *words: str) -> str:
        """Return words sealed for a form, to be read again within minutes."""
        return self._fernet.encrypt("\0".join(words).encode()).decode("ascii")

    def read(self, ticket: str, seconds: int = 600) -> tuple[str, ...]:
        """Return the words of a ticket, nothing when it is not ours or too old."""
        try:
            return tuple(self._fernet.decrypt(ticket.encode(), ttl=seconds).decode().split("\0"))
        except (InvalidToken, ValueError):
            return ()

    def _open(self, kept: str) -> str:
        try:
            return self._fernet.decrypt(kept.encode()).decode() if kept else ""
        except InvalidToken:
            return ""
