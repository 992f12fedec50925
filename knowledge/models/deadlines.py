"""What is watched about promised dates: dossiers that are late or soon due, and apologies with a new date."""

from __future__ import annotations

import sqlalchemy as sa

from knowledge.models.base import Base, UtcDateTime, utc_now


class DossierStanding(Base):
    """A dossier whose clock runs and whose promised moment is past or near, as of ``computed_at``.

    Whether it is late is told from ``due_at`` at the moment of reading. ``rank`` puts fields that the province wants
    to see first before the others; ``unit_code`` is the commune that ``unit`` names ("" = another office, or unclear).
    No person stands here.
    """

    __tablename__ = "dossier_standings"
    dossier_id = sa.Column(sa.ForeignKey("dossiers.id", ondelete="CASCADE"), primary_key=True)
    code = sa.Column(sa.String(60), nullable=False)
    rank = sa.Column(sa.Integer, nullable=False)
    field = sa.Column(sa.Text, nullable=False)
    procedure_code = sa.Column(sa.String(20), nullable=False)
    procedure_name = sa.Column(sa.Text, nullable=False)
    unit = sa.Column(sa.Text, nullable=False)
    unit_code = sa.Column(sa.String(10), nullable=False)
    due_at = sa.Column(UtcDateTime, nullable=False)
    computed_at = sa.Column(UtcDateTime, nullable=False)
    __table_args__ = tuple(
        sa.Index(f"ix_dossier_standings_{name}", *first, "rank", "field", "procedure_code", "due_at", "dossier_id")
        for name, first in (("order", ()), ("unit", ("unit",)), ("unit_code", ("unit_code",)))
    )


class StandingRun(Base):
    """The nightly look at all promised dates: who writes the row of a day does its work, and nobody else."""

    __tablename__ = "standing_runs"
    day = sa.Column(sa.Date, primary_key=True)
    started_at = sa.Column(UtcDateTime, nullable=False)
    done_at = sa.Column(UtcDateTime)


_IS_LIVE = sa.text("state <> 'rejected'")


class Apology(Base):
    """An apology for a dossier with a new date: ``draft``, then ``approved`` or ``rejected``, each a last word.

    Every change is a compare-and-set on ``version``. Of one dossier at most one is not rejected, for a date may be set
    anew once. ``due_at`` is the promise that is broken. Citizens who asked for it are told of an approved one by
    ``bot.notices``.
    """

    __tablename__ = "apologies"
    id = sa.Column(sa.Integer, primary_key=True)
    dossier_id = sa.Column(sa.ForeignKey("dossiers.id", ondelete="CASCADE"), nullable=False, index=True)
    state = sa.Column(sa.String(10), nullable=False, default="draft", index=True)
    version = sa.Column(sa.Integer, nullable=False, default=1)
    due_at = sa.Column(UtcDateTime, nullable=False)
    new_due_at = sa.Column(UtcDateTime, nullable=False)
    reason = sa.Column(sa.Text, nullable=False)
    author_id = sa.Column(sa.ForeignKey("staff.id"), nullable=False)
    decided_by = sa.Column(sa.ForeignKey("staff.id"))
    refusal = sa.Column(sa.Text, nullable=False, default="")
    changed_at = sa.Column(UtcDateTime, nullable=False, default=utc_now)
    decided_at = sa.Column(UtcDateTime)
    __table_args__ = (
        sa.Index("uq_apologies_live", "dossier_id", unique=True, sqlite_where=_IS_LIVE, postgresql_where=_IS_LIVE),
    )
