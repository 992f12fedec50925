"""When more is asked than can be answered at once: who waits hears so, with a place and a time, once in a while.

Silence makes people ask again, and that makes it worse. While it is crowded, those for whom people are wanted come
first (``inbox.claim``).
"""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

import anyio
import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from bot.conversation import TOOLS
from bot.delivery.saying import tell
from bot.texts import Texts
from bot.transactions import transaction
from knowledge.models import Conversation, InboxItem, Message, OutboxItem, utc_now
from knowledge.reply import Reply

log = structlog.get_logger("crowd")

_LOOK_EVERY = 2.0  # seconds
CROWDED_AFTER = dt.timedelta(seconds=15)  # the oldest question has waited so long: it is crowded
_TOLD_AFTER = dt.timedelta(seconds=5)  # who has asked within moments may be answered first all the same
_ONCE_IN = 30 * 60  # seconds
_SOON = 30.0  # seconds; who is answered by then is not told first
_MOST_AT_ONCE = 10  # conversations told in one transaction: who writes in that moment waits for it
_MOST_ON_THE_WAY = 32  # messages of one channel: with more before it a notice is late, and so is the answer behind it
_PAUSE, _PATIENCE = 0.1, 3.0  # seconds; a channel that has had no room for so long lets nothing through
_LONGEST_WAIT = 30.0  # seconds for some conversations: other channels' people wait behind them
_COUNTED = 50  # answers from which the pace is taken
_LATELY = dt.timedelta(minutes=5)  # answers of a quiet hour before tell nothing of the pace
# not what is tried again after a failure, and not what asks for no answer of Rasa
_WAITS = sa.and_(InboxItem.state == "new", InboxItem.attempts == 0, InboxItem.body["message"].as_string() != "")


@dataclass(frozen=True)
class Waiting:
    """A conversation whose question waits at a ``place`` from 1, in a channel; ``item_id`` is the question."""

    conversation_id: str
    channel: str
    item_id: int
    place: int


@dataclass(frozen=True)
class Found:
    """Who is to be told next, at ``pace`` answers a second.

    ``full`` are their channels in which much is on its way, with the keys of what leaves next.

    ``seen`` is the last question that was looked at, and ``more`` may follow.
    """

    waiting: Sequence[Waiting]
    pace: float | None
    seen: int
    more: bool
    full: Mapping[str, Sequence[int]] = field(default_factory=dict)


class Crowd:
    """Looks how long questions wait; ``told(conversation_id, channel)`` wakes those who deliver."""

    def __init__(
        self,
        sessions: sessionmaker,
        texts: Texts,
        told: Callable[[str, str], None],
        clock: Callable[[], dt.datetime] = utc_now,
    ) -> None:
        self._sessions = sessions
        self._texts = texts
        self._told = told
        self._clock = clock
        self._seen = 0  # the last question whose conversation was told, or passed over
        self.is_there = False

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await anyio.sleep(_LOOK_EVERY)
            try:
                await self.look()
            except Exception as error:  # the next look comes
                log.error("crowd.failed", error=type(error).__name__)

    async def look(self) -> int:
        """Tell those who wait, the longest first, and return how many were told."""
        self.is_there = await transaction(self._sessions, _is_crowded, self._clock())
        if not self.is_there:
            self._seen = 0
            return 0
        told, more = 0, True
        stuck: dict[str, Sequence[int]] = {}
        while more:
            found, some = await self._tell_next(stuck)
            told += some
            self._seen, more = found.seen, found.more
        return told

    async def _tell_next(self, stuck: dict[str, Sequence[int]]) -> tuple[Found, int]:
        """Tell the next ones, each once what is on its way in its channel has left; return how many.

        So a notice leaves soon after it is written, and says a place and a time that are still true. Channels in which
        nothing leaves are ``stuck`` for so long: there people are told all the same, and after a while everywhere.
        """
        full: dict[str, Sequence[int]] = {}
        told, begun = 0, anyio.current_time()
        until = begun + _PATIENCE
        while True:
            now = self._clock()
            found = await transaction(self._sessions, _find, now, self._seen)
            waited_for = {name: head for name, head in found.full.items() if stuck.get(name) != head}
            if waited_for != full:
                full, until = waited_for, anyio.current_time() + _PATIENCE
            elif anyio.current_time() > until:
                stuck.update(full)
                full = {}
            if anyio.current_time() > begun + _LONGEST_WAIT:
                full = {}
            told += await self._tell_some([one for one in found.waiting if one.channel not in full], found.pace, now)
            if not full:
                return found, told
            await anyio.sleep(_PAUSE)

    async def _tell_some(self, waiting: Sequence[Waiting], pace: float | None, now: dt.datetime) -> int:
        try:
            told = await transaction(self._sessions, self._tell, waiting, pace, now)
        except IntegrityError:  # another process has just told one of them
            if len(waiting) == 1:
                return 0
            return sum([await self._tell_some([one], pace, now) for one in waiting])
        for one in told:
            self._told(one.conversation_id, one.channel)
        return len(told)

    def _tell(
        self, session: Session, waiting: Sequence[Waiting], pace: float | None, now: dt.datetime
    ) -> list[Waiting]:
        ids = [one.item_id for one in waiting]
        still = sa.select(InboxItem.id).where(InboxItem.id.in_(ids), InboxItem.state == "new")
        open_ = set(session.scalars(still.with_for_update(skip_locked=True)))  # else its answer is being made
        return [
            one
            for one in waiting
            if one.item_id in open_ and tell(session, one.conversation_id, self._notice(one.place, pace), key_at(now))
        ]

    def _notice(self, place: int, pace: float | None) -> Reply:
        if pace is None:
            return self._texts.reply("crowded", place=place)
        return self._texts.reply("crowded_until", place=place, minutes=minutes(place, pace))


