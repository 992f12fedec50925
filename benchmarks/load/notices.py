"""Whether citizens who wait are told, how soon, and whether it comes true."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from benchmarks.load.numbers import percentile
from knowledge.models import Conversation, InboxItem, Message

_MINUTES = re.compile(r"khoảng (\d+) phút")
WORTH_TELLING = 20.0  # seconds: who waits longer should have been told (bot/delivery/crowd.py tells from 15 s on)
IN_TIME = 30.0  # seconds from asking: who hears later has waited in silence
_KEY = "crowd:"


@dataclass(frozen=True)
class Wait:
    """One citizen's longest wait: seconds, and after how many they were told of it; None = never."""

    seconds: float
    told_after: float | None


@dataclass(frozen=True)
class Promise:
    """A notice: the minutes it says, None = only a place, and those until the answer was really there."""

    said: int | None
    real: float

    @property
    def is_true(self) -> bool:
        """Whether the answer came by then; an estimate may be short by a minute or by a quarter."""
        return self.said is not None and self.real <= max(self.said + 1, self.said * 1.25)


@dataclass(frozen=True)
class Told:
    """All waits worth telling and all promises."""

    waits: tuple[Wait, ...]
    promises: tuple[Promise, ...]

    @property
    def reached(self) -> int:
        """How many of those who waited were told before the answer came."""
        return sum(wait.told_after is not None for wait in self.waits)

    @property
    def in_time(self) -> int:
        """How many were told soon."""
        return sum(wait.told_after is not None and wait.told_after <= IN_TIME for wait in self.waits)

    def told_after(self, share: float) -> float:
        """Return the seconds after which such a share of those who were told at all were told."""
        return percentile([wait.told_after for wait in self.waits if wait.told_after is not None], share)


def told(session: Session) -> Told:
    """Return what the rows say of every conversation."""
    notices: defaultdict[str, list[tuple[dt.datetime, str]]] = defaultdict(list)
    for conversation, at, text in session.execute(
        sa.select(Message.conversation_id, Message.created_at, Message.text)
        .where(Message.client_id.startswith(_KEY))
        .order_by(Message.id)
    ):
        notices[conversation].append((at, text))
    spans: defaultdict[str, list[tuple[dt.datetime, dt.datetime]]] = defaultdict(list)
    done = sa.select(InboxItem.conversation_id, InboxItem.created_at, InboxItem.finished_at).order_by(InboxItem.id)
    for conversation, came, finished in session.execute(done.where(InboxItem.finished_at.is_not(None))):
        spans[conversation].append((came, finished))
    return judge(spans, notices)


def judge(
    spans: Mapping[str, Sequence[tuple[dt.datetime, dt.datetime]]],
    notices: Mapping[str, Sequence[tuple[dt.datetime, str]]],
) -> Told:
    """Set the waits (came, finished) of each conversation against its notices (at, text).

    A notice speaks of the first question that was open when it was written, and is good for all of that half hour.
    """
    waits, promises = [], []
    for name, these in spans.items():
        mine = notices.get(name, ())
        came, finished = max(these, key=lambda span: span[1] - span[0])
        seconds = (finished - came).total_seconds()
        if seconds >= WORTH_TELLING:
            waits.append(Wait(seconds, _told_after(came, finished, mine)))
        for at, text in mine:
            ends = [end for start, end in these if start <= at < end]
            minutes = _MINUTES.search(text)
            if ends:
                real = (min(ends) - at).total_seconds() / 60
                promises.append(Promise(int(minutes[1]) if minutes else None, real))
    return Told(tuple(waits), tuple(promises))


def _told_after(came: dt.datetime, finished: dt.datetime, notices: Sequence[tuple[dt.datetime, str]]) -> float | None:
    before = [at for at, _ in notices if came - dt.timedelta(minutes=30) <= at < finished]
    return max(0.0, (min(before) - came).total_seconds()) if before else None


def notices_to(session: Session, channel: str) -> dict[str, list[str]]:
    """Return the texts of all notices by the conversation's name in its channel."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    query = (
        sa.select(Conversation.external_id, Message.text)
        .join(Message, Message.conversation_id == Conversation.id)
        .where(Conversation.channel == channel, Message.client_id.startswith(_KEY))
    )
    for external_id, text in session.execute(query):
        found[external_id].append(text)
    return found
