"""The offer to tell a citizen of changes of a dossier, and what each notice says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from knowledge.answers.expected import long_day
from knowledge.answers.parts import text
from knowledge.answers.wording import load_texts, notice_texts, status_texts
from knowledge.dossiers.desk import Seen
from knowledge.dossiers.facts import Facts
from knowledge.dossiers.notices import FINAL, NoticeKind
from knowledge.dossiers.standing import promised_at
from knowledge.dossiers.subscriptions import Wish
from knowledge.profile import Profile
from knowledge.reply import Block, Button, Reply

FOLLOW = "notices_on"  # the front server takes it; Rasa never sees it
_LONGEST_WORDS = 300
_LONGEST_LINE = 100  # of a template


def offer(reply: Reply, seen: Sequence[Seen]) -> Reply:
    """Add to what was told of proven dossiers the offer to tell of their changes, a button for each of them."""
    told = [(one.recalled_by, one.found.facts) for one in seen if one.found and one.recalled_by]
    wishes = [wish_of(source, facts) for source, facts in told if facts.status not in FINAL]
    if not wishes:
        return reply
    *before, last = reply.bubbles
    bubbles = (*before, (*last, text(notice_texts()("consent.text"))))
    buttons = tuple(Button(_title(wish, len(wishes)), FOLLOW, to_json(wish)) for wish in wishes)
    return replace(reply, bubbles=bubbles, buttons=(*reply.buttons, *buttons))


def _title(wish: Wish, count: int) -> str:
    return notice_texts()("button.follow") if count == 1 else notice_texts()("button.follow_one", code=wish.code)


def wish_of(source: str, facts: Facts) -> Wish:
    """Return what is agreed to by who was told these facts: all that changes from now on is news."""
    version = str(notice_texts().get("consent.version"))
    return Wish(source, facts.code, facts.status, facts.new_due_at, version)


def to_json(wish: Wish) -> dict[str, Any]:
    """Return a wish as plain data for a button; ``read_wish`` is the inverse."""
    new_due_at = wish.new_due_at.isoformat() if wish.new_due_at else ""
    named = {"source": wish.source, "code": wish.code, "consent": wish.consent}
    return {**named, "status": wish.status, "new_due_at": new_due_at}


def read_wish(data: Mapping[str, Any]) -> Wish:
    """Return the wish written by ``to_json``."""
    new_due_at = dt.datetime.fromisoformat(data["new_due_at"]) if data["new_due_at"] else None
    return Wish(data["source"], data["code"], data["status"], new_due_at, data["consent"])


def notice(kind: NoticeKind, facts: Facts, profile: Profile, words: str = "") -> Reply:
    """Return what a notice says; ``words`` are what the office wrote for the citizen with the change.

    It has no buttons: a number that the citizen types just then is meant for what was asked before.
    """
    say, status, values = notice_texts(), _status(facts), _values(facts, profile)
    lines = [
        str(line).format(say=status["say"], next=status["next"], **values) for line in say.get(f"said.{kind.value}")
    ]
    # what the dossier's history says of a new date, the notice has said already
    lines += [say("words", words=words[:_LONGEST_WORDS])] if words and kind is not NoticeKind.NEW_DATE else []
    lines += [say("unit", unit=facts.unit)] if facts.unit and kind is not NoticeKind.DUE else []
    lines += [status_texts()("lines.demo")] if facts.source == "demo" else []
    lines.append(say("last" if facts.status in FINAL else "stop"))
    moment = facts.seen_at.astimezone(profile.time_zone)
    origin = {"source": status_texts()(f"sources.{facts.source}"), "moment": f"{moment:%H:%M %d/%m/%Y}"}
    source = Block("source", status_texts()("lines.source", **origin))
    procedures = (facts.procedure_code,) if facts.procedure_code else ()
    return Reply("status", ((*map(text, lines), source),), procedures=procedures)


def template_values(kind: NoticeKind, facts: Facts, profile: Profile) -> dict[str, str]:
    """Return what fills the places of an approved template: the code and one line."""
    values = {"status": _status(facts)["name"], **_values(facts, profile)}
    return {"ma_ho_so": facts.code, "noi_dung": notice_texts()(f"template.{kind.value}", **values)[:_LONGEST_LINE]}


def _status(facts: Facts) -> Mapping[str, str]:
    found: Mapping[str, str] = status_texts().get("statuses").get(facts.status) or status_texts().get("unknown")
    return found


def _values(facts: Facts, profile: Profile) -> dict[str, str]:
    before = ""
    if facts.new_due_at and facts.due_at:
        before = notice_texts().get("before").format(day=_day(facts.due_at, profile))
    due = _day(promised_at(facts), profile)
    return {"code": facts.code, "name": facts.procedure_name, "due": due, "before": before}


def _day(moment: dt.datetime | None, profile: Profile) -> str:
    return long_day(moment.astimezone(profile.time_zone).date(), load_texts()) if moment else ""
