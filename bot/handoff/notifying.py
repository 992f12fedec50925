"""Telling staff that citizens wait: when one begins to, and again while anybody does. Counts, never names or words.

Of several processes exactly one tells: whoever changes ``alerted_at`` from what it read.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import anyio.to_thread
import httpx
import sqlalchemy as sa
import structlog
import yaml
from sqlalchemy.orm import Session, sessionmaker

from bot.alerts import clear_alerts, raise_alert
from bot.handoff import presence
from bot.handoff.routing import PROVINCE, unit_name
from bot.handoff.rules import Rules
from bot.mail import Mailer, MailError
from bot.transactions import transaction
from knowledge.calendar import calendar_of
from knowledge.models import Handoff, HandoffEvent, Staff, utc_now
from knowledge.profile import load_profile

log = structlog.get_logger("notifying")

_FILE = Path(__file__).with_name("notices.vi.yml")
WAITING, CALLS = "queued", "callback"
_MAIL, _TELEGRAM = "mail", "telegram"
_ALERT = "notifying"


@dataclass(frozen=True)
class Notice:
    """What the staff of one unit are told, and the addresses of those who read mail."""

    unit_code: str
    waiting: int
    calls: int
    minutes: int
    readers: tuple[str, ...]


@dataclass(frozen=True)
class StaffChat:
    """A group of the staff on Telegram; without a chat nothing is sent there."""

    chat: str = ""
    token: str = ""
    base: str = "https://api.telegram.org"

    @property
    def is_on(self) -> bool:
        """Whether there is a group to write to."""
        return bool(self.chat and self.token)


@dataclass(frozen=True)
class Notifier:
    """Tells staff by mail and in their group; ``address`` is where their console is."""

    sessions: sessionmaker
    rules: Rules
    mailer: Mailer
    group: StaffChat
    client: httpx.AsyncClient
    address: str

    async def look(self, now: dt.datetime | None = None) -> int:
        """Tell what is due at the moment and return how many units were told of."""
        if not (self.mailer.is_on or self.group.is_on):
            return 0
        notices = await transaction(self.sessions, take, self.rules, now or utc_now())
        for notice in notices:
            await self._tell(notice)
        return len(notices)

    async def _tell(self, notice: Notice) -> None:
        text = body(notice, self.address)
        if self.mailer.is_on and notice.readers:
            await self._settle(_MAIL, await self._mail(notice, text))
        if self.group.is_on:
            await self._settle(_TELEGRAM, await self._post(text))

    async def _mail(self, notice: Notice, text: str) -> str:
        """Return what went wrong, "" when nothing did."""
        try:
            await anyio.to_thread.run_sync(self.mailer.send, notice.readers, subject(notice), text)
        except MailError as error:
            return str(error)
        return ""

    async def _post(self, text: str) -> str:
        form = {"chat_id": self.group.chat, "text": text, "disable_web_page_preview": "true"}
        try:
            response = await self.client.post(f"{self.group.base}/bot{self.group.token}/sendMessage", data=form)
        except httpx.HTTPError as error:
            return type(error).__name__
        return "" if response.status_code == 200 else f"HTTP {response.status_code}"

    async def _settle(self, way: str, reason: str) -> None:
        """Raise the alert of a way that failed, once until it works again."""
        if reason:
            log.warning("notice.failed", way=way, reason=reason)
        await transaction(self.sessions, _note, way, reason)


def _note(session: Session, way: str, reason: str) -> None:
    kind = f"{_ALERT}_{way}"
    if reason:
        raise_alert(session, kind, "", f"staff_{way}", {"reason": reason})
    else:
        clear_alerts(session, kind, "")


def take(session: Session, rules: Rules, now: dt.datetime) -> list[Notice]:
    """Claim what is due and return what each unit is to be told of; another process then claims none of it."""
    units: defaultdict[str, int] = defaultdict(int)
    for handoff in session.scalars(_due(rules, now)).all():
        units[handoff.unit_code] += _claim(session, handoff, now)
    told = [unit for unit, claimed in units.items() if claimed]
    for unit in told:  # the others of the unit are in the same notice: their next one comes together, too
        others = sa.and_(Handoff.unit_code == unit, Handoff.state.in_((WAITING, CALLS)), Handoff.alerted_at < now)
        _note_told(session, others, now)
    return [_notice(session, unit, rules, now) for unit in told]


def _due(rules: Rules, now: dt.datetime) -> sa.sql.Select:
    """Return those who wait and of whom nobody was told: since they began to, or for so long.

    Who is to be called is told of again from the promised moment on, in working hours.
    """
    begun = sa.select(sa.func.max(HandoffEvent.at)).where(
        HandoffEvent.handoff_id == Handoff.id,
        HandoffEvent.to_state == Handoff.state,
        HandoffEvent.from_state != HandoffEvent.to_state,
    )
    is_new = sa.or_(Handoff.alerted_at.is_(None), Handoff.alerted_at < begun.scalar_subquery())
    waits_on = sa.and_(Handoff.state == WAITING, Handoff.alerted_at <= now - rules.remind_every)
    due = [is_new, waits_on]
    if calendar_of(load_profile()).is_open(now):
        promised = sa.or_(Handoff.promised_at.is_(None), Handoff.promised_at <= now)
        due.append(sa.and_(Handoff.state == CALLS, promised, Handoff.alerted_at <= now - rules.remind_calls_every))
    waits = sa.and_(Handoff.closed_at.is_(None), Handoff.state.in_((WAITING, CALLS)))
    return sa.select(Handoff).where(waits, sa.or_(*due)).order_by(Handoff.id)


def _claim(session: Session, handoff: Handoff, now: dt.datetime) -> int:
    """Note that staff are told now; 0 = another process was faster, or nobody waits any more."""
    seen = Handoff.alerted_at.is_(None) if handoff.alerted_at is None else Handoff.alerted_at == handoff.alerted_at
    mine = sa.and_(Handoff.id == handoff.id, Handoff.state == handoff.state, seen)
    return _note_told(session, mine, now)


def _note_told(session: Session, which: Any, now: dt.datetime) -> int:
    telling = sa.update(Handoff).where(which).values(alerted_at=now)
    return int(session.execute(telling.execution_options(synchronize_session=False)).rowcount)


def _notice(session: Session, unit_code: str, rules: Rules, now: dt.datetime) -> Notice:
    theirs = sa.and_(Handoff.closed_at.is_(None), Handoff.unit_code == unit_code)
    counted = sa.select(Handoff.state, sa.func.count()).where(theirs).group_by(Handoff.state)
    counts: Mapping[str, int] = dict(session.execute(counted).all())
    oldest = sa.select(sa.func.min(Handoff.waiting_since, type_=Handoff.waiting_since.type))
    since = session.scalar(oldest.where(theirs, Handoff.state == WAITING))
    minutes = max(0, int((now - since).total_seconds() // 60)) if since else 0
    return Notice(
        unit_code, counts.get(WAITING, 0), counts.get(CALLS, 0), minutes, _readers(session, unit_code, rules, now)
    )


def _readers(session: Session, unit_code: str, rules: Rules, now: dt.datetime) -> tuple[str, ...]:
    """Return the addresses of those who are ready, or of all who serve the unit when nobody is."""
    able = sa.select(Staff.email).where(presence.may_serve(unit_code), Staff.email != "").order_by(Staff.id)
    ready = sa.and_(Staff.presence == presence.READY, Staff.seen_at > now - rules.present_within)
    anybody = presence.count_ready(session, unit_code, rules, now) > 0
    return tuple(session.scalars(able.where(ready) if anybody else able))


def subject(notice: Notice) -> str:
    """Return the subject of the mail."""
    said = str(_texts()["subject"])
    return said.format(waiting=notice.waiting, calls=notice.calls, unit=_unit(notice.unit_code))


def body(notice: Notice, address: str) -> str:
    """Return the text for mail and group."""
    lines, unit = _texts()["lines"], _unit(notice.unit_code)
    said = []
    if notice.waiting:
        said.append(lines["waiting"].format(unit=unit, count=notice.waiting, minutes=notice.minutes))
    if notice.calls:
        said.append(lines["calls"].format(unit=unit, count=notice.calls))
    page = "waiting" if notice.waiting else "calls"
    return "\n".join([*said, lines["link"].format(address=f"{address}/console/{page}"), lines["again"]])


def _unit(code: str) -> str:
    units = _texts()["units"]
    return str(units["province"] if code == PROVINCE else unit_name(code) or units["unknown"])


@lru_cache(maxsize=1)
def _texts() -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return found
