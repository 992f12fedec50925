"""From search hits to a decision: answer, ask one question, or say that it is not in the records.

What may become of a question is judged by what was learnt (``outlook``) and weighed (``worth``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from knowledge.search.features import Wording, is_stop, without_asides
from knowledge.search.finder import Found, Hit
from knowledge.search.worth import best_decision
from nlu.text import fold, tokens

_DATA = Path(__file__).parent.parent / "data" / "search"
MAX_CHOICES = 4
_NAMED = 0.8  # so much of a procedure's name and of the question's words are the same
_NAMED_LEAD = 0.1
_NAMED_IN_FULL = 0.97
_FULL_LEAD = 0.02
_HEARD = 0.3  # so much of the likeliest one's probability has a name that is meant
_ELSE_MEANT = 0.5  # so probable is it that none is meant, or several alike
_OFFERED = 0.03  # the least probability of a choice


@dataclass(frozen=True)
class Option:
    """One choice of an under-specified question: a procedure and the words that tell it apart."""

    code: str
    label: str


@dataclass(frozen=True)
class Choice:
    """A question that citizens leave open: all of ``words`` and, if given, one of ``any`` said."""

    words: tuple[str, ...]
    any: tuple[str, ...]
    ask: str
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Decision:
    """``kind`` is answer, clarify or not_found; ``hits`` best first; ``named``: one is named beyond doubt."""

    kind: str
    hits: tuple[Hit, ...] = ()
    named: bool = False


def decide(found: Found, asked_before: bool = False) -> Decision:
    """Decide what to do with what was found. A procedure that alone is named is answered.

    ``asked_before`` tells that the citizen was just asked back.
    """
    named = _named(found)
    if named is not None:
        others = tuple(hit for hit in found.hits if hit is not named)
        return Decision("answer", (named, *others), named=named.names >= _NAMED_IN_FULL)
    kind = best_decision(found.outlook, asked_before) if found.hits else "not_found"
    if kind != "clarify":
        return Decision(kind, found.hits)
    least = min(_OFFERED, found.hits[0].probability)
    return Decision("clarify", tuple(hit for hit in found.hits[:MAX_CHOICES] if hit.probability >= least))


def _named(found: Found) -> Hit | None:
    """Return the hit whose name is said in full, else the one whose name is all but said if no other comes near.

    The few words of a name can be said by the way: it counts for nothing where all else speaks for another procedure,
    for several or for none.
    """
    hits = found.hits
    in_full = [hit for hit in hits if hit.in_full and hit.names >= _NAMED]
    if in_full:
        return max(in_full, key=lambda hit: len(hit.short_name))
    best = max(hits, key=lambda hit: hit.names, default=None)
    if best is None or best.names < _NAMED:
        return None
    if best.probability < hits[0].probability * _HEARD or max(found.outlook.none, found.outlook.open) > _ELSE_MEANT:
        return None
    others = max((hit.names for hit in hits if hit is not best), default=0.0)
    lead = _NAMED_LEAD if best.names < _NAMED_IN_FULL else _FULL_LEAD
    return best if best.names - others >= lead else None


def open_choice(question: str, choices: Sequence[Choice], wording: Wording) -> Choice | None:
    """Return the open question this text asks, if it says nothing beyond it."""
    spoken = tokens(without_asides(question, wording))
    said = [fold(word) for word in spoken]
    telling = [fold(word) for word in spoken if not is_stop(word, wording)]
    for choice in choices:
        named = {word for phrase in choice.words for word in fold(phrase).split()}
        turned = {word for phrase in choice.any for word in fold(phrase).split()}
        rest = [word for word in telling if word not in named | turned]
        text = f" {' '.join(said)} "
        complete = all(f" {fold(phrase)} " in text for phrase in choice.words)
        if complete and not rest and (not choice.any or any(f" {fold(phrase)} " in text for phrase in choice.any)):
            return choice
    return None


def content_words(question: str, wording: Wording) -> list[str]:
    """Return the words and kept pairs that can tell a procedure; a follow-up like "còn phí?" has none."""
    words = tokens(without_asides(question, wording))
    pairs = [f"{one}_{two}" for one, two in zip(words, words[1:])]
    kept = [pair for pair in pairs if fold(pair) in wording.kept]
    return [word for word in words if not is_stop(word, wording)] + kept


@lru_cache(maxsize=1)
def load_choices(folder: Path = _DATA) -> tuple[Choice, ...]:
    """Read the open questions."""
    return tuple(_choice(entry) for entry in yaml.safe_load((folder / "choices.yml").read_text(encoding="utf-8")))


def _choice(entry: dict) -> Choice:
    options = tuple(Option(str(option["code"]), option["label"]) for option in entry["options"])
    return Choice(tuple(entry["words"]), tuple(entry.get("any", ())), entry["ask"], options)
