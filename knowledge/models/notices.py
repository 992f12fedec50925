"""Who wants to be told of changes of which dossier, and what they were told. No proof, phone or name is kept here."""

from __future__ import annotations

import sqlalchemy as sa

from knowledge.models.base import Base, UtcDateTime, utc_now


class Subscription(Base):
    """A citizen's wish, in one conversation, to be told of changes of one dossier that they proved theirs.

    ``source`` is the connector that is asked, ``key`` what all spellings of ``code`` share; the words that
    were agreed to are in ``consents``. ``status``, ``new_due_at`` and ``reminded_for`` (a promised moment) are what the
    citizen knows already; ``version`` grows with every notice and lets one of several processes give it.
    ``asked_at`` is when another system was last asked. It is over from ``ended_at``, for the reason ``why``.
    """

    __tablename__ = "subscriptions"
    id = sa.Column(sa.Integer, primary_key=True)
    conversation_id = sa.Column(sa.ForeignKey("conversations.id"), nullable=False, index=True)
    source = sa.Column(sa.String(40), nullable=False)
    key = sa.Column(sa.String(60), nullable=False)
    code = sa.Column(sa.String(60), nullable=False)
    since = sa.Column(UtcDateTime, nullable=False, default=utc_now)
    ended_at = sa.Column(UtcDateTime, index=True)
    why = sa.Column(sa.String(12), nullable=False, default="")
    status = sa.Column(sa.Integer)
    new_due_at = sa.Column(UtcDateTime)
    reminded_for = sa.Column(UtcDateTime)
    version = sa.Column(sa.Integer, nullable=False, default=0)
    asked_at = sa.Column(UtcDateTime, nullable=False, default=utc_now)


_LIVE = sa.text("ended_at IS NULL")
sa.Index(
    "uq_subscriptions_live",
    Subscription.conversation_id,
    Subscription.key,
    unique=True,
    sqlite_where=_LIVE,
    postgresql_where=_LIVE,
)
sa.Index(
    "ix_subscriptions_asked",
    Subscription.source,
    Subscription.asked_at,
    sqlite_where=_LIVE,
    postgresql_where=_LIVE,
)
sa.Index("ix_subscriptions_key", Subscription.key, Subscription.source, sqlite_where=_LIVE, postgresql_where=_LIVE)


class Notice(Base):
    """One notice, given once: ``kind`` and ``fact`` (a status and its place in the row, or a date) say of what.

    ``way`` is say, template or task; ``seq`` the message in the conversation.
    """

    __tablename__ = "notices"
    id = sa.Column(sa.Integer, primary_key=True)
    subscription_id = sa.Column(sa.ForeignKey("subscriptions.id", ondelete="CASCADE"), nullable=False)
    kind = sa.Column(sa.String(12), nullable=False)
    fact = sa.Column(sa.String(40), nullable=False)
    way = sa.Column(sa.String(8), nullable=False)
    seq = sa.Column(sa.Integer, nullable=False)
    at = sa.Column(UtcDateTime, nullable=False, default=utc_now, index=True)
    __table_args__ = (sa.UniqueConstraint("subscription_id", "kind", "fact"),)