def key_at(now: dt.datetime) -> str:
    """Return the key of the notice, the same for half an hour, so that no conversation gets it twice."""
    return f"crowd:{int(now.timestamp()) // _ONCE_IN}"


def minutes(place: int, pace: float) -> int:
    """Return in about how many minutes somebody at a place is answered, at so many answers a second; 1 at least."""
    return max(1, math.ceil(place / pace / 60))


def pace_of(finished: Sequence[dt.datetime], now: dt.datetime) -> float | None:
    """Return answers a second, from when the last ones were finished; None when there are too few."""
    if len(finished) < 2:
        return None
    return len(finished) / max(1.0, (now - min(finished)).total_seconds())


def _is_crowded(session: Session, now: dt.datetime) -> bool:
    late = sa.select(InboxItem.id).where(_WAITS, InboxItem.created_at <= now - CROWDED_AFTER)
    return session.scalar(late.limit(1)) is not None


def _full(session: Session, channels: set[str], now: dt.datetime) -> dict[str, Sequence[int]]:
    heads = {channel: _head(session, channel, now) for channel in channels}
    return {channel: head for channel, head in heads.items() if len(head) == _MOST_ON_THE_WAY}


def _head(session: Session, channel: str, now: dt.datetime) -> Sequence[int]:
    """Return the keys of what leaves next in a channel."""
    lane = sa.select(OutboxItem.id).where(OutboxItem.channel == channel, OutboxItem.state == "pending")
    due = lane.where(OutboxItem.available_at <= now).order_by(OutboxItem.id).limit(_MOST_ON_THE_WAY)
    return session.scalars(due).all()


def _pace(session: Session, now: dt.datetime) -> float | None:
    last = sa.select(InboxItem.finished_at).where(InboxItem.state == "done", InboxItem.finished_at > now - _LATELY)
    return pace_of(list(session.scalars(last.order_by(InboxItem.id.desc()).limit(_COUNTED))), now)


def _find(session: Session, now: dt.datetime, seen: int) -> Found:
    """Return the next conversations that have waited, have not been told, and are not answered soon anyway."""
    pace = _pace(session, now)
    told = sa.exists().where(Message.conversation_id == Conversation.id, Message.client_id == key_at(now))
    found = session.execute(
        sa.select(InboxItem.id, InboxItem.created_at, Conversation.id.label("conversation"), Conversation.channel)
        .join(Conversation, Conversation.id == InboxItem.conversation_id)
        .where(InboxItem.id > seen, _WAITS, ~told)
        .where(Conversation.owner == "bot", Conversation.channel != TOOLS)
        .order_by(InboxItem.id)
        .limit(_MOST_AT_ONCE)
    ).all()
    # who comes through the spool may have asked before somebody who is in line here: nobody is passed over for good
    rows = list(takewhile(lambda row: row.created_at <= now - _TOLD_AFTER, found))
    if not rows:
        return Found((), pace, seen, False)
    before, between = _open(session, rows[0].id, rows[-1].id)
    placed = [Waiting(row.conversation, row.channel, row.id, before + bisect_right(between, row.id)) for row in rows]
    first = {one.conversation_id: one for one in reversed(placed)}  # of several questions of one citizen the first
    waiting = [one for one in placed if first[one.conversation_id] is one and not _is_soon(one.place, pace)]
    full = _full(session, {one.channel for one in waiting}, now)
    return Found(waiting, pace, rows[-1].id, len(rows) == _MOST_AT_ONCE, full)


def _is_soon(place: int, pace: float | None) -> bool:
    return pace is not None and place / pace < _SOON


def _open(session: Session, first: int, last: int) -> tuple[int, list[int]]:
    """Return how many questions are open before the first, and those from it to the last."""
    is_open = InboxItem.state.in_(("new", "working"))
    before = session.scalar(sa.select(sa.func.count()).where(is_open, InboxItem.id < first)) or 0
    between = sa.select(InboxItem.id).where(is_open, InboxItem.id.between(first, last)).order_by(InboxItem.id)
    return before, list(session.scalars(between))
