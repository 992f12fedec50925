"""The spool: what providers send faster than it can be taken in is first written down as it came, sealed.

Taking a message in costs many times what writing it down does, and a provider waits moments for its
acknowledgement. While anything is written down, all that comes by providers is, so that it is taken in in its order
(docs/adr/0002). Only a process that is alone on its database does so; where several are, more of them are the answer
to a crowd.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import anyio
import sqlalchemy as sa
import structlog
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.orm import Session, sessionmaker

from bot.alerts import raise_alert
from bot.delivery.intake import Accepted, Intake
from bot.gathering import LONG, Gathering
from bot.inbound import Attachment, Contact, Inbound, Place, Tap
from bot.transactions import is_away, stay_behind, transaction
from knowledge.models import Spooled, utc_now

log = structlog.get_logger("spool")

_CROWD = 16  # pieces that wait to be stored: a whole transaction more than the one at work
_MOST = 8  # messages taken in by one transaction: who is at the door waits for all of them
_LOOK_EVERY = 1.0  # seconds; after a fault
_INNER: Mapping[str, Callable[..., Any]] = {"tap": Tap, "attachment": Attachment, "place": Place, "contact": Contact}

_ROWS = Spooled.__table__
_WRITE = sa.insert(_ROWS)
_OLDEST = sa.select(_ROWS).order_by(_ROWS.c.id).limit(sa.bindparam("most"))
_TAKEN = sa.delete(_ROWS).where(_ROWS.c.id.between(sa.bindparam("first"), sa.bindparam("last")))


@dataclass(frozen=True)
class Arrival:
    """One thing from a channel's conversation; ``instead`` is as in ``Intake.accept``."""

    channel: str
    external_id: str
    inbound: Inbound
    instead: str = ""


Taken = Callable[[Arrival, "Accepted | None"], None]


class Spool:
    """Writes down and takes in; ``key`` seals what is written: it may hold what must not be read on the disk."""

    def __init__(self, sessions: sessionmaker, arrivals: Gathering, intake: Intake, key: bytes, alone: bool) -> None:
        self._sessions = sessions
        self._arrivals = arrivals
        self._intake = intake
        self._alone = alone
        derived = HKDF(hashes.SHA256(), 32, None, b"spool").derive(key)
        self._fernet = Fernet(base64.urlsafe_b64encode(derived))
        self._is_empty = False  # who was here before may have left something
        self._count = self._writing = 0
        self._news = anyio.Event()

    @property
    def is_in_use(self) -> bool:
        """Whether what comes now is to be written down: there is a crowd, or something that has come before."""
        if not self._alone:
            return False
        return not self._is_empty or bool(self._writing) or self._arrivals.waiting >= _CROWD

    async def look(self) -> None:
        """See, before anything comes, whether something was left; while the database is away it may have been."""
        with suppress(sa.exc.SQLAlchemyError):
            self._is_empty = not await transaction(self._sessions, _is_left)

    async def keep(self, arrival: Arrival) -> None:
        """Write one down; when this returns it is stored. Raises what the database raises."""
        self._is_empty = False
        self._count += 1
        self._writing += 1
        try:
            await self._arrivals.do(_write, arrival.channel, self._sealed(arrival))
        finally:
            self._writing -= 1
            self._news.set()

    async def run(self, taken: Taken) -> None:
        """Take in what is written down, for ever; ``taken(arrival, accepted)`` is told what came of each."""
        if not self._alone:
            return
        stay_behind()
        while True:
            self._news = anyio.Event()
            try:
                while await self._take_some(taken):
                    pass
            except Exception as error:  # the rows are still there for the next round
                log.error("spool.failed", error=type(error).__name__)
                await anyio.sleep(_LOOK_EVERY)
                continue
            await self._news.wait()

    async def _take_some(self, taken: Taken) -> bool:
        before = self._count
        found = await self._some(_MOST)
        for arrival, accepted in found or ():
            taken(arrival, accepted)
        if found is None and before == self._count and not self._writing:
            self._is_empty = True
        return found is not None

    async def _some(self, most: int) -> list[tuple[Arrival, Accepted | None]] | None:
        """Return what was taken in, None = nothing is there. What can never be stored must not hold up the rest."""
        try:
            return await transaction(self._sessions, self._take_in, most)
        except Exception as error:
            if isinstance(error, sa.exc.SQLAlchemyError) and is_away(error):
                raise
            if most > 1:
                return await self._some(1)
            log.error("message.unstorable", error=type(error).__name__)
            await transaction(self._sessions, _set_aside)
            return []

    def _take_in(self, session: Session, most: int) -> list[tuple[Arrival, Accepted | None]] | None:
        rows = session.execute(_OLDEST, {"most": most}).all()
        if not rows:
            return None
        until, found = time.monotonic() + LONG, []
        for row in rows:
            found.append(self._one(session, row))
            if time.monotonic() > until:
                break
        session.execute(_TAKEN, {"first": rows[0].id, "last": rows[len(found) - 1].id})
        return found

    def _one(self, session: Session, row: sa.engine.Row) -> tuple[Arrival, Accepted | None]:
        one = self._opened(row.sealed)
        named = (one.channel, one.external_id)
        accepted = self._intake.receive(session, *named, one.inbound, one.instead, row.created_at)
        session.flush()
        session.expunge_all()  # the next one looks for itself
        return one, accepted

    def _sealed(self, arrival: Arrival) -> bytes:
        """Seal it with the time of its coming, which counts where the provider tells none."""
        inbound = {**vars(arrival.inbound), "at": arrival.inbound.at or utc_now()}
        return self._fernet.encrypt(json.dumps({**vars(arrival), "inbound": inbound}, default=_plain).encode())

    def _opened(self, sealed: bytes) -> Arrival:
        """Open one again.

        Raises:
            InvalidToken: it was sealed with another key.
        """
        data = json.loads(self._fernet.decrypt(sealed))
        inbound = data["inbound"]
        inner = {name: made(**inbound[name]) for name, made in _INNER.items() if inbound[name] is not None}
        at = dt.datetime.fromisoformat(inbound["at"])
        return Arrival(**{**data, "inbound": Inbound(**{**inbound, **inner, "at": at})})


def _write(session: Session, channel: str, sealed: bytes) -> None:
    session.execute(_WRITE, {"channel": channel, "sealed": sealed})


def _is_left(session: Session) -> bool:
    return session.execute(_OLDEST, {"most": 1}).first() is not None


def _set_aside(session: Session) -> None:
    """Remove the oldest and tell staff that something is missing."""
    row = session.execute(_OLDEST, {"most": 1}).one()
    session.execute(_TAKEN, {"first": row.id, "last": row.id})
    raise_alert(session, "unstorable", row.channel, "unstorable", {"kind": "?"})


def _plain(value: object) -> object:
    """Return what JSON does not know by itself: a time, or one of the small parts of what came in."""
    return value.isoformat() if isinstance(value, dt.datetime) else vars(value)
