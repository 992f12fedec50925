"""Looking for what citizens are to be told: through the own table every few minutes, from the subscriptions' side."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from bot.conversation import ERASED
from bot.handoff import switches
from bot.handoff.takeover import give_back_when_silent
from bot.metrics import Metrics
from bot.notices import upkeep
from bot.notices.telling import WATCHED, Held, Teller, Watch, read_watch
from bot.transactions import transaction
from knowledge.connectors.own import OwnTable
from knowledge.dossiers.facts import Facts, facts_of
from knowledge.dossiers.notices import is_quiet
from knowledge.dossiers.standing import PROMISED, RUNNING, soon_ends
from knowledge.models import Conversation, Dossier, DossierEvent, Subscription, utc_now

log = structlog.get_logger("notices")

_PAGE = 1000  # subscriptions that are compared in one transaction
_CONSOLE = "console:"


@dataclass(frozen=True)
class News:
    """A dossier that somebody may have to be told of, with what the office wrote for the citizen."""

    watch: Watch
    facts: Facts
    words: str


class Notices:
    """Looks and tells; ``told(conversation_id)`` wakes those who deliver. Two that look at once tell once."""

    def __init__(
        self,
        sessions: sessionmaker,
        teller: Teller,
        metrics: Metrics,
        told: Callable[[str], None],
        clock: Callable[[], dt.datetime] = utc_now,
    ) -> None:
        self.sessions = sessions
        self.clock = clock
        self._teller = teller
        self._metrics = metrics
        self._told = told

    @property
    def _replayed(self) -> list[str]:
        return [name for name, channel in self._teller.channels.items() if channel.capabilities.replayed]

    def silent(self, source: str) -> None:
        """Count that another system did not answer."""
        self._metrics.dossier_system_silent(source)

    async def may_tell(self) -> bool:
        """Tell whether anybody may be told anything now: not in quiet hours, nor while the assistant is off."""
        if is_quiet(self.clock(), self._teller.profile):
            return False
        return not await transaction(self.sessions, switches.is_off, switches.BOT)

    async def look(self) -> int:
        """Tell what is due of the own table; return how many notices were given. What is held is found again."""
        if not await self.may_tell():
            return 0
        await transaction(self.sessions, upkeep.take_back, self._replayed, self.clock())
        await transaction(self.sessions, upkeep.end_finished, self.clock())
        given = held = after = 0
        while True:
            last, found = await transaction(self.sessions, self._page, after)
            if last is None:
                break
            for news in found:
                count = await self.tell(news)
                given, held = given + (count or 0), held + (count is None)
            after = last
        self._metrics.set_held(held)
        return given

    def _page(self, session: Session, after: int) -> tuple[int | None, list[News]]:
        """Return the last subscription of the next page (None = there is none) and what may be news in it."""
        own = (Subscription.ended_at.is_(None), Subscription.source == OwnTable.name)
        ids = sa.select(Subscription.id).where(Subscription.id > after, *own).order_by(Subscription.id).limit(_PAGE)
        last = session.scalar(sa.select(sa.func.max(ids.subquery().c.id)))
        if last is None:
            return None, []
        page = sa.and_(Subscription.id > after, Subscription.id <= last, *own)
        rows = session.execute(_changed(self.clock(), self._teller).where(page).order_by(Subscription.id))
        return last, [News(read_watch(row), facts_of(row.Dossier), row.words or "") for row in rows]

    async def tell(self, news: News) -> int | None:
        """Give one citizen what is due; return how many notices, None = it is held."""
        watch, now = news.watch, self.clock()
        try:
            ways = await transaction(self.sessions, self._teller.tell, watch, news.facts, news.words, now)
        except Held:
            if watch.owner.startswith(_CONSOLE):  # nobody else looks whether they have gone while the citizen is silent
                await transaction(self.sessions, _give_back, watch.conversation_id, now)
            return None
        except IntegrityError as error:  # another process told it, or opened the same hand-off
            log.info("notices.overtaken", error=type(error).__name__)
            return 0
        for way in ways:
            self._metrics.noticed(watch.channel, way.value)
        if ways:
            self._told(watch.conversation_id)
        return len(ways)


def _changed(now: dt.datetime, teller: Teller) -> Any:
    """Return who may have to be told what; joined from subscriptions, so that dossiers are found by their key."""
    words = sa.select(DossierEvent.text).where(DossierEvent.dossier_id == Dossier.id, DossierEvent.text != "")
    words = words.where(DossierEvent.at == Dossier.updated_at).order_by(DossierEvent.id.desc()).limit(1)
    is_next = sa.and_(
        Dossier.status.in_(RUNNING),
        PROMISED.between(now, soon_ends(now, teller.profile, 1)),  # what is promised later is no reminder yet
        PROMISED.is_distinct_from(Subscription.reminded_for),
    )
    is_new = sa.or_(
        sa.and_(Dossier.status.is_not(None), Dossier.status.is_distinct_from(Subscription.status)),
        sa.and_(Dossier.new_due_at > now, Dossier.new_due_at.is_distinct_from(Subscription.new_due_at)),
        is_next,
    )
    joined = (
        sa.select(*WATCHED, Dossier, words.scalar_subquery().label("words"))
        .join(Dossier, Dossier.key == Subscription.key)
        .join(Conversation, Conversation.id == Subscription.conversation_id)
    )
    return joined.where(is_new, Conversation.owner != ERASED)


def _give_back(session: Session, conversation_id: str, now: dt.datetime) -> None:
    give_back_when_silent(session, session.get(Conversation, conversation_id), now)
