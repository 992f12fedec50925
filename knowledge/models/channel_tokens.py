"""The access tokens of providers that give out a new pair at every renewal."""

from __future__ import annotations

import sqlalchemy as sa

from knowledge.models.base import Base, UtcDateTime


class ChannelToken(Base):
    """The newest pair of a channel, encrypted.

    ``version`` grows with every pair. Until ``busy_until`` nobody else renews it. ``error`` names the
    reason (under ``alerts``) why it cannot be renewed. ``seeds`` are fingerprints of the pairs that an
    operator gave: each is taken once. ``echoed_at`` is when the provider last told us what we sent.
    """

    __tablename__ = "channel_tokens"
    channel = sa.Column(sa.String(12), primary_key=True)
    version = sa.Column(sa.Integer, nullable=False, default=0)
    sealed = sa.Column(sa.Text, nullable=False, default="")
    renew_at = sa.Column(UtcDateTime)
    busy_until = sa.Column(UtcDateTime)
    error = sa.Column(sa.String(40), nullable=False, default="")
    seeds = sa.Column(sa.JSON, nullable=False, default=list)
    echoed_at = sa.Column(UtcDateTime)
