"""Conversations, messages, the durable inbox and outbox."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import relationship

from knowledge.models.base import Base, UtcDateTime, utc_now


class Conversation(Base):
    """One citizen on one channel; ``id`` is a random UUID in text.

    ``owner`` is ``bot``, ``people`` while it waits in the queue, ``staff:<id>`` when one of them has it,
    or ``console:<channel>``; ``version`` grows with every change of owner and guards
    against answers that were on their way when it changed. ``last_seq`` numbers messages.
    """

    __tablename__ = "conversations"
    id = sa.Column(sa.String(36), primary_key=True)
    channel = sa.Column(sa.String(12), nullable=False)
    external_id = sa.Column(sa.String(120), nullable=False)
    owner = sa.Column(sa.String(40), nullable=False, default="bot")
    version = sa.Column(sa.Integer, nullable=False, default=0)
    last_seq = sa.Column(sa.Integer, nullable=False, default=0)
    expects = sa.Column(sa.String(12), nullable=False, default="")
    created_at = sa.Column(UtcDateTime, nullable=False, default=utc_now)
    last_at = sa.Column(UtcDateTime, nullable=False, default=utc_now, index=True)

    messages = relationship("Message", order_by="Message.seq")
    __table_args__ = (sa.UniqueConstraint("channel", "external_id"),)


class Message(Base):
    """One message; ``seq`` counts from 1 within its conversation, both directions together.

    ``author`` is citizen, assistant, staff or system. ``body`` is the reply as JSON
    (``knowledge.reply``) for assistant and staff, empty for a citizen's plain text; for what else
    citizens send (file, position, card, edit) it has a ``kind`` and what belongs to it. ``staff_id`` is who of
    the staff wrote it in our console.
    """

    __tablename__ = "messages"
    id = sa.Column(sa.Integer, primary_key=True)
    conversation_id = sa.Column(sa.ForeignKey("conversations.id"), nullable=False)
    seq = sa.Column(sa.Integer, nullable=False)
    author = sa.Column(sa.String(10), nullable=False)
    text = sa.Column(sa.Text, nullable=False, default="")
    body = sa.Column(sa.JSON)
    outcome = sa.Column(sa.String(16), nullable=False, default="")
    staff_id = sa.Column(sa.Integer)  # no foreign key: SQLite would have to write the largest table anew for it
    client_id = sa.Column(sa.String(64))
    created_at = sa.Column(UtcDateTime, nullable=False, default=utc_now)
    __table_args__ = (
        sa.UniqueConstraint("conversation_id", "seq"),
        sa.UniqueConstraint("conversation_id", "client_id"),
    )


# answers of which the assistant was not sure: those who look at them again find them among a million
UNSURE = sa.text("outcome IN ('not_found', 'clarify', 'unavailable')")
sa.Index("ix_messages_unsure", Message.created_at, sqlite_where=UNSURE, postgresql_where=UNSURE)


class Spooled(Base):
    """What a provider sent, ``sealed`` (bot/delivery/spool.py), until it is taken in by the order of ids."""

    __tablename__ = "spool"
    id = sa.Column(sa.Integer, primary_key=True)
    channel = sa.Column(sa.String(12), nullable=False)
    sealed = sa.Column(sa.LargeBinary, nullable=False)
    created_at = sa.Column(UtcDateTime, nullable=False, default=utc_now)


class InboxItem(Base):
    """A message received and not yet lost: state new, working, done or parked."""

    __tablename__ = "inbox"
    id = sa.Column(sa.Integer, primary_key=True)
    channel = sa.Column(sa.String(12), nullable=False)
    external_id = sa.Column(sa.String(120), nullable=False)
    conversation_id = sa.Column(sa.ForeignKey("conversations.id"), nullable=False, index=True)
    message_id = sa.Column(sa.ForeignKey("messages.id"))
    body = sa.Column(sa.JSON, nullable=False)
    state = sa.Column(sa.String(8), nullable=False, default="new", index=True)
    attempts = sa.Column(sa.Integer, nullable=False, default=0)
    available_at = sa.Column(UtcDateTime, nullable=False, default=utc_now)
    error = sa.Column(sa.Text, nullable=False, default="")
    created_at = sa.Column(UtcDateTime, nullable=False, default=utc_now)
    finished_at = sa.Column(UtcDateTime)
    __table_args__ = (sa.UniqueConstraint("channel", "external_id"),)


class OutboxItem(Base):
    """A message to deliver, in order of its number.

    State pending, sending, then sent, dropped, parked, or unsure when a part of it may or may not
    have arrived. While it is sending, ``available_at`` is the end of the lease and ``attempts``
    tells the holders of leases apart. ``owner_version`` is the conversation's version when it was
    written; a stale answer of the assistant is dropped. ``channel`` is the conversation's, so that each finds its
    own among many of others.
    """

    __tablename__ = "outbox"
    id = sa.Column(sa.Integer, primary_key=True)
    channel = sa.Column(sa.String(12), nullable=False, default="", server_default="")
    conversation_id = sa.Column(sa.ForeignKey("conversations.id"), nullable=False)
    seq = sa.Column(sa.Integer, nullable=False)
    message_id = sa.Column(sa.ForeignKey("messages.id"), nullable=False)
    owner_version = sa.Column(sa.Integer, nullable=False)
    state = sa.Column(sa.String(8), nullable=False, default="pending", index=True)
    attempts = sa.Column(sa.Integer, nullable=False, default=0)
    available_at = sa.Column(UtcDateTime, nullable=False, default=utc_now)
    error = sa.Column(sa.Text, nullable=False, default="")
    created_at = sa.Column(UtcDateTime, nullable=False, default=utc_now)
    sent_at = sa.Column(UtcDateTime)
    __table_args__ = (
        sa.UniqueConstraint("conversation_id", "seq"),
        sa.Index("ix_outbox_lane", "channel", "state", "id"),
    )
