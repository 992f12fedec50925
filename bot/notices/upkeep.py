"""Subscriptions that have told all there is, and notices that were dropped on their way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from knowledge.dossiers.notices import FINAL, NoticeKind
from knowledge.models import Conversation, Notice, OutboxItem, Subscription

_ON_ITS_WAY = dt.timedelta(days=2)  # longer than any message is tried to be delivered
_SETTLED = dt.timedelta(days=1)
LONGEST = dt.timedelta(days=365)  # a wish that is older is nobody's any more
_KNOWN_BY = {NoticeKind.NEW_DATE.value: "new_due_at", NoticeKind.DUE.value: "reminded_for"}  # else the status


def take_back(session: Session, replayed: Sequence[str], now: dt.datetime) -> int:
    """Forget the notices that were dropped because somebody took the conversation; what is true later is told then.

    In channels whose readers fetch by themselves (``replayed``) the message was there at once.
    """
    its_message = sa.and_(OutboxItem.conversation_id == Subscription.conversation_id, OutboxItem.seq == Notice.seq)
    lost = (
        sa.select(Notice.id, Notice.kind, Subscription.id.label("subscription"))
        .join(Subscription, Subscription.id == Notice.subscription_id)
        .join(OutboxItem, its_message)
        .join(Conversation, Conversation.id == Subscription.conversation_id)
        .where(Notice.at > now - _ON_ITS_WAY, Subscription.ended_at.is_(None), OutboxItem.state == "dropped")
        .where(Conversation.channel.not_in(replayed))
    )
    rows = session.execute(lost).all()
    for row in rows:
        gone = sa.delete(Notice).where(Notice.id == row.id).execution_options(synchronize_session=False)
        if session.execute(gone).rowcount:  # else another process has just done it
            unknown = {_KNOWN_BY.get(row.kind, "status"): None, "version": Subscription.version + 1}
            mine = sa.update(Subscription).where(Subscription.id == row.subscription).values(unknown)
            session.execute(mine.execution_options(synchronize_session=False))
    return len(rows)


def end_finished(session: Session, now: dt.datetime) -> int:
    """End those whose dossier has come to its end, once the last notice must have arrived; and those of a year ago."""
    recent = sa.exists().where(Notice.subscription_id == Subscription.id, Notice.at > now - _SETTLED)
    finished = sa.and_(Subscription.status.in_(FINAL), ~recent)
    return sum(
        _end(session, over, why, now)
        for why, over in (("finished", finished), ("old", Subscription.since < now - LONGEST))
    )


def _end(session: Session, over: Any, why: str, now: dt.datetime) -> int:
    done = list(session.scalars(sa.select(Subscription.id).where(Subscription.ended_at.is_(None), over)))
    if done:  # the usual case takes no write lock
        ending = sa.update(Subscription).where(Subscription.id.in_(done)).values(ended_at=now, why=why)
        session.execute(ending.execution_options(synchronize_session=False))
    return len(done)
