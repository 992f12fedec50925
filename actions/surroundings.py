"""What surrounds an answer: old places and old agencies, explained and mapped to those of today."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from actions.phrases import Phrases, Said, read
from actions.turn import State, Turn
from actions.wording import texts
from knowledge.answers.parts import text
from knowledge.answers.wording import day, joined, load_texts
from knowledge.places import Place, gazetteer_of
from knowledge.profile import Profile
from knowledge.reply import Button, Reply
from nlu.text import fold, tokens

_DESKS = Path(__file__).with_name("desks.yml")
_PLACE_ASPECTS = {"place", "elsewhere"}
_MOST = 4


def settle_unit(state: State, places: list[Place]) -> State:
    """Return the state with the citizen's unit when the text names exactly one."""
    settled = [place.units[0] for place in places if len(place.units) == 1]
    return state.with_(unit=settled[-1]) if settled else state


def place_question(reply: Reply, state: State, turn: Turn, places: list[Place], profile: Profile) -> Reply | None:
    """Return the question which unit of today is meant, when the answer depends on it."""
    split = next((place for place in places if len(place.units) > 1), None)
    wanted = not turn.aspects or _PLACE_ASPECTS & set(turn.aspects)
    if split is None or not wanted or reply.outcome not in ("answered", "unknown_fact"):
        return None
    titles = [gazetteer_of(profile).title(code) for code in split.units]
    names = [title[:1].lower() + title[1:] for title in titles]
    key = "place.was_many" if split.former else "place.same_name"
    old = texts()("place.old", kind=split.kind.lower(), name=split.name) if split.former else split.name
    sentence = texts()(key, old=old, now=joined(names, load_texts()), count=len(names))
    buttons = [
        Button(
            name,
            "ask_procedure",
            {"procedure": state.procedure, "aspect": list(turn.aspects or ("place",)), "unit": code},
        )
        for name, code in list(zip(titles, split.units))[:_MOST]
    ]
    return replace(
        reply, outcome="clarify", bubbles=((text(sentence),),), buttons=tuple(buttons), aspects=("place",), sources=()
    )


def agency_notes(said: str, profile: Profile) -> list[str]:
    """Return a line for every abolished agency the text names."""
    spoken = f" {' '.join(fold(word) for word in tokens(said))} "
    notes = []
    for names, entry in _former_agencies(profile):
        if any(f" {name} " in spoken for name in names):
            duty = texts()("agency.duty", duty=entry["duty"]) if entry.get("duty") else ""
            since = texts()("agency.since", day=day(entry["since"])) if entry.get("since") else ""
            notes.append(
                texts()(
                    "agency.was",
                    former=entry["former"],
                    now=entry["now"],
                    duty=" " + duty if duty else "",
                    since=" " + since if since else "",
                )
            )
    return notes


def without_places(question: str, places: list[Place]) -> str:
    """Return the question without the words that name places."""
    said = {word.lower() for place in places for word in place.words}
    return " ".join(word for word in question.split() if word.strip(".,?!").lower() not in said) if said else question


def without_agencies(question: str, profile: Profile) -> str:
    """Return the question without the names of abolished agencies: they tell where, not what.

    A question that names none stays as typed: in small letters "III" reads like a slip of the finger.
    """
    words = tokens(question)
    count = len(words)
    folded = [fold(word) for word in words]
    names = [name.split() for names, _ in _former_agencies(profile) for name in names]
    for name in sorted(names, key=len, reverse=True):
        for start in range(len(folded) - len(name), -1, -1):
            if folded[start : start + len(name)] == name:
                del words[start : start + len(name)], folded[start : start + len(name)]
    return " ".join(words) if len(words) < count else question


def without_desks(question: str) -> str:
    """Return the question without the desks of today that it names ("làm ở công an xã được không"), else as typed."""
    said, kept, start = Said(question), [], 0
    while start < len(said.words):
        length = said.length(start, _desks())
        kept += [] if length else [said.words[start]]
        start += length or 1
    return " ".join(kept) if len(kept) < len(said.words) else question


@lru_cache(maxsize=1)
def _desks() -> Phrases:
    return Phrases(read(_DESKS))


@lru_cache(maxsize=4)
def _former_agencies(profile: Profile) -> tuple[tuple[tuple[str, ...], dict], ...]:
    entries = profile.read_yaml("former_agencies.yml")
    return tuple(
        (tuple(" ".join(fold(w) for w in tokens(name)) for name in (entry["former"], *entry.get("said", ()))), entry)
        for entry in entries
    )
