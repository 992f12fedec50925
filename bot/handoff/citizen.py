"""The citizen's side of a hand-off: the wish, the buttons, the words, and what is said at each step."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from bot.conversation import take_seqs
from bot.delivery.saying import NEVER_STALE, put
from bot.handoff import sayings, states, waiting
from bot.handoff.moves import BOT, NotPossible, begin, find_open, holder_of, move
from bot.handoff.routing import Route, route, unit_for
from bot.handoff.rules import Rules
from bot.handoff.switches import honest
from bot.masking import find_phone
from knowledge.models import Conversation, Handoff, Staff, utc_now
from knowledge.reply import Reply

CITIZEN = "citizen"
ASK = "handoff_ask"  # how it stands, of one who waits already
COMMANDS = frozenset(
    {
        ASK,
        "handoff_cancel",
        "handoff_phone",
        "handoff_contact",
        "handoff_rate_yes",
        "handoff_rate_partly",
        "handoff_rate_no",
    }
)
_RATE = "handoff_rate_"
# An offer of a person that is worth remembering: anger, a report, trouble with a dossier, two misses.
_OFFERS = frozenset({"complaint", "harassment", "dossier", "overdue", "misses"})
_TRIES = 5
_TURNS = 5  # of the talk before, in the summary that staff see


def wish(session: Session, conversation: Conversation, said: Reply, rules: Rules, now: dt.datetime) -> Reply:
    """Open or keep the hand-off that a reply asks for; return the reply with the truth about it in place of its text.

    Raises:
        NotPossible: another step was faster; the whole turn is tried again.
    """
    found = find_open(session, conversation.id)
    if found is not None and found.state == "rating":
        move(session, found, "superseded", CITIZEN, now)
        found = None
    way = route(session, found.unit_code if found else unit_of(session, said), rules, now)
    if found is not None and not _can_move_on(found, way):
        return _with(said, honest(session, _still(session, found, way, rules)))
    event = "ask" if way.prospect == "now" else "ask_later"
    handoff = _open(session, conversation, found, event, said, way, now)
    return _with(said, honest(session, _told(session, handoff, way, rules)))


def _can_move_on(found: Handoff, way: Route) -> bool:
    """Tell whether asking changes anything: an offer is accepted, and who was to be called meets somebody now."""
    return found.state == "offered" or (found.state == "callback" and way.prospect == "now")


def unit_of(session: Session, said: Reply) -> str:
    """Return the unit that serves what a reply is about, "" when it is not known."""
    return unit_for(session, said.procedures[0] if said.procedures else "", said.unit)


def _open(
    session: Session,
    conversation: Conversation,
    offered: Handoff | None,
    event: str,
    said: Reply,
    way: Route,
    now: dt.datetime,
) -> Handoff:
    values: dict[str, Any] = {
        "reason": said.handoff[:20],
        "procedure_code": said.procedures[0] if said.procedures else "",
        "unit_code": way.unit_code,
        "promised_at": way.promised_at,
        "summary": summary(session, conversation, said),
    }
    if offered is None:
        return begin(session, conversation, event, CITIZEN, now=now, **values)
    return move(session, offered, event, CITIZEN, now, created_at=now, **values)


def summary(session: Session, conversation: Conversation, said: Reply | None) -> dict[str, object]:
    """Return what staff see first: why, the procedure, what was asked, and where the last turns begin."""
    said = said or Reply("handoff", ())
    first = max(1, conversation.last_seq - 2 * _TURNS + 1)
    return {"aspects": list(said.aspects), "procedures": list(said.procedures), "unit": said.unit, "from_seq": first}


def _told(session: Session, handoff: Handoff, way: Route, rules: Rules) -> Reply:
    if handoff.state == "callback":
        return sayings.prospect(way)
    wait = waiting.median_wait(session, handoff.unit_code, rules)
    return sayings.queued("queued", handoff.unit_code, waiting.position(session, handoff), wait)


def _still(session: Session, handoff: Handoff, way: Route, rules: Rules) -> Reply:
    if handoff.state == "queued":
        wait = waiting.median_wait(session, handoff.unit_code, rules)
        return sayings.queued("still_queued", handoff.unit_code, waiting.position(session, handoff), wait)
    return sayings.reply("calling") if handoff.state == "calling" else sayings.prospect(way)


def _with(said: Reply, told: Reply) -> Reply:
    """Return what the assistant said, with what is true now in place of its own guess about people."""
    return replace(said, bubbles=told.bubbles, buttons=told.buttons)


def offer(session: Session, conversation: Conversation, said: Reply, now: dt.datetime) -> None:
    """Remember that a person was offered, once, for reasons that matter."""
    reasons = {str(button.entities.get("reason")) for button in said.buttons if button.intent == "ask_human"}
    reason = next(iter(sorted(reasons & _OFFERS)), "")
    if not reason or find_open(session, conversation.id) is not None:
        return
    code = said.procedures[0] if said.procedures else ""
    unit = unit_of(session, said)
    begin(session, conversation, "offer", BOT, now=now, reason=reason, procedure_code=code, unit_code=unit)


def heard(session: Session, conversation_id: str, now: dt.datetime | None = None) -> None:
    """Note that the citizen has said something: whoever owes an answer owes it from now."""
    for _ in range(_TRIES):
        handoff = find_open(session, conversation_id)
        if handoff is None or states.find(handoff.state, "word") is None:
            return
        with suppress(NotPossible):  # somebody did something in this moment: look again
            move(session, handoff, "word", CITIZEN, now)
            return
    raise NotPossible("changed")


def command(session: Session, conversation: Conversation, intent: str, rules: Rules, now: dt.datetime) -> Reply:
    """Do what a button of the hand-off says and return the answer.

    Raises:
        NotPossible: another step was faster than a wish; the whole turn is tried again.
    """
    handoff = find_open(session, conversation.id)
    if intent == ASK:
        return _ask(session, conversation, handoff, rules, now)
    try:
        return honest(session, _obey(session, conversation, handoff, intent, now))
    except NotPossible:
        return honest(session, sayings.reply("nothing_to_cancel"))


def _ask(
    session: Session, conversation: Conversation, handoff: Handoff | None, rules: Rules, now: dt.datetime
) -> Reply:
    """Say how it stands; the wish is heard even when what was waited for has just ended."""
    holder = holder_of(session, handoff) if handoff else ""
    if handoff is not None and holder:
        person = session.get(Staff, handoff.staff_id)
        return sayings.reply("claimed", name=holder, unit=sayings.of_unit(person.unit_code))
    return wish(session, conversation, Reply("handoff", (), handoff="asked"), rules, now)


def _obey(
    session: Session, conversation: Conversation, handoff: Handoff | None, intent: str, now: dt.datetime
) -> Reply:
    if intent.startswith(_RATE):
        return _rate(session, handoff, intent.removeprefix(_RATE), now)
    if intent == "handoff_cancel":
        return _cancel(session, handoff, now)
    return _contact(session, conversation, handoff, intent)


def _rate(session: Session, handoff: Handoff | None, value: str, now: dt.datetime) -> Reply:
    if handoff is None or handoff.state != "rating":
        return sayings.reply("nothing_to_cancel")
    move(session, handoff, "rate", CITIZEN, now, rating=value)
    return sayings.reply("rated")


def _cancel(session: Session, handoff: Handoff | None, now: dt.datetime) -> Reply:
    if handoff is None or handoff.state == "rating":
        return sayings.reply("nothing_to_cancel")
    if handoff.state == "offered":
        move(session, handoff, "decline", CITIZEN, now)
    elif handoff.state in ("queued", "callback", "calling"):
        move(session, handoff, "cancel", CITIZEN, now, contact="")
    else:
        move(session, handoff, "leave", CITIZEN, now)
        return sayings.reply("left")
    return sayings.reply("cancelled")


def _contact(session: Session, conversation: Conversation, handoff: Handoff | None, intent: str) -> Reply:
    if handoff is None or handoff.state not in ("queued", "callback"):
        return sayings.reply("nothing_to_cancel")
    if intent == "handoff_phone":
        conversation.expects = "phone"
        return sayings.reply("ask_phone")
    conversation.expects = ""
    return sayings.reply("phone_kept", tail=handoff.contact[-3:]) if handoff.contact else sayings.reply("no_phone")


def keep_phone(session: Session, conversation: Conversation, text: str, now: dt.datetime | None = None) -> bool:
    """Keep the number in a message for being called; False = there is none, or nobody is waited for."""
    number, handoff = find_phone(text), find_open(session, conversation.id)
    if not number or handoff is None or handoff.state not in ("queued", "callback"):
        return False
    now = now or utc_now()
    move(session, handoff, "leave_contact", CITIZEN, now, contact=number)
    return True


def tell(session: Session, conversation: Conversation, reply: Reply, key: str) -> None:
    """Say something about the hand-off, whoever owns the conversation."""
    grown = take_seqs(session, conversation.id, 1)
    if grown is not None:
        put(session, grown.id, grown.last_seq, NEVER_STALE, honest(session, reply), key)
