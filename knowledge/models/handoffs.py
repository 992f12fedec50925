"""Hand-offs: stretches of a conversation that people own, and what staff add to them."""

from __future__ import annotations

import sqlalchemy as sa

from knowledge.models.base import Base, UtcDateTime, utc_now


class Handoff(Base):
    """A stretch of a conversation that people own, from the wish for it to its close.

    ``state`` is one of ``bot.handoff.states``; every change of it is a compare-and-set on ``version``.
    ``due_at`` is when the clock acts by itself (None = never). ``waiting_since`` is since when the
    citizen has been owed a person or an answer, kept when the hand-off goes back to the queue; ``rank`` 1 =
    before the others there. ``contact`` is what the citizen left for being called, nothing else.
    ``previous_id`` is the hand-off of the same conversation that came before.
    """

    __tablename__ = "handoffs"
    id = sa.Column(sa.Integer, primary_key=True)
    conversation_id = sa.Column(sa.ForeignKey("conversations.id"), nullable=False, index=True)
    state = sa.Column(sa.String(16), nullable=False, index=True)
    version = sa.Column(sa.Integer, nullable=False, default=0, server_default="0")
    reason = sa.Column(sa.String(20), nullable=False)
    procedure_code = sa.Column(sa.String(20), nullable=False, default="")
    unit_code = sa.Column(sa.String(10), nullable=False, default="")
    staff_id = sa.Column(sa.ForeignKey("staff.id"), index=True)
    target_staff_id = sa.Column(sa.ForeignKey("staff.id"))
    target_unit = sa.Column(sa.String(10))
    rank = sa.Column(sa.Integer, nullable=False, default=0, server_default="0")
    summary = sa.Column(sa.JSON, nullable=False, default=dict)
    contact = sa.Column(sa.String(120), nullable=False, default="", server_default="")
    tries = sa.Column(sa.Integer, nullable=False, default=0, server_default="0")
    created_at = sa.Column(UtcDateTime, nullable=False, default=utc_now)
    waiting_since = sa.Column(UtcDateTime)
    claimed_at = sa.Column(UtcDateTime)
    answered_at = sa.Column(UtcDateTime)
    due_at = sa.Column(UtcDateTime, index=True)
    promised_at = sa.Column(UtcDateTime)
    alerted_at = sa.Column(UtcDateTime)
    closed_at = sa.Column(UtcDateTime)
    close_reason = sa.Column(sa.String(20), nullable=False, default="", server_default="")
    bot_could = sa.Column(sa.String(8), nullable=False, default="", server_default="")
    rating = sa.Column(sa.String(8), nullable=False, default="", server_default="")
    comment = sa.Column(sa.Text, nullable=False, default="", server_default="")
    previous_id = sa.Column(sa.ForeignKey("handoffs.id"))
    __table_args__ = (
        sa.Index(
            "uq_handoffs_open",
            "conversation_id",
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        ),
    )


class HandoffEvent(Base):
    """One step of a hand-off, written once: what happened, by whom, from which state to which.

    ``actor`` is citizen, bot, clock or ``staff:<id>``; ``after_seq`` is the conversation's last message
    at that time, so that the step can stand in its place in the thread.
    """

    __tablename__ = "handoff_events"
    id = sa.Column(sa.Integer, primary_key=True)
    handoff_id = sa.Column(sa.ForeignKey("handoffs.id"), nullable=False, index=True)
    at = sa.Column(UtcDateTime, nullable=False, default=utc_now, index=True)
    event = sa.Column(sa.String(20), nullable=False)
    from_state = sa.Column(sa.String(16), nullable=False)
    to_state = sa.Column(sa.String(16), nullable=False)
    actor = sa.Column(sa.String(40), nullable=False)
    after_seq = sa.Column(sa.Integer, nullable=False, default=0)
    detail = sa.Column(sa.JSON, nullable=False, default=dict)


class Note(Base):
    """A private note of staff in a conversation; ``mentions`` are ids of colleagues."""

    __tablename__ = "notes"
    id = sa.Column(sa.Integer, primary_key=True)
    conversation_id = sa.Column(sa.ForeignKey("conversations.id"), nullable=False, index=True)
    staff_id = sa.Column(sa.ForeignKey("staff.id"), nullable=False)
    after_seq = sa.Column(sa.Integer, nullable=False, default=0)
    text = sa.Column(sa.Text, nullable=False)
    mentions = sa.Column(sa.JSON, nullable=False, default=list)
    created_at = sa.Column(UtcDateTime, nullable=False, default=utc_now)


class Draft(Base):
    """What somebody has typed and not yet sent; ``kind`` is reply or note."""

    __tablename__ = "drafts"
    staff_id = sa.Column(sa.ForeignKey("staff.id"), primary_key=True)
    conversation_id = sa.Column(sa.ForeignKey("conversations.id"), primary_key=True)
    kind = sa.Column(sa.String(5), primary_key=True, default="reply")
    text = sa.Column(sa.Text, nullable=False)
    updated_at = sa.Column(UtcDateTime, nullable=False, default=utc_now)


class CannedReply(Base):
    """A reply written once for many; ``unit_code`` "" = for everybody, ``folded`` is what a search looks in."""

    __tablename__ = "canned_replies"
    id = sa.Column(sa.Integer, primary_key=True)
    shortcut = sa.Column(sa.String(30), nullable=False)
    title = sa.Column(sa.String(120), nullable=False)
    text = sa.Column(sa.Text, nullable=False)
    unit_code = sa.Column(sa.String(10), nullable=False, default="")
    folded = sa.Column(sa.Text, nullable=False)
    is_active = sa.Column(sa.Boolean, nullable=False, default=True)
    editor_id = sa.Column(sa.ForeignKey("staff.id"))
    updated_at = sa.Column(UtcDateTime, nullable=False, default=utc_now)
    __table_args__ = (sa.UniqueConstraint("unit_code", "shortcut"),)


class ReviewItem(Base):
    """An answer of the assistant to be looked at again.

    ``seq`` is the citizen's question; ``cause`` unsure, rated or flagged; ``understood`` what the assistant took
    it for and why. ``procedure_code`` and ``aspects`` are what it should have been, by ``staff_id``.
    """

    __tablename__ = "review_items"
    id = sa.Column(sa.Integer, primary_key=True)
    conversation_id = sa.Column(sa.ForeignKey("conversations.id"), nullable=False)
    seq = sa.Column(sa.Integer, nullable=False)
    cause = sa.Column(sa.String(10), nullable=False)
    question = sa.Column(sa.Text, nullable=False, default="")
    understood = sa.Column(sa.JSON, nullable=False, default=dict)
    state = sa.Column(sa.String(10), nullable=False, default="open", index=True)
    behaviour = sa.Column(sa.String(16), nullable=False, default="")
    procedure_code = sa.Column(sa.String(20), nullable=False, default="")
    aspects = sa.Column(sa.JSON, nullable=False, default=list)
    staff_id = sa.Column(sa.ForeignKey("staff.id"))
    created_at = sa.Column(UtcDateTime, nullable=False, default=utc_now)
    decided_at = sa.Column(UtcDateTime)
    __table_args__ = (sa.UniqueConstraint("conversation_id", "seq"),)


class Switch(Base):
    """What an administrator has turned off: ``bot``, or ``channel:<name>``; no row = on."""

    __tablename__ = "switches"
    name = sa.Column(sa.String(24), primary_key=True)
    notice = sa.Column(sa.Text, nullable=False, default="")
    staff_id = sa.Column(sa.ForeignKey("staff.id"))
    since = sa.Column(UtcDateTime, nullable=False, default=utc_now)
