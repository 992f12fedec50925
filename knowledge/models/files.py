"""Files that citizens sent for staff to look at. The bytes lie outside the database (``bot/files``)."""

from __future__ import annotations

import sqlalchemy as sa

from knowledge.models.base import Base, UtcDateTime, utc_now


class Attachment(Base):
    """The file of one message: state waiting (still at the provider), stored, refused or erased.

    ``media_type`` and ``size`` (bytes) are what the bytes say, never what was claimed. ``path`` is the
    random name in the store, "" when nothing is kept. ``reason`` names why it was refused (``files``
    in ``bot/texts.vi.yml``). While it waits, ``available_at`` is when to try (again) and ``attempts``
    tells tries apart.
    """

    __tablename__ = "attachments"
    id = sa.Column(sa.Integer, primary_key=True)
    conversation_id = sa.Column(sa.ForeignKey("conversations.id"), nullable=False, index=True)
    message_id = sa.Column(sa.ForeignKey("messages.id"), nullable=False, unique=True)
    kind = sa.Column(sa.String(10), nullable=False)
    name = sa.Column(sa.Text, nullable=False, default="")
    media_type = sa.Column(sa.String(80), nullable=False, default="")
    size = sa.Column(sa.Integer, nullable=False, default=0)
    sha256 = sa.Column(sa.String(64), nullable=False, default="")
    path = sa.Column(sa.String(80), nullable=False, default="")
    state = sa.Column(sa.String(8), nullable=False, default="waiting", index=True)
    reason = sa.Column(sa.String(20), nullable=False, default="")
    attempts = sa.Column(sa.Integer, nullable=False, default=0)
    available_at = sa.Column(UtcDateTime, nullable=False, default=utc_now)
    created_at = sa.Column(UtcDateTime, nullable=False, default=utc_now)
