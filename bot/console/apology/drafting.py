"""The steps of an apology: draft, approved or rejected. Nothing is promised to a citizen before the second.

Each step is a compare-and-set on ``version``: what a head approves is what they read.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.console.audit import record
from bot.console.errors import PageError, Refused
from bot.console.person import Person
from bot.console.veil import veil
from bot.masking import mask
from knowledge.answers.status import status_texts
from knowledge.deadlines import DateRefused, new_date
from knowledge.dossiers import changes
from knowledge.dossiers.standing import Kind, standing
from knowledge.dossiers.standings import restand, unit_code_of
from knowledge.models import Apology, Dossier
from knowledge.profile import Profile
from nlu.text import nfc

DRAFT, APPROVED, REJECTED = STATES = ("draft", "approved", "rejected")
_PRESSING = (Kind.OVERDUE, Kind.DUE_SOON)
_LEAST_REASON, _LONGEST_REASON = 10, 1000


class Changed(Exception):
    """Somebody was quicker: the apology is no longer what the person read."""


@dataclass(frozen=True)
class Draft:
    """What staff typed: why it is late, and the day (yyyy-mm-dd) on which the result will be there."""

    reason: str
    date: str


def obstacle(dossier: Dossier, now: dt.datetime, profile: Profile) -> str:
    """Return why no new date can be set, "" when one can: it was set once before, or the dossier is not late."""
    if dossier.new_due_at is not None:
        return "set_anew_before"
    return "" if standing(dossier, now, profile).kind in _PRESSING else "not_late"


@dataclass(frozen=True)
class Desk:
    """What one person may do with apologies, in one transaction at one moment."""

    session: Session
    person: Person
    now: dt.datetime
    profile: Profile

    def dossier(self, dossier_id: int) -> Dossier:
        """Return a dossier of the person's scope.

        Raises:
            PageError: 404, it is not there or of another unit; the two look alike.
        """
        found, own = self.session.get(Dossier, dossier_id), self.person.unit_code
        if found is None or (own and unit_code_of(found.unit, self.profile) != own):
            raise PageError(404, "not_found")
        return found

    def find(self, apology_id: int) -> tuple[Apology, Dossier]:
        """Return an apology of the person's scope with its dossier, else PageError 404."""
        apology = self.session.get(Apology, apology_id)
        if apology is None:
            raise PageError(404, "not_found")
        return apology, self.dossier(apology.dossier_id)

    def live(self, dossier_id: int) -> int | None:
        """Return the number of the apology of a dossier that is not rejected; there is at most one."""
        wanted = sa.select(Apology.id).where(Apology.dossier_id == dossier_id, Apology.state != REJECTED)
        found: int | None = self.session.scalar(wanted)
        return found

    def begin(self, dossier_id: int, draft: Draft) -> int:
        """Keep a first draft and return its number.

        Raises:
            Refused: it will not do, or there is one already.
        """
        dossier = self.dossier(dossier_id)
        values = {**self._checked(dossier, draft), "due_at": dossier.due_at, "changed_at": self.now}
        apology = Apology(dossier_id=dossier.id, author_id=self.person.id, **values)
        self.session.add(apology)
        try:
            self.session.flush()
        except IntegrityError as error:
            raise Refused("apology_there") from error
        self._note("apology_drafted", apology, dossier)
        return int(apology.id)

    def change(self, apology_id: int, version: int, draft: Draft) -> None:
        """Keep a changed draft; whoever changed it last is its author.

        Raises:
            Refused: it will not do.
            Changed: somebody was quicker.
        """
        apology, dossier = self.find(apology_id)
        values = self._checked(dossier, draft)
        self._set(apology, version, **values, author_id=self.person.id, changed_at=self.now)
        self._note("apology_changed", apology, dossier)

    def approve(self, apology_id: int, version: int) -> None:
        """Let an apology go: only now the dossier has its new date, and what the citizen is told of it.

        Raises:
            Refused: it is the person's own, or its date or the dossier has moved on.
            Changed: somebody was quicker.
        """
        apology, dossier = self.find(apology_id)
        if apology.author_id == self.person.id:
            raise Refused("own_apology")
        self._checked(dossier, Draft(apology.reason, self._day(apology).isoformat()))
        self._decide(apology, version, APPROVED)
        self._promise(dossier, apology)
        restand(self.session, dossier, self.now, self.profile)
        self._note("apology_approved", apology, dossier, new_due=f"{self._day(apology):%d/%m/%Y}")

    def reject(self, apology_id: int, version: int, refusal: str) -> None:
        """Send an apology back for a reason; another may then be written.

        Raises:
            Refused: there is no reason.
            Changed: somebody was quicker.
        """
        apology, dossier = self.find(apology_id)
        self._decide(apology, version, REJECTED, refusal=_reason(refusal))
        self._note("apology_rejected", apology, dossier)

    def _decide(self, apology: Apology, version: int, state: str, **more: Any) -> None:
        self._set(apology, version, state=state, decided_by=self.person.id, decided_at=self.now, **more)

    def _set(self, apology: Apology, version: int, **values: Any) -> None:
        same = sa.and_(Apology.id == apology.id, Apology.version == version, Apology.state == DRAFT)
        changed = sa.update(Apology).where(same).values(version=version + 1, **values)
        if self.session.execute(changed.execution_options(synchronize_session=False)).rowcount != 1:
            raise Changed
        self.session.refresh(apology)

    def _promise(self, dossier: Dossier, apology: Apology) -> None:
        words = status_texts()("event.new_due", day=f"{self._day(apology):%d/%m/%Y}")
        if not changes.new_date(self.session, dossier, apology.new_due_at, words, self.now):
            raise Refused("set_anew_before")

    def _checked(self, dossier: Dossier, draft: Draft) -> dict[str, Any]:
        """Return the columns of a draft as typed; Refused when something about it will not do."""
        if why := obstacle(dossier, self.now, self.profile):
            raise Refused(why)
        try:
            new_due = new_date(dt.date.fromisoformat(draft.date), dossier.due_at, self.now, self.profile)
        except DateRefused as error:
            raise Refused(f"date_{error}") from error
        except ValueError as error:
            raise Refused("bad_date") from error
        return {"reason": _reason(draft.reason), "new_due_at": new_due}

    def _day(self, apology: Apology) -> dt.date:
        found: dt.date = apology.new_due_at.astimezone(self.profile.time_zone).date()
        return found

    def _note(self, action: str, apology: Apology, dossier: Dossier, **detail: Any) -> None:
        about = {"dossier": dossier.code, "version": apology.version, **detail}
        record(self.session, self.person.id, action, f"apology:{apology.id}", **about)


def _reason(typed: str) -> str:
    """Return a reason as one paragraph; it names no number or mail address of anybody."""
    text = " ".join(nfc(typed).split())
    if not _LEAST_REASON <= len(text) <= _LONGEST_REASON:
        raise Refused("apology_reason")
    if veil(mask(text)) != text:
        raise Refused("reason_names_somebody")
    return text
