"""Sealing the four digits that prove a dossier is one's own.

The digits themselves are never stored, logged or sent on: whoever receives them seals them at once,
and only seals are compared. On its way to the look-up a seal is in an envelope, which looks different each
time and is worth nothing after a while (``knowledge.dossiers.proofs``). The key is one secret shared by
every process of the installation.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from knowledge.errors import KnowledgeError

SECRET_VARIABLE = "TTHC_SECRET"
SECRET_FILE = Path("var/secret")
_LEAST_LENGTH = 16
LIFE = 15 * 60  # seconds; longer than the front server tries to get an answer


def load_secret(environ: Mapping[str, str] = os.environ, path: Path = SECRET_FILE) -> bytes:
    """Return the installation's secret: from ``TTHC_SECRET``, else from the file, made when missing.

    Raises:
        KnowledgeError: the secret is too short to be one.
    """
    secret = environ.get(SECRET_VARIABLE, "").strip().encode()
    if not secret:
        secret = _read_or_make(path)
    if len(secret) < _LEAST_LENGTH:
        raise KnowledgeError(f"{SECRET_VARIABLE} (or {path}) needs at least {_LEAST_LENGTH} characters")
    return secret


def _read_or_make(path: Path) -> bytes:
    if not path.exists():
        _make(path)
    return path.read_bytes().strip()


def _make(path: Path) -> None:
    """Write a fresh secret; of several processes starting at once, one wins and all read the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
        os.link(name, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(name)


def seal(digits: str, key: bytes) -> str:
    """Return the keyed HMAC-SHA256 of the digits in hexadecimal (64 characters)."""
    return hmac.new(key, b"proof:" + digits.encode("ascii"), hashlib.sha256).hexdigest()


def wrap(sealed: str, key: bytes, now: float) -> str:
    """Return a seal in its envelope; ``now`` in seconds since 1970."""
    return _fernet(key).encrypt_at_time(sealed.encode("ascii"), int(now)).decode()


def unwrap(envelope: str, key: bytes, now: float) -> str | None:
    """Return the seal in an envelope, None when it is not one of ours or too old; ``now`` as above."""
    try:
        return _fernet(key).decrypt_at_time(envelope.encode(), LIFE, int(now)).decode("ascii")
    except InvalidToken:
        return None


def _fernet(key: bytes) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hmac.new(key, b"proof-envelope", hashlib.sha256).digest()))


def bind(sealed: str, dossier: str, key: bytes) -> str:
    """Return the seal as it is kept with one dossier (its ``match_key``): the same digits look different with another.

    So a copy of the table does not even tell which holders share their last digits.
    """
    return hmac.new(key, f"dossier:{dossier}:{sealed}".encode(), hashlib.sha256).hexdigest()


def matches(given: str, kept: str) -> bool:
    """Tell in constant time whether two seals are the same; an empty seal matches nothing."""
    return bool(kept) and hmac.compare_digest(given.encode(), kept.encode())
