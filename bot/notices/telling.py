"""Giving one citizen the notices that are due: once, by the way that their channel leaves open, all or nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.channels.base import Channel
from bot.conversation import heard_at, take_seqs
from bot.delivery.saying import put
from bot.handoff import switches
from bot.handoff.moves import BOT
from bot.notices import KEY
from bot.notices.asking import ask_staff
from knowledge.answers.notices import notice, template_values
from knowledge.dossiers.facts import Facts
from knowledge.dossiers.notices import Due, NoticeKind, due_notices, is_quiet
from knowledge.dossiers.standing import promised_at, soon_ends
from knowledge.dossiers.subscriptions import BY_STAFF
from knowledge.models import Conversation, Notice, Subscription
from knowledge.profile import Profile

_MARGIN = dt.timedelta(hours=1)  # a message may wait for its provider; the window must not close meanwhile


class Held(Exception):
    """Not now: it is night, people own the conversation, or something is turned off. Nothing has changed."""


class Way(str, Enum):
    """How a notice goes: said freely, as an approved template, or by staff who are asked to call."""

    SAY = "say"
    TEMPLATE = "template"
    TASK = BY_STAFF


def way_to(window: dt.timedelta | None, heard: dt.datetime | None, has_template: bool, now: dt.datetime) -> Way:
    """Return the way that is open to a citizen who last wrote at ``heard``; known before anything is sent."""
    if window is None or (heard is not None and now - heard < window - _MARGIN):
        return Way.SAY
    return Way.TEMPLATE if has_template else Way.TASK


@dataclass(frozen=True)
class Watch:
    """A subscription with its conversation, as they were read; what the citizen knows is as in ``Subscription``."""

    id: int
    conversation_id: str
    channel: str
    owner: str
    owner_version: int
    status: int | None
    new_due_at: dt.datetime | None
    reminded_for: dt.datetime | None
    since: dt.datetime
    version: int


_OF_CONVERSATION = (Conversation.channel, Conversation.owner, Conversation.version.label("owner_version"))
_OWN = ("id", "conversation_id", "status", "new_due_at", "reminded_for", "since", "version")
WATCHED = tuple(getattr(Subscription, name).label(f"watch_{name}") for name in _OWN) + _OF_CONVERSATION


def read_watch(row: Any) -> Watch:
    """Return the watch in a row that selected ``WATCHED``."""
    own = {name: getattr(row, f"watch_{name}") for name in _OWN}
    return Watch(**own, channel=row.channel, owner=row.owner, owner_version=row.owner_version)


@dataclass(frozen=True)
class Teller:
    """Tells; ``channels`` are those that are configured."""

    channels: Mapping[str, Channel]
    profile: Profile

    def tell(self, session: Session, watch: Watch, facts: Facts, words: str, now: dt.datetime) -> Sequence[Way]:
        """Give what is due and return the way of each; () = nothing is, or another process was faster.

        The notices, what the citizen knows from now on and the messages are of this one transaction.

        Raises:
            Held: not now; it must be rolled back, and is found again.
            IntegrityError: another process has given one of them.
        """
        due = due_notices(watch, facts, now, self.profile)
        if not due:
            return ()
        if watch.owner != BOT or is_quiet(now, self.profile) or self._is_off(session, watch):
            raise Held
        if not self._claim(session, watch, facts, due, now):
            return ()
        way = self._way(session, watch, now)
        for one in due:
            seq = self._pass_on(session, watch, one, facts, words, way, now)
            given = Notice(subscription_id=watch.id, kind=one.kind.value, fact=one.fact, way=way.value, seq=seq, at=now)
            session.add(given)
        session.flush()
        return (way,) * len(due)

    def _is_off(self, session: Session, watch: Watch) -> bool:
        names = (switches.BOT, switches.of_channel(watch.channel))
        return watch.channel not in self.channels or any(switches.is_off(session, name) for name in names)

    def _claim(self, session: Session, watch: Watch, facts: Facts, due: Sequence[Due], now: dt.datetime) -> bool:
        """Note what the citizen knows from now on; False = it has been noted already, or nobody wants it any more."""
        held = (Subscription.id == watch.id, Subscription.version == watch.version, Subscription.ended_at.is_(None))
        noting = sa.update(Subscription).where(*held).values(version=watch.version + 1, **self._known(facts, due, now))
        return bool(session.execute(noting.execution_options(synchronize_session=False)).rowcount)

    def _known(self, facts: Facts, due: Sequence[Due], now: dt.datetime) -> dict[str, Any]:
        known: dict[str, Any] = {}
        for one in due:
            if one.kind is NoticeKind.NEW_DATE and facts.new_due_at:
                known["new_due_at"] = facts.new_due_at
                if facts.new_due_at <= soon_ends(now, self.profile, 1):
                    known["reminded_for"] = facts.new_due_at
            elif one.kind is NoticeKind.DUE:
                known["reminded_for"] = promised_at(facts)
            else:
                known["status"] = facts.status
        return known

    def _way(self, session: Session, watch: Watch, now: dt.datetime) -> Way:
        channel = self.channels[watch.channel]
        return way_to(
            channel.capabilities.window, heard_at(session, watch.conversation_id), channel.takes_templates, now
        )

    def _pass_on(
        self, session: Session, watch: Watch, due: Due, facts: Facts, words: str, way: Way, now: dt.datetime
    ) -> int:
        """Say it, or ask staff to; return the number of the message.

        Raises:
            Held: somebody has taken the conversation since it was read.
        """
        grown = take_seqs(session, watch.conversation_id, 1, watch.owner_version)
        if grown is None:
            raise Held
        said = notice(due.kind, facts, self.profile, "" if due.kind is NoticeKind.DUE else words)
        key = f"{KEY}{watch.id}:{watch.version}:{due.kind.value}"
        if way is Way.TASK:
            ask_staff(session, grown, facts, said, key, self.profile, now)
        else:
            template = template_values(due.kind, facts, self.profile) if way is Way.TEMPLATE else None
            put(session, grown.id, grown.last_seq, grown.version, said, key, template=template)
        return int(grown.last_seq)
