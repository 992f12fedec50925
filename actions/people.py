"""Turns that end with a person, or need care: hand-off, complaint, harassment, out of scope, terms."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from pathlib import Path

import yaml

from actions.turn import State, Turn
from actions.wording import texts
from knowledge.answers.parts import text
from knowledge.answers.wording import load_texts
from knowledge.calendar import calendar_of
from knowledge.profile import Profile
from knowledge.reply import Button, Reply
from nlu.text import fold, has_marks, place_tones, tokens

_TOPICS = Path(__file__).parent / "topics.vi.yml"


def hand_over(turn: Turn, state: State, profile: Profile, now: dt.datetime, reason: str) -> Reply:
    """Return the wish for a person; the front server puts the truth about it in place of these words.

    They stand where no person answers: for tools that ask one question.
    """
    calendar, say = calendar_of(profile), texts()
    if calendar.is_open(now):
        lines = [say("handoff.open")]
    else:
        lines = [say("handoff.closed", opening=_opening(calendar.next_opening(now)))]
        if not profile.hours_confirmed:
            lines.append(say("handoff.unconfirmed"))
    blocks = (text(" ".join(lines)), text(say("handoff.go_on")))
    return Reply("handoff", (blocks,), procedures=_at_hand(state), handoff=reason, unit=state.unit)


def _opening(moment: dt.datetime) -> str:
    weekday = load_texts().get("weekday")[moment.weekday()]
    return texts()("opening", clock=f"{moment.hour}", weekday=weekday, day=f"{moment:%d/%m}")


def _at_hand(state: State) -> tuple[str, ...]:
    return (state.procedure,) if state.procedure else ()


def complaint(state: State) -> Reply:
    """Return an apology with what the rule says and two ways on."""
    say = texts()
    buttons = []
    if state.procedure:
        entities = {"procedure": state.procedure, "aspect": ["documents"]}
        buttons.append(Button(load_texts()("button.documents"), "ask_procedure", entities))
    else:
        buttons.append(Button(say("complain.pick"), "ask_procedure"))
    buttons.append(_human("complaint"))
    return Reply("smalltalk", ((text(say("complain.text")),),), tuple(buttons), procedures=_at_hand(state))


def harassment(profile: Profile) -> Reply:
    """Return the safe path for a report of extra money or hindrance; no names, no promise."""
    say = texts()
    line = say("harassment.hotline", hotline=profile.hotline) if profile.hotline else say("harassment.no_hotline")
    return Reply("smalltalk", ((text(say("harassment.text")), text(line)),), (_human("harassment"),))


def _human(reason: str) -> Button:
    return Button(texts()("human"), "ask_human", {"reason": reason})


def out_of_scope(turn: Turn) -> Reply:
    """Return whose business it is where we know, else that it is not ours."""
    topic = _topic(turn.text, "out_of_scope")
    sentence = topic["text"] if topic else texts()("out_of_scope.default")
    choices = [Button(c["title"], "ask_procedure", {"procedure": c["code"]}) for c in (topic or {}).get("choices", ())]
    return Reply("out_of_scope", ((text(sentence),),), (*choices, _human("out_of_scope")))


def explain(turn: Turn) -> Reply | None:
    """Return the plain words for a term of the field, or None when the term is not in the list."""
    topic = _topic(turn.text, "terms")
    return Reply("answered", ((text(topic["text"]),),)) if topic else None


def _topic(said: str, kind: str) -> dict | None:
    """Return the first topic of which a phrase is said; marks count where they are typed: "bão" is no "bao"."""
    spoken = _spoken(said)
    view = spoken if has_marks(said) else fold(spoken)
    for phrases, topic in _topics()[kind]:
        if any((phrase if has_marks(said) else fold(phrase)) in view for phrase in phrases):
            return topic
    return None


def _spoken(text: str) -> str:
    return f" {place_tones(' '.join(tokens(text)))} "


@lru_cache(maxsize=1)
def _topics() -> dict[str, list[tuple[tuple[str, ...], dict]]]:
    raw = yaml.safe_load(_TOPICS.read_text(encoding="utf-8"))
    return {kind: [(tuple(map(_spoken, topic["said"])), topic) for topic in topics] for kind, topics in raw.items()}
