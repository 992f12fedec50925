"""Conversations of one citizen on several channels as one case, and conversations that are to be erased."""

from __future__ import annotations

import sqlalchemy as sa

from knowledge.models.base import Base, UtcDateTime, utc_now


class Case(Base):
    """What staff see as one: the conversations that share a code. After ``expires_at`` nobody can join by it."""

    __tablename__ = "cases"
    id = sa.Column(sa.Integer, primary_key=True)
    code = sa.Column(sa.String(6), nullable=False, unique=True)
    created_at = sa.Column(UtcDateTime, nullable=False, default=utc_now)
    expires_at = sa.Column(UtcDateTime, nullable=False)


class CaseMember(Base):
    """A conversation of a case; it is in one case at a time, ``joined_by_code`` unless the case began with it."""

    __tablename__ = "case_members"
    conversation_id = sa.Column(sa.ForeignKey("conversations.id"), primary_key=True)
    case_id = sa.Column(sa.ForeignKey("cases.id", ondelete="CASCADE"), nullable=False, index=True)
    joined_by_code = sa.Column(sa.Boolean, nullable=False, default=False)
    joined_at = sa.Column(UtcDateTime, nullable=False, default=utc_now)


class Erasure(Base):
    """The duty to erase a conversation, and the proof that it was done.

    ``request`` is a keyed digest of the provider's event, so that a repeated event erases nothing newer.
    """

    __tablename__ = "erasures"
    id = sa.Column(sa.Integer, primary_key=True)
    conversation_id = sa.Column(sa.ForeignKey("conversations.id"), nullable=False, unique=True)
    request = sa.Column(sa.String(64), nullable=False, unique=True)
    asked_at = sa.Column(UtcDateTime, nullable=False, default=utc_now)
    done_at = sa.Column(UtcDateTime, index=True)
