"""From search hits to a decision: answer, ask one question, or say that it is not in the records.

The thresholds stand in ``knowledge/data/search/thresholds.yml``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from knowledge.search.features import Wording, is_stop, without_asides
from knowledge.search.finder import Hit
from nlu.text import fold, tokens

_DATA = Path(__file__).parent.parent / "data" / "search"
MAX_CHOICES = 4


@dataclass(frozen=True)
class Thresholds:
    """``found``: the least score of an answer. ``maybe``: the least score worth offering.

    ``tie``: the second hit's score as a share of the first from which it is a tie. ``sure``: the
    name cover (0-1) above which there is no tie.
    """

    found: float
    maybe: float
    tie: float
    sure: float


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
    """``kind`` is answer, clarify or not_found; ``hits`` best first; ``ask`` a ready question."""

    kind: str
    hits: tuple[Hit, ...] = ()
    ask: str = ""
    options: tuple[Option, ...] = ()


def decide(hits: Sequence[Hit], thresholds: Thresholds) -> Decision:
    """Decide what to do with hits, best first."""
    if not hits or hits[0].score < thresholds.maybe:
        return Decision("not_found")
    best = hits[0]
    close = [hit for hit in hits[:MAX_CHOICES] if hit.score >= thresholds.tie * best.score]
    if best.score >= thresholds.found and (best.names >= thresholds.sure or len(close) == 1):
        return Decision("answer", (best, *hits[1:]))
    if best.score < thresholds.found:
        close = [hit for hit in hits[:MAX_CHOICES] if hit.score >= thresholds.maybe]
    return Decision("clarify", tuple(close))


def open_choice(question: str, choices: Sequence[Choice], wording: Wording) -> Choice | None:
    """Return the open question this text asks, if it says nothing beyond it."""
    said = [fold(word) for word in tokens(without_asides(question, wording))]
    for choice in choices:
        named = {word for phrase in choice.words for word in fold(phrase).split()}
        turned = {word for phrase in choice.any for word in fold(phrase).split()}
        rest = [word for word in said if word not in named | turned and not is_stop(word, wording)]
        text = f" {' '.join(said)} "
        complete = all(f" {fold(phrase)} " in text for phrase in choice.words)
        if complete and not rest and (not choice.any or any(f" {fold(phrase)} " in text for phrase in choice.any)):
            return choice
    return None


def content_words(question: str, wording: Wording) -> list[str]:
    """Return the words that can tell a procedure; a follow-up like "còn phí?" has none."""
    return [word for word in tokens(without_asides(question, wording)) if not is_stop(fold(word), wording)]


@lru_cache(maxsize=1)
def load_thresholds(folder: Path = _DATA) -> Thresholds:
    """Read the thresholds."""
    return Thresholds(**yaml.safe_load((folder / "thresholds.yml").read_text(encoding="utf-8")))


@lru_cache(maxsize=1)
def load_choices(folder: Path = _DATA) -> tuple[Choice, ...]:
    """Read the open questions."""
    return tuple(_choice(entry) for entry in yaml.safe_load((folder / "choices.yml").read_text(encoding="utf-8")))


def _choice(entry: dict) -> Choice:
    options = tuple(Option(str(option["code"]), option["label"]) for option in entry["options"])
    return Choice(tuple(entry["words"]), tuple(entry.get("any", ())), entry["ask"], options)
