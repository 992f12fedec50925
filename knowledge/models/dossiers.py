"""Dossiers (hồ sơ) and their events. No name, phone or address of the applicant is kept here."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import relationship

from knowledge.models.base import Base, UtcDateTime, utc_now


class Dossier(Base):
    """One citizen's case.

    ``status`` is the national code 1–10 (None = unknown at the source). ``id_seal`` and
    ``phone_seal`` are keyed digests of the last four digits (``knowledge.proof``), never digits.
    """

    __tablename__ = "dossiers"
    id = sa.Column(sa.Integer, primary_key=True)
    code = sa.Column(sa.String(60), nullable=False, unique=True)
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

    events = relationship("DossierEvent", cascade="all, delete-orphan", order_by="DossierEvent.at")


class DossierEvent(Base):
    """A change of status of a dossier, in words fit for the citizen."""

    __tablename__ = "dossier_events"
    id = sa.Column(sa.Integer, primary_key=True)
    dossier_id = sa.Column(sa.ForeignKey("dossiers.id", ondelete="CASCADE"), nullable=False, index=True)
    at = sa.Column(UtcDateTime, nullable=False)
    status = sa.Column(sa.Integer)
    text = sa.Column(sa.Text, nullable=False, default="")
