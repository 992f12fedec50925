"""Asking other systems about the dossiers that somebody wants to be told of: those alone, one at a time, with pauses.

The code alone is asked: that it is theirs was proven when they subscribed, and the proof is not kept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import anyio
import anyio.to_thread
import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from bot.conversation import ERASED
from bot.notices.looking import News, Notices
from bot.notices.telling import WATCHED, Watch, read_watch
from bot.transactions import transaction
from knowledge.connectors.authority import choose
from knowledge.connectors.base import Connector, ConnectorDown
from knowledge.connectors.own import OwnTable
from knowledge.dossiers.facts import Facts, facts_of
from knowledge.models import Conversation, Dossier, Subscription

log = structlog.get_logger("notices")

_MOST_SILENCES = 3  # one after the other; then it is the system and not a dossier


@dataclass(frozen=True)
class Pace:
    """How often a system may be asked: the same dossier after ``again``, ``most`` in a round, ``between`` (s) two."""

    again: dt.timedelta = dt.timedelta(minutes=30)
    most: int = 500
    between: float = 0.2


@dataclass(frozen=True)
class Turn:
    """A dossier whose turn it is to be asked about."""

    key: str
    code: str
    asked_at: dt.datetime


class Poll:
    """Asks the connectors that tell again without a proof; ``authority`` is as in ``Desk``."""

    def __init__(
        self,
        notices: Notices,
        connectors: Sequence[Connector],
        authority: Mapping[str, Sequence[str]],
        pace: Pace | None = None,
    ) -> None:
        self._notices = notices
        self._connectors = [one for one in connectors if one.recalls and one.name != OwnTable.name]
        self._authority = authority
        self._pace = pace or Pace()

    async def look(self) -> int:
        """Ask about what is due and tell; return how many dossiers were asked about."""
        if not self._connectors or not await self._notices.may_tell():
            return 0
        return sum([await self._ask_all(connector) for connector in self._connectors])

    async def _ask_all(self, connector: Connector) -> int:
        """Ask again in the next round, after the others, what got no answer; stop where the whole system is silent."""
        sessions, before = self._notices.sessions, self._notices.clock() - self._pace.again
        asked = silences = 0
        for turn in await transaction(sessions, _due, connector.name, before, self._pace.most):
            if not await transaction(sessions, _take, connector.name, turn, self._notices.clock()):
                continue  # another process asks
            try:
                told = await anyio.to_thread.run_sync(connector.recall, turn.code)
            except ConnectorDown:
                await transaction(sessions, _set_asked, connector.name, turn.key, before)
                silences += 1
                if silences == _MOST_SILENCES:
                    break
                continue
            asked, silences = asked + 1, 0
            await self._tell(connector.name, turn, told)
            await anyio.sleep(self._pace.between)
        if silences:
            self._notices.silent(connector.name)
        return asked

    async def _tell(self, source: str, turn: Turn, told: Facts | None) -> None:
        own, watches = await transaction(self._notices.sessions, _held_too, source, turn.key)
        known = [facts for facts in (told, own) if facts is not None]
        if not known:
            return
        facts = choose(known, self._authority).facts
        for watch in watches:
            await self._notices.tell(News(watch, facts, ""))


def _due(session: Session, source: str, before: dt.datetime, most: int) -> list[Turn]:
    """Return the dossiers about which nobody has asked since a moment, the longest ago first, each once."""
    oldest = sa.func.min(Subscription.asked_at, type_=Subscription.asked_at.type)
    code = sa.func.min(Subscription.code)
    live = (Subscription.ended_at.is_(None), Subscription.source == source, Subscription.asked_at <= before)
    keys = sa.select(Subscription.key, code, oldest).where(*live).group_by(Subscription.key)
    return [Turn(*row) for row in session.execute(keys.order_by(oldest).limit(most))]


def _take(session: Session, source: str, turn: Turn, now: dt.datetime) -> bool:
    """Note that it is being asked about; False = another process was faster."""
    return _set_asked(session, source, turn.key, now, Subscription.asked_at == turn.asked_at)


def _set_asked(session: Session, source: str, key: str, at: dt.datetime, *only: sa.sql.ColumnElement) -> bool:
    mine = (Subscription.source == source, Subscription.key == key)
    if only and not session.execute(_plain(sa.update(Subscription).where(*mine, *only).values(asked_at=at))).rowcount:
        return False
    session.execute(_plain(sa.update(Subscription).where(*mine, Subscription.ended_at.is_(None)).values(asked_at=at)))
    return True


def _plain(statement: sa.sql.Update) -> sa.sql.Update:
    return statement.execution_options(synchronize_session=False)


def _held_too(session: Session, source: str, key: str) -> tuple[Facts | None, list[Watch]]:
    """Return what the own table says of a dossier, and who wants to be told of it."""
    own = session.scalar(sa.select(Dossier).where(Dossier.key == key))
    watched = sa.select(*WATCHED).join(Conversation, Conversation.id == Subscription.conversation_id)
    mine = (Subscription.source == source, Subscription.key == key, Subscription.ended_at.is_(None))
    rows = session.execute(watched.where(*mine, Conversation.owner != ERASED))
    return facts_of(own) if own is not None else None, [read_watch(row) for row in rows]
