"""Sealing the four digits that prove a dossier is one's own.

The digits themselves are never stored, logged or sent on: whoever receives them seals them at once,
and only seals are compared. The key is one secret shared by every process of the installation.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path

from knowledge.errors import KnowledgeError

SECRET_VARIABLE = "TTHC_SECRET"
SECRET_FILE = Path("var/secret")
_LEAST_LENGTH = 16


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


def matches(given: str, kept: str) -> bool:
    """Tell in constant time whether two seals are the same; an empty seal matches nothing."""
    return bool(kept) and hmac.compare_digest(given.encode(), kept.encode())
