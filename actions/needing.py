"""Whether a paper is wanted for what is talked about ("có cần giấy khai sinh không?"), and not the paper itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from knowledge.search.decide import content_words
from knowledge.search.features import load_wording
from nlu.text import fold, tokens

_FILE = Path(__file__).with_name("needs.yml")
_MOST_BEFORE = 1  # words that could name a procedure: with more it may be another one that needs the paper
_MOST_AFTER = 8  # words from the paper to the end of the question

_Phrase = tuple[str, ...]


@dataclass(frozen=True)
class _Frame:
    opens: tuple[_Phrase, ...]
    ends: tuple[_Phrase, ...]


@dataclass(frozen=True)
class _Needs:
    frames: tuple[_Frame, ...]
    between: tuple[_Phrase, ...]
    papers: tuple[_Phrase, ...]


def asks_about_paper(question: str) -> bool:
    """Tell whether no more is asked than whether some paper is needed, or what if it is not there."""
    spoken = tokens(question)
    words, needs = tuple(map(fold, spoken)), _needs()
    for start in range(len(words)):
        if len(content_words(" ".join(spoken[:start]), load_wording())) > _MOST_BEFORE:
            return False
        if any(_fits(words[start:], frame, needs) for frame in needs.frames):
            return True
    return False


def _fits(words: _Phrase, frame: _Frame, needs: _Needs) -> bool:
    rest = _after(words, frame.opens)
    while rest is not None and (shorter := _after(rest, needs.between)) is not None:
        rest = shorter
    after = None if rest is None else _after(rest, needs.papers)
    return after is not None and any(_after(after[place:], frame.ends) is not None for place in range(_MOST_AFTER))


def _after(words: _Phrase, phrases: Sequence[_Phrase]) -> _Phrase | None:
    """Return what follows the longest phrase with which the words begin, None when they begin with none."""
    length = max((len(phrase) for phrase in phrases if words[: len(phrase)] == phrase), default=0)
    return words[length:] if length else None


@lru_cache(maxsize=1)
def _needs() -> _Needs:
    raw = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    frames = tuple(_Frame(_phrases(frame["opens"]), _phrases(frame["ends"])) for frame in raw["frames"])
    return _Needs(frames, _phrases(raw["between"]), _phrases(raw["papers"]))


def _phrases(said: Sequence[str]) -> tuple[_Phrase, ...]:
    return tuple(tuple(fold(phrase).split()) for phrase in said)
