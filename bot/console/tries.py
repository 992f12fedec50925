"""Slowing down those who guess passwords: failed tries are counted by user name and by address, in the database."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from knowledge.models import SignInTry, utc_now

_WINDOW = dt.timedelta(minutes=30)


@dataclass(frozen=True)
class Limit:
    """So many failures are free; each further one doubles the pause (seconds) until none are let in any more."""

    free: int
    most: int
    longest: float = 60.0

    def pause(self, failures: int) -> float:
        """Return how long after the last failure the next try may come."""
        return 0.0 if failures < self.free else min(2.0 ** (failures - self.free + 1), self.longest)


# An office or a mobile network shares one address; a name has one owner.
BY_NAME = Limit(free=4, most=12)
BY_ADDRESS = Limit(free=30, most=100, longest=8.0)


class TooManyTries(Exception):
    """The next try must wait; ``seconds`` tells how long."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds:.0f} s")
        self.seconds = seconds


@dataclass(frozen=True)
class Tries:
    """Keys of one try: digests, so that the table names nobody."""

    name: str
    address: str

    @classmethod
    def of(cls, key: bytes, username: str, address: str) -> Tries:
        """Return the keys for a user name as typed and an address."""
        return cls(_digest(key, "name", username), _digest(key, "address", address))

    def note(self, session: Session, now: dt.datetime | None = None) -> int:
        """Count a try as failed before it is judged, so that tries at the same moment see each other.

        Return the number under which the address has it, for ``forgive``.

        Raises:
            TooManyTries: it comes too early. The transaction is to be rolled back: such a try does not count.
        """
        at = now or utc_now()
        of_address = SignInTry(key=self.address, at=at)
        session.add_all([SignInTry(key=self.name, at=at), of_address])
        session.flush()
        waits = [_wait(session, self.name, BY_NAME, at), _wait(session, self.address, BY_ADDRESS, at)]
        if max(waits) > 0:
            raise TooManyTries(max(waits))
        session.execute(sa.delete(SignInTry).where(SignInTry.at < at - _WINDOW))
        return int(of_address.id)

    def forgive(self, session: Session, *noted: int) -> None:
        """Forget the failures of the name, and these tries of the address: the right person is in."""
        of_address = sa.and_(SignInTry.key == self.address, SignInTry.id.in_(noted))
        session.execute(sa.delete(SignInTry).where(sa.or_(SignInTry.key == self.name, of_address)))


def _wait(session: Session, key: str, limit: Limit, now: dt.datetime) -> float:
    """Return the seconds until a try with this key is let in; the try itself is counted already."""
    mine = sa.and_(SignInTry.key == key, SignInTry.at > now - _WINDOW)
    times = list(session.scalars(sa.select(SignInTry.at).where(mine).order_by(SignInTry.at)))[:-1]
    if len(times) >= limit.most:
        return (times[-limit.most] + _WINDOW - now).total_seconds()
    return (times[-1] - now).total_seconds() + limit.pause(len(times)) if times else 0.0


def _digest(key: bytes, kind: str, value: str) -> str:
    return hmac.new(key, f"sign-in-{kind}:{value.strip().lower()}".encode(), hashlib.sha256).hexdigest()
