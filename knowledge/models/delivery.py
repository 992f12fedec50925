"""What became of every part sent to a provider, and what needs a person."""

from __future__ import annotations

import sqlalchemy as sa

from knowledge.models.base import Base, UtcDateTime, utc_now


class DeliveryPart(Base):
    """One call to a provider: state pending, sending, sent, uncertain (maybe sent) or parked (never will be).

    ``part`` counts from 0 within the outbox item. ``body`` is what the call carries
    (``bot.channels.base.Part`` as JSON), emptied when the item is closed.
    """

    __tablename__ = "deliveries"
    id = sa.Column(sa.Integer, primary_key=True)
    outbox_id = sa.Column(sa.ForeignKey("outbox.id", ondelete="CASCADE"), nullable=False)
    part = sa.Column(sa.Integer, nullable=False)
    state = sa.Column(sa.String(10), nullable=False, default="pending", index=True)
    attempts = sa.Column(sa.Integer, nullable=False, default=0)
    body = sa.Column(sa.JSON, nullable=False, default=dict)
    external_message_id = sa.Column(sa.String(120), index=True)
    sent_at = sa.Column(UtcDateTime)
    delivered_at = sa.Column(UtcDateTime)
    seen_at = sa.Column(UtcDateTime)
    error = sa.Column(sa.Text, nullable=False, default="")
    __table_args__ = (sa.UniqueConstraint("outbox_id", "part"),)


class Alert(Base):
    """Something that a person must look at; open until ``cleared_at``, repeats are counted.

    ``text_key`` names its sentence; ``details`` are the values of the newest occurrence, without secrets.
    """

    __tablename__ = "alerts"
    id = sa.Column(sa.Integer, primary_key=True)
    kind = sa.Column(sa.String(20), nullable=False)
    channel = sa.Column(sa.String(12), nullable=False, default="")
    text_key = sa.Column(sa.String(40), nullable=False)
    details = sa.Column(sa.JSON, nullable=False, default=dict)
    count = sa.Column(sa.Integer, nullable=False, default=1)
    first_at = sa.Column(UtcDateTime, nullable=False, default=utc_now)
    last_at = sa.Column(UtcDateTime, nullable=False, default=utc_now)
    cleared_at = sa.Column(UtcDateTime, index=True)


# of two processes that see the same fault at once, one opens the alert and the other counts it
sa.Index(
    "uq_alerts_open",
    Alert.kind,
    Alert.channel,
    Alert.text_key,
    unique=True,
    sqlite_where=Alert.cleared_at.is_(None),
    postgresql_where=Alert.cleared_at.is_(None),
)
