"""Passwords: argon2 hashes, what a new one must be, and the same work for a name that nobody has."""

from __future__ import annotations

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST_LENGTH = 10
MOST_LENGTH = 200
_EASY = ("matkhau", "password", "1234567890", "qwertyuiop", "abcd1234", "thutuchanhchinh")
_HASHER = PasswordHasher()


def hash_password(password: str) -> str:
    """Return the hash to keep."""
    return _HASHER.hash(_plain(password))


def check_password(kept: str, password: str) -> bool:
    """Tell whether a password is the kept one; without a kept hash the same work is done in vain."""
    try:
        _HASHER.verify(kept or _nobody(), _plain(password))
    except (VerificationError, InvalidHashError):
        return False
    return bool(kept)


def is_outdated(kept: str) -> bool:
    """Tell whether a hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(kept)


def fault(password: str, username: str) -> str:
    """Return the name of what is wrong with a new password, "" when it will do."""
    plain = _plain(password)
    if not LEAST_LENGTH <= len(plain) <= MOST_LENGTH:
        return "password_length"
    low = plain.lower()
    if low.startswith(_EASY) or len(set(low)) < 5 or _holds(low, username.lower()):
        return "password_easy"
    return ""


def _holds(password: str, username: str) -> bool:
    return len(username) >= 4 and username in password


def _plain(password: str) -> str:
    """One spelling: the same password typed with composed and with decomposed marks is the same."""
    return unicodedata.normalize("NFKC", password)[: MOST_LENGTH + 1]


@cache
def _nobody() -> str:
    """A hash of nothing that anybody can type, made at the first use."""
    return _HASHER.hash("\0nobody")
