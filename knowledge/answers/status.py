"""What a citizen is told about a dossier: status, dates, unit, next step, source and time; never a name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from knowledge.answers.expected import long_day
from knowledge.answers.overdue import apology, first_overdue, overdue_buttons
from knowledge.answers.parts import text
from knowledge.answers.wording import Texts, load_texts, status_texts
from knowledge.connectors.authority import Found
from knowledge.dossiers.facts import Facts
from knowledge.dossiers.standing import CLOCKS, Clock, Kind, Standing, standing
from knowledge.profile import Profile
from knowledge.reply import Block, Button, Reply

_TOLD = (Kind.IN_TIME, Kind.DUE_SOON, Kind.OVERDUE, Kind.STOPPED, Kind.UNKNOWN)  # with the promised day
_RETURNED = 10
_OLD = dt.timedelta(days=2)
_UNITS = (("days", 24 * 60), ("hours", 60), ("minutes", 1))  # in minutes


def status_reply(found: Sequence[Found], profile: Profile, now: dt.datetime) -> Reply:
    """Return the answer about dossiers whose code and proof fitted, each in a bubble of its own."""
    procedures = tuple(dict.fromkeys(one.facts.procedure_code for one in found if one.facts.procedure_code))
    bubbles = tuple(_Teller(one, profile, now).blocks() for one in found)
    late = first_overdue(found, profile, now)
    buttons = overdue_buttons(late) if late else _buttons(status_texts())
    return Reply("status", bubbles, buttons=buttons, procedures=procedures)


class _Teller:
    """Tells one dossier."""

    def __init__(self, found: Found, profile: Profile, now: dt.datetime) -> None:
        self._facts, self._others = found.facts, found.others
        self._profile, self._now, self._texts = profile, now, status_texts()
        self._status = self._texts.get("statuses").get(self._facts.status) or self._texts.get("unknown")
        self._stands = standing(self._facts, now, profile)

    def blocks(self) -> tuple[Block, ...]:
        """Return what is said, the source last."""
        facts, say = self._facts, self._texts
        lines = [
            say("lines.title", code=facts.code, name=facts.procedure_name),
            self._state(),
            *([say("lines.unit", unit=facts.unit)] if facts.unit else []),
            *self._dates(),
            *self._due(),
            apology(facts) if self._stands.kind is Kind.OVERDUE else self._status["next"],
            *self._age(),
            *(self._other(other) for other in self._others),
            *([say("lines.demo")] if facts.source == "demo" else []),
        ]
        return (*(text(line) for line in lines), Block("source", say("lines.source", **self._origin(facts))))

    def _state(self) -> str:
        changed = self._facts.changed_at
        if changed is None:
            return self._texts("lines.state", say=self._status["say"])
        return self._texts("lines.state_since", say=self._status["say"], day=_day(changed, self._profile))

    def _dates(self) -> list[str]:
        """Say what has happened; of an end only where the status says that it is one."""
        facts, is_done = self._facts, CLOCKS.get(self._facts.status) is Clock.DONE
        dated = {"received": facts.received_at, "finished": facts.finished_at if is_done else None}
        dated["returned"] = facts.returned_at if facts.status == _RETURNED else None
        said = [
            self._texts(f"lines.{name}", day=_day(moment, self._profile)) for name, moment in dated.items() if moment
        ]
        return [" ".join(said)] if said else []

    def _due(self) -> list[str]:
        stands = self._stands
        if stands.kind is Kind.NO_DATE:
            return [self._texts("lines.no_due")]
        if stands.due is None or stands.kind not in _TOLD:
            return []
        return [self._texts(f"lines.{self._due_key(stands)}", day=_day(stands.due, self._profile), count=stands.days)]

    def _due_key(self, stands: Standing) -> str:
        if stands.kind is Kind.OVERDUE:
            return "due_late" if stands.days else "due_past"
        return "new_due" if self._facts.new_due_at else "due"

    def _age(self) -> list[str]:
        """Say how old this is where its system is silent, or has not spoken for days."""
        span = self._now - self._facts.seen_at
        if not self._facts.is_copy and (span < _OLD or self._facts.source == "demo"):
            return []
        key = "copy" if self._facts.is_copy else "old"
        return [self._texts(f"lines.{key}", age=_age(span, self._texts), **self._origin(self._facts))]

    def _other(self, other: Facts) -> str:
        """Say what the system that is not believed says otherwise."""
        status = self._texts.get("statuses").get(other.status) or self._texts.get("unknown")
        due = self._texts("lines.other_due", day=_day(other.promised_at, self._profile)) if other.promised_at else ""
        believed = self._origin(self._facts)["source"]
        return self._texts("lines.other", name=status["name"], due=due, believed=believed, **self._origin(other))

    def _origin(self, facts: Facts) -> dict[str, str]:
        moment = facts.seen_at.astimezone(self._profile.time_zone)
        return {"source": self._texts(f"sources.{facts.source}"), "moment": f"{moment:%H:%M %d/%m/%Y}"}


def _day(moment: dt.datetime, profile: Profile) -> str:
    return long_day(moment.astimezone(profile.time_zone).date(), load_texts())


def _age(span: dt.timedelta, texts: Texts) -> str:
    minutes = max(1, int(span.total_seconds() // 60))
    name, size = next((name, size) for name, size in _UNITS if minutes >= size)
    return texts(f"age.{name}", count=minutes // size)


def _buttons(texts: Texts) -> tuple[Button, ...]:
    return (
        Button(texts("button.human"), "ask_human", {"reason": "dossier"}),
        Button(texts("button.again"), "check_dossier"),
    )
