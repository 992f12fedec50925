"""Whether Zalo tells us what we have sent: a switch of its console that cannot be asked, only noticed."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from bot.transactions import transaction
from knowledge.models import ChannelToken, utc_now

_GOOD_FOR = dt.timedelta(days=7)
_NOTE_EVERY = dt.timedelta(minutes=1)
_MOST_UNHEARD = 100  # messages without any echo, many times what is sent at once, after which the switch must be off


class Echoes:
    """Keeps when the last echo came. Where there are none, what may have been sent is never sent again."""

    def __init__(self, channel: str, sessions: sessionmaker) -> None:
        self._channel = channel
        self._sessions = sessions
        self._last: dt.datetime | None = None
        self._unheard = 0
        self._is_loaded = False

    @property
    def are_on(self) -> bool:
        """Whether echoes are to be expected."""
        if not self._is_loaded:  # before anything is sent, and once
            with self._sessions.begin() as session:
                self._take(self._read(session))
        return self._last is not None and utc_now() - self._last < _GOOD_FOR and self._unheard < _MOST_UNHEARD

    async def heard(self) -> None:
        """Note that an echo came."""
        last, now = self._last, utc_now()
        self._last, self._unheard = now, 0
        if last is None or now - last > _NOTE_EVERY:
            await transaction(self._sessions, self._write, now)

    async def sent(self) -> None:
        """Note that something was sent; after too much silence look whether another process hears echoes."""
        self._unheard += 1
        if self._unheard == _MOST_UNHEARD:
            self._take(await transaction(self._sessions, self._read))

    def _take(self, found: dt.datetime | None) -> None:
        self._is_loaded = True
        if found is not None and (self._last is None or found > self._last):
            self._last, self._unheard = found, 0

    def _read(self, session: Session) -> dt.datetime | None:
        mine = sa.select(ChannelToken.echoed_at).where(ChannelToken.channel == self._channel)
        return session.scalar(mine)

    def _write(self, session: Session, now: dt.datetime) -> None:
        mine = sa.update(ChannelToken).where(ChannelToken.channel == self._channel)
        session.execute(mine.values(echoed_at=now).execution_options(synchronize_session=False))
