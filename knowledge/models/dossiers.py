"""Dossiers (hồ sơ) and their events. No name, phone or address of the applicant is kept here."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import relationship

from knowledge.models.base import Base, UtcDateTime, utc_now
from nlu.dossier_codes import match_key


def _key_of_code(context: Any) -> str:
    return match_key(context.get_current_parameters()["code"])


class Dossier(Base):
    """One citizen's case.

    ``key`` is what all spellings of ``code`` share (``match_key``). ``status`` is the national code 1–10
    (None = unknown at the source). ``id_seal`` and ``phone_seal`` are keyed digests of the last four
    digits, bound to the dossier (``knowledge.proof``), never digits. ``updated_at`` is when something
    changed, ``seen_at`` when the source last said that it still holds. ``note`` is for staff alone.
    """

    __tablename__ = "dossiers"
    id = sa.Column(sa.Integer, primary_key=True)
    code = sa.Column(sa.String(60), nullable=False, unique=True)
    key = sa.Column(sa.String(60), nullable=False, unique=True, default=_key_of_code)
    procedure_code = sa.Column(sa.String(20), nullable=False, default="")
    procedure_name = sa.Column(sa.Text, nullable=False)
    unit = sa.Column(sa.Text, nullable=False, default="")
    status = sa.Column(sa.Integer)
    received_at = sa.Column(UtcDateTime)
    due_at = sa.Column(UtcDateTime)
    new_due_at = sa.Column(UtcDateTime)
    finished_at = sa.Column(UtcDateTime)
    returned_at = sa.Column(UtcDateTime)
    note = sa.Column(sa.Text, nullable=False, default="")
    id_seal = sa.Column(sa.String(64), nullable=False, default="")
    phone_seal = sa.Column(sa.String(64), nullable=False, default="")
    source = sa.Column(sa.String(40), nullable=False)
    updated_at = sa.Column(UtcDateTime, nullable=False, default=utc_now)
    seen_at = sa.Column(UtcDateTime, nullable=False, default=utc_now)

    events = relationship("DossierEvent", cascade="all, delete-orphan", order_by="DossierEvent.at")


class DossierEvent(Base):
    """A change of status of a dossier, in words fit for the citizen."""

    __tablename__ = "dossier_events"
    id = sa.Column(sa.Integer, primary_key=True)
    dossier_id = sa.Column(sa.ForeignKey("dossiers.id", ondelete="CASCADE"), nullable=False, index=True)
    at = sa.Column(UtcDateTime, nullable=False)
    status = sa.Column(sa.Integer)
    text = sa.Column(sa.Text, nullable=False, default="")


class DossierCopy(Base):
    """What another system last said about a dossier to who proved it theirs; told when that system is silent."""

    __tablename__ = "dossier_copies"
    id = sa.Column(sa.Integer, primary_key=True)
    source = sa.Column(sa.String(40), nullable=False)
    key = sa.Column(sa.String(60), nullable=False)
    facts = sa.Column(sa.JSON, nullable=False)
    id_seal = sa.Column(sa.String(64), nullable=False, default="")
    phone_seal = sa.Column(sa.String(64), nullable=False, default="")
    fetched_at = sa.Column(UtcDateTime, nullable=False, index=True)
    __table_args__ = (sa.UniqueConstraint("source", "key"),)


class LookUpTry(Base):
    """Tries that proved nothing, by one conversation or at one code; ``subject`` is a keyed digest of which.

    ``misses`` count towards the next pause, ``level`` the pauses there were; a day after ``last_at`` both are
    forgotten.
    """

    __tablename__ = "look_up_tries"
    subject = sa.Column(sa.String(64), primary_key=True)
    misses = sa.Column(sa.Integer, nullable=False, default=0)
    level = sa.Column(sa.Integer, nullable=False, default=0)
    last_at = sa.Column(UtcDateTime, nullable=False, index=True)
    paused_until = sa.Column(UtcDateTime)


class ProofInHand(Base):
    """A sealed proof on its way to the look-up, in its envelope; gone once it is read."""

    __tablename__ = "proofs_in_hand"
    conversation_id = sa.Column(sa.ForeignKey("conversations.id"), primary_key=True)
    envelope = sa.Column(sa.Text, nullable=False)
    left_at = sa.Column(UtcDateTime, nullable=False)


class Consent(Base):
    """That a citizen agreed to a purpose, in the words of which version; kept when the conversation is erased."""

    __tablename__ = "consents"
    id = sa.Column(sa.Integer, primary_key=True)
    conversation_id = sa.Column(sa.ForeignKey("conversations.id"), nullable=False, index=True)
    purpose = sa.Column(sa.String(20), nullable=False)
    version = sa.Column(sa.String(20), nullable=False)
    given_at = sa.Column(UtcDateTime, nullable=False, default=utc_now)
