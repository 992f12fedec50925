"""Places and offices of the province, with the units and agencies they came from."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import relationship

from knowledge.models.base import Base


class AdminUnit(Base):
    """A commune-level unit of today: xã, phường or đặc khu."""

    __tablename__ = "admin_units"
    code = sa.Column(sa.String(10), primary_key=True)
    kind = sa.Column(sa.String(10), nullable=False)
    name = sa.Column(sa.Text, nullable=False)
    former_province = sa.Column(sa.Text, nullable=False, default="")
    seat = sa.Column(sa.Text, nullable=False, default="")
    source = sa.Column(sa.Text, nullable=False, default="")

    formers = relationship("FormerUnit", back_populates="unit", cascade="all, delete-orphan")


class FormerUnit(Base):
    """An old unit (commune, ward, town, district) that went wholly or partly into a unit of today."""

    __tablename__ = "former_units"
    id = sa.Column(sa.Integer, primary_key=True)
    unit_code = sa.Column(sa.ForeignKey("admin_units.code"), nullable=False, index=True)
    kind = sa.Column(sa.String(10), nullable=False)
    name = sa.Column(sa.Text, nullable=False)
    district = sa.Column(sa.Text, nullable=False, default="")
    part = sa.Column(sa.Boolean, nullable=False, default=False)

    unit = relationship("AdminUnit", back_populates="formers")


class Office(Base):
    """Where one hands in (bộ phận một cửa, trung tâm, công an); empty text = not known."""

    __tablename__ = "offices"
    id = sa.Column(sa.Integer, primary_key=True)
    code = sa.Column(sa.String(40), nullable=False, unique=True)
    name = sa.Column(sa.Text, nullable=False)
    kind = sa.Column(sa.String(20), nullable=False)
    unit_code = sa.Column(sa.ForeignKey("admin_units.code"), index=True)
    address = sa.Column(sa.Text, nullable=False, default="")
    phone = sa.Column(sa.Text, nullable=False, default="")
    hours = sa.Column(sa.Text, nullable=False, default="")
    source = sa.Column(sa.Text, nullable=False, default="")
    checked_on = sa.Column(sa.Date)


class FormerAgency(Base):
    """An agency name that is gone and who took over the duty ("" duty = all)."""

    __tablename__ = "former_agencies"
    id = sa.Column(sa.Integer, primary_key=True)
    former_name = sa.Column(sa.Text, nullable=False)
    name = sa.Column(sa.Text, nullable=False)
    duty = sa.Column(sa.Text, nullable=False, default="")
    since = sa.Column(sa.Date)
    legal_source = sa.Column(sa.Text, nullable=False, default="")
    note = sa.Column(sa.Text, nullable=False, default="")
