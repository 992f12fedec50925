"""Keeps the newest pair of tokens, encrypted, where every process of the installation finds it."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from dataclasses import dataclass, field

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.alerts import clear_alerts
from knowledge.models import ChannelToken, utc_now

_MOST_SEEDS = 20


@dataclass(frozen=True)
class Pair:
    """An access token and the token that renews it, once; either may be missing."""

    access: str = field(default="", repr=False)
    refresh: str = field(default="", repr=False)


@dataclass(frozen=True)
class Held:
    """What is kept: the pair, its number, when it is to be renewed, and who or what stands in the way."""

    pair: Pair
    version: int = 0
    renew_at: dt.datetime | None = None
    busy_until: dt.datetime | None = None
    error: str = ""


class Vault:
    """The row of one channel; every method is one step of a caller's transaction."""

    def __init__(self, channel: str, key: bytes) -> None:
        self._channel = channel
        derived = HKDF(hashes.SHA256(), 32, None, f"channel-tokens:{channel}".encode()).derive(key)
        self._fernet = Fernet(base64.urlsafe_b64encode(derived))
        self._print_key = derived

    def held(self, session: Session) -> Held:
        """Return what is kept; an empty pair when there is none, or when it was sealed with another key."""
        row = session.get(ChannelToken, self._channel)
        if row is None:
            return Held(Pair())
        return Held(self._open(row.sealed), row.version, row.renew_at, row.busy_until, row.error)

    def sow(self, session: Session, pair: Pair, renew_at: dt.datetime) -> None:
        """Take the pair that an operator gave, unless it has been taken before: it is used up then."""
        row = self._row(session)
        mark = self._fingerprint(pair)
        if not (pair.access or pair.refresh) or mark in row.seeds:
            return
        seeds = [*row.seeds, mark][-_MOST_SEEDS:]
        if self._set(session, row.version, **self._fresh(pair, renew_at, row.version), seeds=seeds):
            clear_alerts(session, "operator", self._channel)

    def take_turn(self, session: Session, version: int, until: dt.datetime) -> bool:
        """Be the one who renews this version until then; False = somebody else is."""
        is_free = sa.or_(ChannelToken.busy_until.is_(None), ChannelToken.busy_until <= utc_now())
        return self._set(session, version, is_free, busy_until=until, error="")

    def keep(self, session: Session, version: int, pair: Pair, renew_at: dt.datetime) -> bool:
        """Keep the pair that follows a version; False = an operator has given another one meanwhile."""
        if not self._set(session, version, **self._fresh(pair, renew_at, version)):
            return False
        clear_alerts(session, "operator", self._channel)
        return True

    def end_turn(self, session: Session, version: int, error: str = "", until: dt.datetime | None = None) -> None:
        """Let others try again: at once, or not before ``until``; ``error`` is why it failed."""
        self._set(session, version, busy_until=until, error=error)

    def _row(self, session: Session) -> ChannelToken:
        if session.get(ChannelToken, self._channel) is None:
            try:
                with session.begin_nested():
                    session.add(ChannelToken(channel=self._channel, seeds=[]))
            except IntegrityError:  # another process was first
                pass
        return session.get(ChannelToken, self._channel)

    def _set(self, session: Session, seen: int, *conditions: object, **values: object) -> bool:
        """Change the row if its version is still the one that was seen; tell whether it was."""
        mine = sa.and_(ChannelToken.channel == self._channel, ChannelToken.version == seen, *conditions)
        change = sa.update(ChannelToken).where(mine).values(**values)
        return bool(session.execute(change.execution_options(synchronize_session=False)).rowcount)

    def _fresh(self, pair: Pair, renew_at: dt.datetime, version: int) -> dict[str, object]:
        sealed = self._seal(pair)
        return {"sealed": sealed, "renew_at": renew_at, "busy_until": None, "error": "", "version": version + 1}

    def _seal(self, pair: Pair) -> str:
        plain = json.dumps([pair.access, pair.refresh]).encode()
        return self._fernet.encrypt(plain).decode("ascii")

    def _open(self, sealed: str) -> Pair:
        try:
            return Pair(*json.loads(self._fernet.decrypt(sealed.encode())))
        except InvalidToken:
            return Pair()

    def _fingerprint(self, pair: Pair) -> str:
        given = f"{pair.access}\0{pair.refresh}".encode()
        return hmac.new(self._print_key, given, hashlib.sha256).hexdigest()[:32]
