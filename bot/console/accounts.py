"""Changing accounts: the same rules for the page and for the command line."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.console import sessions
from bot.console.audit import record
from bot.console.errors import Refused
from bot.console.roles import ADMIN, ROLES
from knowledge.models import AdminUnit, Staff

USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,58}[a-z0-9]")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_LONGEST = {"name": 120, "email": 200}
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without look-alikes: somebody will read it out


@dataclass(frozen=True)
class Profile:
    """What an administrator says of a person; ``unit_code`` "" = the whole province."""

    name: str
    role: str
    unit_code: str = ""
    email: str = ""


def add(session: Session, username: str, profile: Profile, hashed: str, must_change: bool, by: int | None) -> Staff:
    """Make an account.

    Raises:
        Refused: something about it will not do.
    """
    username = username.strip().lower()
    if not USERNAME.fullmatch(username):
        raise Refused("bad_username")
    if find(session, username):
        raise Refused("taken")
    _judge(session, profile, None)
    staff = Staff(username=username, password_hash=hashed, must_change=must_change, **_columns(profile))
    session.add(staff)
    session.flush()
    record(session, by, "staff_added", f"staff:{staff.id}", role=profile.role, unit=profile.unit_code)
    return staff


def change(session: Session, staff: Staff, profile: Profile, by: int | None) -> None:
    """Change what is said of a person; the next request of theirs obeys it.

    Raises:
        Refused: something about it will not do, or nobody would be left to administer.
    """
    _judge(session, profile, staff)
    if profile.role != ADMIN:
        _keep_an_admin(session, staff)
    new = _columns(profile)
    changed = {name: [getattr(staff, name), value] for name, value in new.items() if getattr(staff, name) != value}
    for name, value in new.items():
        setattr(staff, name, value)
    if changed:
        record(session, by, "staff_changed", f"staff:{staff.id}", **changed)


def set_active(session: Session, staff: Staff, is_active: bool, by: int | None) -> None:
    """Let an account in again, or end it with all its sessions; what it did stays.

    Raises:
        Refused: nobody would be left to administer.
    """
    if not is_active:
        _keep_an_admin(session, staff)
        sessions.end_all(session, staff.id)
        staff.presence = "away"
    staff.is_active = is_active
    record(session, by, "staff_enabled" if is_active else "staff_disabled", f"staff:{staff.id}")


def give_password(session: Session, staff: Staff, hashed: str, must_change: bool, by: int | None) -> None:
    """Give a password that somebody else chose, and end all sessions."""
    staff.password_hash, staff.must_change = hashed, must_change
    sessions.end_all(session, staff.id)
    record(session, by, "password_given", f"staff:{staff.id}")


def set_second(session: Session, staff: Staff, sealed: str, by: int | None) -> None:
    """Give or ("") take the second factor, and end all sessions."""
    staff.totp = sealed
    sessions.end_all(session, staff.id)
    record(session, by, "second_factor_on" if sealed else "second_factor_off", f"staff:{staff.id}")


def find(session: Session, username: str) -> Staff | None:
    """Return the account of a user name as typed."""
    return session.scalar(sa.select(Staff).where(Staff.username == username.strip().lower()))


def new_password() -> str:
    """Return a password to be read out once and changed at the first sign-in."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))


def _columns(profile: Profile) -> dict[str, str]:
    return {
        "name": profile.name.strip(),
        "role": profile.role,
        "unit_code": profile.unit_code,
        "email": profile.email.strip().lower(),
    }


def _judge(session: Session, profile: Profile, staff: Staff | None) -> None:
    new = _columns(profile)
    if not new["name"] or any(len(new[name]) > most for name, most in _LONGEST.items()):
        raise Refused("bad_name")
    if new["role"] not in ROLES:
        raise Refused("bad_role")
    if new["unit_code"] and session.get(AdminUnit, new["unit_code"]) is None:
        raise Refused("unknown_unit")
    if new["email"] and not _EMAIL.fullmatch(new["email"]):
        raise Refused("bad_email")
    if new["email"] and _has_other(session, new["email"], staff):
        raise Refused("email_taken")


def _has_other(session: Session, email: str, staff: Staff | None) -> bool:
    found = session.scalars(sa.select(Staff.id).where(Staff.email == email))
    return bool(set(found) - {staff.id if staff else None})


def _keep_an_admin(session: Session, staff: Staff) -> None:
    others = sa.and_(Staff.role == ADMIN, Staff.is_active.is_(True), Staff.id != staff.id)
    if staff.role == ADMIN and staff.is_active and not session.scalar(sa.select(sa.func.count(Staff.id)).where(others)):
        raise Refused("last_admin")
