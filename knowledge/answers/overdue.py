"""Past the promised date: what the rule gives, and words to send. No blame, no promise, no accusation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from knowledge.answers.parts import text
from knowledge.answers.wording import day, status_texts
from knowledge.connectors.authority import Found
from knowledge.dossiers.facts import Facts
from knowledge.dossiers.standing import Kind, standing
from knowledge.profile import Profile
from knowledge.reply import Block, Button, Reply

INTENT, STEP = "follow_overdue", "step"
NOT_RECEIVED, RECEIVED, DRAFT = "not_received", "received", "draft"


def first_overdue(found: Sequence[Found], profile: Profile, now: dt.datetime) -> Facts | None:
    """Return the first dossier whose promised moment is past while its clock runs."""
    late = (one.facts for one in found if standing(one.facts, now, profile).kind is Kind.OVERDUE)
    return next(late, None)


def apology(facts: Facts) -> str:
    """Return the sentence under an overdue dossier; it asks for the letter where there can be one."""
    return _say("again" if facts.new_due_at else "ask")


def overdue_buttons(facts: Facts) -> tuple[Button, ...]:
    """Return the next steps for an overdue dossier."""
    if facts.new_due_at:
        return _step(DRAFT), _human()
    return _step(NOT_RECEIVED), _step(RECEIVED), _step(DRAFT), _human()


def coach(facts: Facts, step: str, profile: Profile, now: dt.datetime) -> Reply:
    """Return what follows from the citizen's answer, or the draft of a reflection (phản ánh, kiến nghị)."""
    if step == DRAFT:
        return _draft(facts, profile, now)
    basis = Block("source", _say("basis"))
    said = ("received",) if step == RECEIVED else ("not_received", "ways")
    return Reply("status", ((*(text(_say(key)) for key in said), basis),), (_step(DRAFT), _human()))


def forgotten() -> Reply:
    """Return the wish to look the dossier up again: what was told is too old, or no longer known."""
    return Reply("status", ((text(_say("stale")),),), (Button(_say("button.look_up"), "check_dossier"), _human()))


def _draft(facts: Facts, profile: Profile, now: dt.datetime) -> Reply:
    """Only what the system told stands in it; who sends it adds their own name where it is sent."""
    stands = standing(facts, now, profile)
    unit = facts.unit or _say("draft.unit")
    received = _say("draft.received", day=_day(facts.received_at, profile)) if facts.received_at else ""
    due = _day(stands.due, profile) if stands.due else ""
    late = _say("draft.late", count=stands.days) if stands.kind is Kind.OVERDUE and stands.days else ""
    again = _say("draft.again", day=_day(facts.due_at, profile)) if facts.new_due_at and facts.due_at else ""
    values = {"code": facts.code, "name": facts.procedure_name, "received": _led(received), "again": _led(again)}
    letter = (
        _say("draft.to", unit=unit),
        _say("draft.facts", due=due, today=_day(now, profile), late=_led(late), **values),
        _say("draft.wish"),
        _say("draft.end"),
    )
    intro = (text(_say("draft.intro", portal=profile.portal)),)
    return Reply("status", (intro, tuple(text(line) for line in letter)), (_human(),))


def _led(part: str) -> str:
    return f" {part}" if part else ""


def _say(key: str, **values: object) -> str:
    return status_texts()(f"overdue.{key}", **values)


def _day(moment: dt.datetime | None, profile: Profile) -> str:
    return day(moment.astimezone(profile.time_zone).date()) if moment else ""


def _step(name: str) -> Button:
    return Button(_say(f"button.{name}"), INTENT, {STEP: name})


def _human() -> Button:
    return Button(_say("button.human"), "ask_human", {"reason": "overdue"})
