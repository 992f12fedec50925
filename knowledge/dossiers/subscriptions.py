"""The rows of who wants to be told of which dossier: begun with consent, ended at once, removed in time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from knowledge.dossiers.consents import record_consent
from knowledge.models import Notice, Subscription
from nlu.dossier_codes import match_key

PURPOSE = "dossier_notices"
BY_STAFF = "task"  # the way of a notice that staff are asked to bring
MOST = 20  # dossiers of one conversation
_PLAIN = {"synchronize_session": False}


@dataclass(frozen=True)
class Wish:
    """What a citizen agrees to: the dossier at its source, as they were told of it, in the words of which version."""

    source: str
    code: str
    status: int | None
    new_due_at: dt.datetime | None
    consent: str


def subscribe(session: Session, conversation_id: str, wish: Wish, now: dt.datetime) -> bool:
    """Begin, with a record of the consent; what is there already stays. False = there are too many."""
    standing = live(session, conversation_id)
    if any(one.key == match_key(wish.code) for one in standing):
        return True
    if len(standing) >= MOST:
        return False
    record_consent(session, conversation_id, PURPOSE, wish.consent, now)
    known = {"status": wish.status, "new_due_at": wish.new_due_at}
    named = {"source": wish.source, "key": match_key(wish.code), "code": wish.code}
    session.add(Subscription(conversation_id=conversation_id, **named, **known, since=now, asked_at=now))
    session.flush()
    return True


def live(session: Session, conversation_id: str) -> list[Subscription]:
    """Return what a conversation is told of, the oldest wish first."""
    mine = sa.and_(Subscription.conversation_id == conversation_id, Subscription.ended_at.is_(None))
    return list(session.scalars(sa.select(Subscription).where(mine).order_by(Subscription.id)))


@dataclass(frozen=True)
class Reach:
    """How many follow a dossier, how many of them were told, and how many staff were asked to call instead."""

    following: int
    told: int
    to_call: int


def reach(session: Session, key: str, kind: str) -> Reach:
    """Return whom a notice of a kind about a dossier has reached of those who follow it now."""
    ways = (
        sa.select(sa.func.max(Notice.way))  # a wish has one notice of a kind and fact; of several dates the ways agree
        .where(Notice.subscription_id == Subscription.id, Notice.kind == kind)
        .scalar_subquery()
    )
    mine = (Subscription.key == key, Subscription.ended_at.is_(None))
    found = list(session.scalars(sa.select(ways.label("way")).select_from(Subscription).where(*mine)))
    to_call = found.count(BY_STAFF)
    return Reach(len(found), len(found) - found.count(None) - to_call, to_call)


def end(session: Session, conversation_id: str, why: str, now: dt.datetime, keys: Sequence[str] = ()) -> int:
    """End what a conversation is told of, or of these dossiers alone; return how many there were."""
    mine = sa.and_(Subscription.conversation_id == conversation_id, Subscription.ended_at.is_(None))
    which = sa.and_(mine, Subscription.key.in_(keys)) if keys else mine
    ending = sa.update(Subscription).where(which).values(ended_at=now, why=why)
    return int(session.execute(ending.execution_options(**_PLAIN)).rowcount)


def remove(session: Session, which: Any) -> None:
    """Remove rows with what was told because of them."""
    ids = sa.select(Subscription.id).where(which)
    session.execute(sa.delete(Notice).where(Notice.subscription_id.in_(ids)).execution_options(**_PLAIN))
    session.execute(sa.delete(Subscription).where(which).execution_options(**_PLAIN))
