"""What a citizen is told about a dossier: status, dates, unit, next step; never a name."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from knowledge.answers.parts import text
from knowledge.answers.wording import Texts, load_texts
from knowledge.calendar import calendar_of
from knowledge.models import Dossier
from knowledge.profile import Profile
from knowledge.reply import Block, Button, Reply

_FILE = Path(__file__).parent.parent / "data" / "answers" / "status.vi.yml"


def status_texts() -> Texts:
    """Return the sentences about dossiers."""
    return load_texts(_FILE)


def status_reply(dossier: Dossier, profile: Profile, now: dt.datetime) -> Reply:
    """Return the answer about a dossier whose code and proof fitted."""
    texts = status_texts()
    status = texts.get("statuses").get(dossier.status) or texts.get("unknown")
    late = _days_late(dossier, status, profile, now)
    lines = [
        texts("lines.title", code=dossier.code, name=dossier.procedure_name),
        texts("lines.state", say=status["say"], day=_long_day(dossier.updated_at, profile, texts)),
        *([texts("lines.unit", unit=dossier.unit)] if dossier.unit else []),
        *_due_lines(dossier, status, late, profile, texts),
        texts("lines.late") if late else status["next"],
    ]
    blocks = [text(line) for line in lines]
    if dossier.source == "demo":
        blocks.append(text(texts("lines.demo")))
    blocks.append(Block("source", texts("lines.source", moment=f"{now.astimezone(profile.time_zone):%H:%M %d/%m/%Y}")))
    return Reply("status", (tuple(blocks),), buttons=_buttons(texts))


def _due_lines(dossier: Dossier, status: dict[str, Any], late: int, profile: Profile, texts: Texts) -> list[str]:
    due = dossier.new_due_at or dossier.due_at
    if status["clock"] not in ("runs", "stopped"):
        return []
    if due is None:
        return [texts("lines.no_due")]
    key = "due_late" if late else "new_due" if dossier.new_due_at else "due"
    return [texts(f"lines.{key}", day=_long_day(due, profile, texts), count=late)]


def _days_late(dossier: Dossier, status: dict[str, Any], profile: Profile, now: dt.datetime) -> int:
    """Return working days past the date the office promised; 0 when its clock does not run."""
    due = dossier.new_due_at or dossier.due_at
    if status["clock"] != "runs" or due is None or now <= due:
        return 0
    start, end = (moment.astimezone(profile.time_zone).date() for moment in (due, now))
    return calendar_of(profile).working_days_between(start, end)


def _long_day(moment: dt.datetime, profile: Profile, texts: Texts) -> str:
    local = moment.astimezone(profile.time_zone)
    return f"{texts.get('weekday')[local.weekday()]} {local:%d/%m/%Y}"


def _buttons(texts: Texts) -> tuple[Button, ...]:
    return (
        Button(texts("button.human"), "ask_human", {"reason": "dossier"}),
        Button(texts("button.again"), "check_dossier"),
    )
