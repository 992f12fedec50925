"""What citizens are told about people, composed from ``texts.vi.yml`` beside this file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from bot.handoff.routing import PROVINCE, Route, unit_name
from knowledge.profile import load_profile
from knowledge.reply import Block, Button, Reply

_FILE = Path(__file__).with_name("texts.vi.yml")


@lru_cache(maxsize=1)
def _data() -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return found


def reply(name: str, /, **values: object) -> Reply:
    """Return the named reply, its places filled in; that the assistant goes on is a second block of its bubble."""
    entry = _data()["replies"][name]
    lines = [" ".join(entry["text"].format(**values).split()), *([entry["more"]] if "more" in entry else [])]
    return Reply("handoff", (tuple(Block("text", text=line) for line in lines),), _buttons(entry.get("buttons", ())))


def _buttons(names: Iterable[str]) -> tuple[Button, ...]:
    return tuple(Button(**_data()["buttons"][name]) for name in names)


def without_assistant(said: Reply) -> Reply:
    """Return one of these replies for while the assistant is off: nothing in it says that the assistant goes on."""
    cancel, drop = _buttons(("cancel", "drop"))
    buttons = tuple(drop if button == cancel else button for button in said.buttons)
    return replace(said, bubbles=tuple(bubble[:1] for bubble in said.bubbles), buttons=buttons)


def word(name: str, **values: object) -> str:
    """Return a phrase."""
    return str(_data()["words"][name].format(**values))


def wish_words() -> tuple[str, ...]:
    """Return what citizens type, without marks, and nothing beside it, to meet a person."""
    return tuple(_data()["words"]["wish"])


def start_words() -> tuple[str, ...]:
    """Return what citizens type, without marks, to start; while people are waited for it starts nothing anew."""
    return tuple(_data()["words"]["start"])


def cancel_words() -> tuple[str, ...]:
    """Return what citizens type, without marks, to give up waiting."""
    return tuple(_data()["words"]["cancel"])


def queued(name: str, unit_code: str, place: int, wait: dt.timedelta | None) -> Reply:
    """Return a reply that tells the true place in the queue, and the usual wait where it is known."""
    usual = word("wait", minutes=minutes_of(wait)) if wait else ""
    return reply(name, whom=whom(unit_code), place=_place(place), wait=usual)


def wait_long(waited: dt.timedelta, place: int) -> Reply:
    """Return the apology for a long wait."""
    return reply("wait_long", minutes=minutes_of(waited), place=_place(place) + " ")


def prospect(route: Route) -> Reply:
    """Return the truth for a wish that nobody can take now."""
    if route.prospect == "nobody" or route.promised_at is None:
        return reply("nobody", office=_office(route.opening))
    hours = "" if load_profile().hours_confirmed or route.prospect != "closed" else word("unconfirmed")
    return reply(route.prospect, opening=moment(route.promised_at), hours=hours)


def nobody_there(route: Route) -> Reply:
    """Return what those are told who were waiting when the last person left."""
    if route.promised_at is None:
        return reply("nobody_left")
    when = word("from" if route.prospect == "closed" else "before_time")
    return reply("nobody_there", when=when, opening=moment(route.promised_at))


def whom(unit_code: str) -> str:
    """Return who will answer, for the citizen."""
    if unit_code == PROVINCE:
        return word("province")
    name = unit_name(unit_code)
    return word("unit", unit=name[:1].lower() + name[1:]) if name else word("anybody")


def of_unit(unit_code: str) -> str:
    """Return the unit of a person in brackets, "" when it is the whole province."""
    name = unit_name(unit_code)
    return word("of_unit", unit=name) if name else ""


def moment(at: dt.datetime) -> str:
    """Return a moment as one says it: "7 giờ thứ Hai 23/11"."""
    local = at.astimezone(load_profile().time_zone)
    clock = word("clock_whole", hour=local.hour)
    if local.minute:
        clock = word("clock", hour=local.hour, minute=f"{local.minute:02}")
    return word("opening", clock=clock, weekday=_data()["weekdays"][local.weekday()], day=f"{local.day}/{local.month}")


def _place(place: int) -> str:
    return word("first") if place <= 1 else word("before", count=place - 1)


def _office(opening: dt.datetime | None) -> str:
    return word("office_closed", opening=moment(opening)) if opening else word("office_open")


def minutes_of(span: dt.timedelta) -> int:
    """Return whole minutes, at least one."""
    return max(1, round(span.total_seconds() / 60))
