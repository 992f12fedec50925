"""What an administrator has turned off: the assistant as a whole (``bot``), or one channel (``channel:<name>``)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.handoff import sayings
from knowledge.models import Switch, utc_now
from knowledge.reply import Reply

BOT = "bot"
# as in bot/conversation.py: looked at for every message
_IS_OFF = sa.select(Switch.__table__.c.name).where(Switch.__table__.c.name == sa.bindparam("name"))


@dataclass(frozen=True)
class Off:
    """Something that is off: what citizens are told, who turned it off (None = nobody of today's staff), since when."""

    name: str
    notice: str
    staff_id: int | None
    since: dt.datetime


def of_channel(channel: str) -> str:
    """Return the name of a channel's switch."""
    return f"channel:{channel}"


def is_off(session: Session, name: str) -> bool:
    """Tell whether something is off."""
    return session.execute(_IS_OFF, {"name": name}).first() is not None


def find(session: Session, name: str) -> Off | None:
    """Return what is to be told while something is off, None while it is on."""
    row = session.get(Switch, name)
    return Off(row.name, row.notice, row.staff_id, row.since) if row else None


def all_off(session: Session) -> dict[str, Off]:
    """Return everything that is off, by name."""
    rows = session.scalars(sa.select(Switch))
    return {row.name: Off(row.name, row.notice, row.staff_id, row.since) for row in rows}


def turn_off(session: Session, name: str, notice: str, staff_id: int | None) -> None:
    """Turn something off with a notice for citizens, or change the notice of what is off."""
    row = session.get(Switch, name)
    if row is None:
        session.add(Switch(name=name, notice=notice, staff_id=staff_id, since=utc_now()))
    else:
        row.notice, row.staff_id = notice, staff_id
    session.flush()


def turn_on(session: Session, name: str) -> None:
    """Turn something on again; nothing happens when it is on."""
    session.execute(sa.delete(Switch).where(Switch.name == name))


def honest(session: Session, said: Reply) -> Reply:
    """Return what is said about people, without a word of the assistant's going on while that is off."""
    return sayings.without_assistant(said) if is_off(session, BOT) else said
