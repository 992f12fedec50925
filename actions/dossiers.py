"""The conversation about dossiers, without Rasa: what is asked for, and what comes of a look-up."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Sequence
from dataclasses import replace

from knowledge.answers.notices import offer
from knowledge.answers.overdue import first_overdue
from knowledge.answers.parts import text
from knowledge.answers.status import status_reply
from knowledge.answers.wording import joined, load_texts, status_texts
from knowledge.connectors.base import Factor
from knowledge.dossiers.desk import LookUp
from knowledge.dossiers.facts import Facts
from knowledge.profile import Profile
from knowledge.reply import Block, Button, Reply

MOST_CODES = 3  # looked up at once, with one proof


def ask_code(is_repeated: bool) -> Reply:
    """Return the question for the code."""
    return _asking("bad_code" if is_repeated else "ask_code", "code")


def ask_proof(codes: Sequence[str], factors: Collection[Factor], is_repeated: bool) -> Reply:
    """Return the question for the four digits: what they are, what is done with them, how to stop.

    Typing the digits is the consent, so these words have a version (``consent_version``).
    """
    if is_repeated:
        return _asking("bad_proof", "proof", factor=_factor(factors))
    shown = [f"**{code}**" for code in codes[:MOST_CODES]]
    asked = _asking("consent.text", "proof", codes=joined(shown, load_texts()), factor=_factor(factors))
    if len(codes) <= MOST_CODES:
        return asked
    note = text(status_texts()("first_codes", count=MOST_CODES))
    return replace(asked, bubbles=((note, *asked.bubbles[0]),))


def consent_version() -> str:
    """Return the version of the words in which the consent is asked for."""
    return str(status_texts().get("consent.version"))


def _factor(factors: Collection[Factor]) -> str:
    name = "either" if len(factors) > 1 else next(iter(factors), Factor.IDENTITY).value
    return status_texts()(f"factor.{name}")


def _asking(key: str, expects: str, **values: object) -> Reply:
    stop = Button(status_texts()("button.stop"), "cancel")
    return Reply("status", ((text(status_texts()(key, **values)),),), (stop,), expects=expects)


def not_connected(profile: Profile) -> Reply:
    """Return the truth where no system of dossiers is connected."""
    return Reply("unavailable", ((text(status_texts()("not_connected", portal=profile.portal)),),), (_human(),))


def outcome(look_up: LookUp, profile: Profile, now: dt.datetime) -> Reply:
    """Return what a citizen is told after a look-up; of what was found, changes are offered to be told.

    What was not found is said in the same words whether the code or the digits were wrong; the digits, or
    another code, can be typed at once.
    """
    if look_up.is_stale:
        return _asking("stale_proof", "proof")
    if look_up.paused_until is not None:
        minutes = math.ceil((look_up.paused_until - now).total_seconds() / 60)
        return Reply("status", ((text(status_texts()("paused", minutes=minutes)),),), (_human(),))
    found = [one.found for one in look_up.seen if one.found]
    if not found:
        return _nothing(look_up)
    return _with_missing(offer(status_reply(found, profile, now), look_up.seen), look_up)


def overdue_of(look_up: LookUp, profile: Profile, now: dt.datetime) -> Facts | None:
    """Return the dossier whose lateness was just told, if any."""
    return first_overdue([one.found for one in look_up.seen if one.found], profile, now)


def _nothing(look_up: LookUp) -> Reply:
    if any(one.silent for one in look_up.seen):
        return Reply("unavailable", ((text(status_texts()("silent")),),), (_again(), _human()))
    asked = text(status_texts()("not_found")), text(status_texts()("try_again"))
    return Reply("status", (asked,), (_again(), _human()), expects="proof")


def _with_missing(reply: Reply, look_up: LookUp) -> Reply:
    """Add, to what was found, the codes of which nothing can be said."""
    notes = []
    for key, silent in (("silent_also", True), ("not_found_also", False)):
        codes = [one.code for one in look_up.seen if not one.found and one.silent is silent]
        if codes:
            notes.append(text(status_texts()(key, codes=joined(codes, load_texts()))))
    return replace(reply, bubbles=(*reply.bubbles, tuple[Block, ...](notes))) if notes else reply


def _again() -> Button:
    return Button(status_texts()("button.again"), "check_dossier")


def _human() -> Button:
    return Button(status_texts()("button.human"), "ask_human", {"reason": "dossier"})
