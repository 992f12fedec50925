"""Procedures and what is published about them.

A procedure has versions; exactly one is current (``superseded_at`` is null). Everything that can
change with a decision of an office hangs on a version; only aliases hang on the procedure.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import relationship

from knowledge.models.base import Base, UtcDateTime, utc_now


class Procedure(Base):
    """A published procedure, known by its national code (like 1.004222)."""

    __tablename__ = "procedures"
    id = sa.Column(sa.Integer, primary_key=True)
    code = sa.Column(sa.String(20), nullable=False, unique=True)
    created_at = sa.Column(UtcDateTime, nullable=False, default=utc_now)

    versions = relationship("ProcedureVersion", back_populates="procedure", order_by="ProcedureVersion.number")
    aliases = relationship("Alias", back_populates="procedure", cascade="all, delete-orphan")


class Agency(Base):
    """Who decides (cơ quan), with its level."""

    __tablename__ = "agencies"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.Text, nullable=False)
    level = sa.Column(sa.String(12), nullable=False)
    __table_args__ = (sa.UniqueConstraint("name", "level"),)


class ProcedureVersion(Base):
    """What one source said about a procedure at one time.

    ``coverage`` is ``full`` or ``index`` (a line of facts without papers and steps). ``origin``
    is ``bundled``, ``index``, ``national``, ``spreadsheet`` or ``console``. ``fingerprint`` is the
    SHA-256 of the record, so that an import can tell what changed. ``levels`` and ``former_codes``
    are JSON lists of strings.
    """

    __tablename__ = "procedure_versions"
    id = sa.Column(sa.Integer, primary_key=True)
    procedure_id = sa.Column(sa.ForeignKey("procedures.id"), nullable=False, index=True)
    number = sa.Column(sa.Integer, nullable=False)
    name = sa.Column(sa.Text, nullable=False)
    short_name = sa.Column(sa.Text, nullable=False)
    field = sa.Column(sa.Text, nullable=False, default="")
    summary = sa.Column(sa.Text, nullable=False, default="")
    audience = sa.Column(sa.String(12), nullable=False)
    levels = sa.Column(sa.JSON, nullable=False)
    former_codes = sa.Column(sa.JSON, nullable=False, default=list)
    agency_id = sa.Column(sa.ForeignKey("agencies.id"))
    where = sa.Column(sa.Text, nullable=False, default="")
    boundary_free = sa.Column(sa.Boolean)
    coverage = sa.Column(sa.String(8), nullable=False)
    papers_known = sa.Column(sa.Boolean, nullable=False)
    status = sa.Column(sa.String(12), nullable=False)
    source_name = sa.Column(sa.Text, nullable=False)
    source_url = sa.Column(sa.Text, nullable=False, default="")
    decision = sa.Column(sa.Text, nullable=False, default="")
    checked_on = sa.Column(sa.Date, nullable=False)
    valid_from = sa.Column(sa.Date)
    valid_to = sa.Column(sa.Date)
    origin = sa.Column(sa.String(12), nullable=False)
    fingerprint = sa.Column(sa.String(64), nullable=False)
    editor = sa.Column(sa.Text, nullable=False, default="")
    created_at = sa.Column(UtcDateTime, nullable=False, default=utc_now)
    superseded_at = sa.Column(UtcDateTime, index=True)

    procedure = relationship("Procedure", back_populates="versions")
    agency = relationship("Agency")
    modes = relationship("Mode", cascade="all, delete-orphan", order_by="Mode.id")
    fees = relationship("Fee", cascade="all, delete-orphan", order_by="Fee.id")
    papers = relationship("Paper", cascade="all, delete-orphan", order_by="Paper.position")
    statements = relationship("Statement", cascade="all, delete-orphan", order_by="Statement.position")
    legal_bases = relationship("LegalBasis", cascade="all, delete-orphan", order_by="LegalBasis.id")
    related = relationship("RelatedProcedure", cascade="all, delete-orphan", order_by="RelatedProcedure.id")
    __table_args__ = (sa.UniqueConstraint("procedure_id", "number"),)


def _version_key() -> sa.Column:
    return sa.Column(sa.ForeignKey("procedure_versions.id", ondelete="CASCADE"), nullable=False, index=True)


class Mode(Base):
    """One way of handing in: in_person, online (with its level) or post."""

    __tablename__ = "modes"
    id = sa.Column(sa.Integer, primary_key=True)
    version_id = _version_key()
    mode = sa.Column(sa.String(12), nullable=False)
    online_level = sa.Column(sa.String(8))
    note = sa.Column(sa.Text, nullable=False, default="")

    times = relationship("Time", cascade="all, delete-orphan", order_by="Time.id")


class Time(Base):
    """Processing time of a mode: amount (and at most) of a unit, or an unknown."""

    __tablename__ = "times"
    id = sa.Column(sa.Integer, primary_key=True)
    mode_id = sa.Column(sa.ForeignKey("modes.id", ondelete="CASCADE"), nullable=False, index=True)
    amount = sa.Column(sa.Integer)
    max_amount = sa.Column(sa.Integer)
    unit = sa.Column(sa.String(12), nullable=False)
    case_name = sa.Column(sa.Text, nullable=False, default="")
    note = sa.Column(sa.Text, nullable=False, default="")


class Fee(Base):
    """One fee line for one mode (null = every mode) and one case ("" = usual case).

    ``amount`` is in đồng. ``valid_from`` and ``valid_to`` are inclusive days.
    """

    __tablename__ = "fees"
    id = sa.Column(sa.Integer, primary_key=True)
    version_id = _version_key()
    kind = sa.Column(sa.String(8), nullable=False)
    mode = sa.Column(sa.String(12))
    case_name = sa.Column(sa.Text, nullable=False, default="")
    amount = sa.Column(sa.Integer)
    per = sa.Column(sa.Text, nullable=False, default="")
    rule = sa.Column(sa.Text, nullable=False, default="")
    paid = sa.Column(sa.Text, nullable=False, default="")
    legal_source = sa.Column(sa.Text, nullable=False, default="")
    valid_from = sa.Column(sa.Date)
    valid_to = sa.Column(sa.Date)
    status = sa.Column(sa.String(12), nullable=False)
    note = sa.Column(sa.Text, nullable=False, default="")


class Paper(Base):
    """One line of the checklist."""

    __tablename__ = "papers"
    id = sa.Column(sa.Integer, primary_key=True)
    version_id = _version_key()
    position = sa.Column(sa.Integer, nullable=False)
    name = sa.Column(sa.Text, nullable=False)
    case_name = sa.Column(sa.Text, nullable=False, default="")
    originals = sa.Column(sa.Integer)
    copies = sa.Column(sa.Integer)
    present = sa.Column(sa.Boolean, nullable=False, default=False)
    form = sa.Column(sa.Text, nullable=False, default="")
    replaced_by_data = sa.Column(sa.Boolean, nullable=False, default=False)
    note = sa.Column(sa.Text, nullable=False, default="")


class Statement(Base):
    """One sentence of a version; ``kind`` is step, condition, result, source (its own remark) or one of its notes."""

    __tablename__ = "statements"
    id = sa.Column(sa.Integer, primary_key=True)
    version_id = _version_key()
    kind = sa.Column(sa.String(10), nullable=False)
    position = sa.Column(sa.Integer, nullable=False)
    text = sa.Column(sa.Text, nullable=False)


class LegalBasis(Base):
    """A legal text a version rests on."""

    __tablename__ = "legal_bases"
    id = sa.Column(sa.Integer, primary_key=True)
    version_id = _version_key()
    number = sa.Column(sa.Text, nullable=False)
    title = sa.Column(sa.Text, nullable=False, default="")


class RelatedProcedure(Base):
    """Another procedure and why: before, after, together, instead, similar."""

    __tablename__ = "related_procedures"
    id = sa.Column(sa.Integer, primary_key=True)
    version_id = _version_key()
    code = sa.Column(sa.String(20), nullable=False)
    relation = sa.Column(sa.String(10), nullable=False)
    note = sa.Column(sa.Text, nullable=False, default="")


class Alias(Base):
    """A name that citizens use for a procedure."""

    __tablename__ = "aliases"
    id = sa.Column(sa.Integer, primary_key=True)
    procedure_id = sa.Column(sa.ForeignKey("procedures.id"), nullable=False, index=True)
    text = sa.Column(sa.Text, nullable=False)
    origin = sa.Column(sa.String(12), nullable=False)

    procedure = relationship("Procedure", back_populates="aliases")
    __table_args__ = (sa.UniqueConstraint("procedure_id", "text"),)


class ImportRun(Base):
    """One run of an importer and its counts."""

    __tablename__ = "import_runs"
    id = sa.Column(sa.Integer, primary_key=True)
    importer = sa.Column(sa.String(20), nullable=False)
    source = sa.Column(sa.Text, nullable=False)
    started_at = sa.Column(UtcDateTime, nullable=False, default=utc_now)
    finished_at = sa.Column(UtcDateTime)
    read = sa.Column(sa.Integer, nullable=False, default=0)
    created = sa.Column(sa.Integer, nullable=False, default=0)
    changed = sa.Column(sa.Integer, nullable=False, default=0)
    unchanged = sa.Column(sa.Integer, nullable=False, default=0)
    kept = sa.Column(sa.Integer, nullable=False, default=0)
    rejected = sa.Column(sa.Integer, nullable=False, default=0)

    issues = relationship("ImportIssue", cascade="all, delete-orphan")


class ImportIssue(Base):
    """A rejected or doubtful row: where, why, what was done."""

    __tablename__ = "import_issues"
    id = sa.Column(sa.Integer, primary_key=True)
    run_id = sa.Column(sa.ForeignKey("import_runs.id", ondelete="CASCADE"), nullable=False, index=True)
    row = sa.Column(sa.Integer, nullable=False)
    code = sa.Column(sa.String(20), nullable=False, default="")
    reason = sa.Column(sa.String(40), nullable=False)
    detail = sa.Column(sa.Text, nullable=False, default="")
    rejected = sa.Column(sa.Boolean, nullable=False)


class Revision(Base):
    """A counter that grows with every change of knowledge; search indexes follow it."""

    __tablename__ = "revisions"
    name = sa.Column(sa.String(20), primary_key=True)
    number = sa.Column(sa.Integer, nullable=False, default=0)
