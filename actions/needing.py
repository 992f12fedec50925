"""Whether a paper is wanted for what is talked about ("có cần giấy khai sinh không?"), and not the paper itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sqlalchemy.orm import Session

from actions.phrases import Phrases, Said, read
from knowledge.search.decide import content_words, decide
from knowledge.search.features import load_wording
from knowledge.search.finder import find

_FILE = Path(__file__).with_name("needs.yml")
_NAMED = 0.5  # half of a procedure's name is said
_MOST_BESIDE = 1  # words before and after that could name a procedure: with more it may be another one


@dataclass(frozen=True)
class _Frame:
    """``most``: so many words may stand between the paper and the end."""

    opens: Phrases
    ends: Phrases
    most: int


@dataclass(frozen=True)
class _Needs:
    frames: tuple[_Frame, ...]
    between: Phrases
    papers: Phrases
    goes_on: Phrases
    joints: Phrases


def asks_for_paper(session: Session, question: str, code: str) -> bool:
    """Tell whether it is asked if a paper is needed for that procedure, and for no other that is named."""
    beside = beside_paper(question)
    if beside is None or not content_words(beside, load_wording()):
        return beside is not None
    best = decide(find(session, beside)).hits[:1]
    return not any(hit.names >= _NAMED and hit.code != code for hit in best)


def beside_paper(question: str) -> str | None:
    """Return what is said beside a paper where it is asked whether it is needed, or what if it is not there.

    None where something else is asked. What is returned may still name another procedure that needs the paper.
    """
    said, needs = Said(question), _needs()
    for start in range(len(said.words)):
        if len(content_words(" ".join(said.words[:start]), load_wording())) > _MOST_BESIDE:
            return None
        for frame in needs.frames:
            end = _end_of_paper(said, start, frame, needs)
            rest = _until_end(said, end, frame, needs) if end else None
            if rest is not None:
                return rest
    return None


def _end_of_paper(said: Said, start: int, frame: _Frame, needs: _Needs) -> int:
    """Return where the paper's name ends, 0 when none is named there."""
    place = start + (opened := said.length(start, frame.opens))
    while opened and (length := said.length(place, needs.between)):
        place += length
    length = said.length(place, needs.papers) if opened else 0
    return place + length if length else 0


def _until_end(said: Said, start: int, frame: _Frame, needs: _Needs) -> str | None:
    """Return the words up to those that end the question, None when they do not."""
    for place in range(start, min(start + frame.most + 1, len(said.words))):
        length = said.length(place, frame.ends)
        if length and _is_over(said, place + length, needs):
            return " ".join(said.words[start:place])
    return None


def _is_over(said: Said, place: int, needs: _Needs) -> bool:
    """Tell whether no more is said from there on than another paper, and what names nothing."""
    if said.length(place, needs.goes_on):
        return False
    if length := said.length(place, needs.joints):
        place += length
        place += said.length(place, needs.papers)
    return len(content_words(" ".join(said.words[place:]), load_wording())) <= _MOST_BESIDE


@lru_cache(maxsize=1)
def _needs() -> _Needs:
    raw = read(_FILE)
    frames = tuple(_Frame(Phrases(frame["opens"]), Phrases(frame["ends"]), frame["most"]) for frame in raw["frames"])
    lists = {name: Phrases(raw[name]) for name in ("between", "papers", "goes_on", "joints")}
    return _Needs(frames, **lists)
