"""The people who work here, how they sign in, and what they looked at and changed."""

from __future__ import annotations

import sqlalchemy as sa

from knowledge.models.base import Base, UtcDateTime, utc_now


class Staff(Base):
    """One person of the staff.

    ``role`` is admin, head, clerk, editor or viewer; ``unit_code`` "" = the whole province. ``password_hash`` is
    argon2 ("" = no sign-in by password); ``totp`` the second factor's secret, encrypted ("" = none).
    ``presence`` is ready, busy or away, as the person set it; ``seen_at`` the last sign of an open console.
    """

    __tablename__ = "staff"
    id = sa.Column(sa.Integer, primary_key=True)
    username = sa.Column(sa.String(60), nullable=False, unique=True)
    name = sa.Column(sa.String(120), nullable=False)
    role = sa.Column(sa.String(8), nullable=False)
    unit_code = sa.Column(sa.String(10), nullable=False, default="")
    email = sa.Column(sa.String(200), nullable=False, default="")
    password_hash = sa.Column(sa.String(200), nullable=False, default="")
    must_change = sa.Column(sa.Boolean, nullable=False, default=False)
    totp = sa.Column(sa.String(200), nullable=False, default="")
    oidc_subject = sa.Column(sa.String(200), unique=True)
    is_active = sa.Column(sa.Boolean, nullable=False, default=True)
    presence = sa.Column(sa.String(8), nullable=False, default="away")
    seen_at = sa.Column(UtcDateTime)
    created_at = sa.Column(UtcDateTime, nullable=False, default=utc_now)


class StaffSession(Base):
    """A signed-in browser; ``id`` is the SHA-256 of the secret in its cookie."""

    __tablename__ = "staff_sessions"
    id = sa.Column(sa.String(64), primary_key=True)
    staff_id = sa.Column(sa.ForeignKey("staff.id", ondelete="CASCADE"), nullable=False, index=True)
    created_at = sa.Column(UtcDateTime, nullable=False, default=utc_now)
    seen_at = sa.Column(UtcDateTime, nullable=False, default=utc_now)
    expires_at = sa.Column(UtcDateTime, nullable=False, index=True)


class SignInTry(Base):
    """A failed try to sign in; ``key`` is a keyed digest of the user name or of the address."""

    __tablename__ = "sign_in_tries"
    id = sa.Column(sa.Integer, primary_key=True)
    key = sa.Column(sa.String(64), nullable=False, index=True)
    at = sa.Column(UtcDateTime, nullable=False, default=utc_now, index=True)


class AuditEntry(Base):
    """One view of personal data, or one change, by a person. The database refuses to change or remove rows."""

    __tablename__ = "audit"
    id = sa.Column(sa.Integer, primary_key=True)
    at = sa.Column(UtcDateTime, nullable=False, default=utc_now, index=True)
    staff_id = sa.Column(sa.ForeignKey("staff.id"), index=True)
    action = sa.Column(sa.String(40), nullable=False)
    subject = sa.Column(sa.String(60), nullable=False, default="")
    detail = sa.Column(sa.JSON, nullable=False, default=dict)
