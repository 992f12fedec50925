"""Two procedures asked in one message: "cưới xong nhập khẩu cho vợ luôn"."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import yaml
from sqlalchemy.orm import Session

from knowledge.search.decide import content_words
from knowledge.search.features import load_wording
from knowledge.search.finder import Found, find
from nlu.text import fold

_FILE = Path(__file__).parent / "joints.yml"
_LOOKED_AT = 8
_SURE = 0.4  # a half of the message must point at its procedure at least so clearly
_HEARD = 0.03  # a smaller probability is as good as none


def two_procedures(session: Session, question: str, whole: Found) -> tuple[str, str] | None:
    """Return the codes of two procedures that the halves of a message ask for, likelier one first, or None.

    Both must be among what the whole message may mean, for a half alone lacks what the other says of it; and
    neither half may speak for the other's, for then they are two kinds of one thing.
    """
    meant = {hit.code: hit.probability for hit in whole.hits if hit.probability >= _HEARD}
    best: tuple[float, str, str] = (_SURE, "", "")
    for halves in _cuts(question) if len(meant) > 1 else ():
        one, other = (_shares(session, half) for half in halves)
        first, second = _best(one, meant), _best(other, meant)
        apart = one.get(second, 0.0) < _HEARD and other.get(first, 0.0) < _HEARD
        if first and second and first != second and apart:
            best = max(best, (min(one[first], other[second]), first, second))
    _, first, second = best
    return (max(first, second, key=meant.__getitem__), min(first, second, key=meant.__getitem__)) if first else None


def _shares(session: Session, half: str) -> dict[str, float]:
    return {hit.code: hit.probability for hit in find(session, half, _LOOKED_AT).hits}


def _best(shares: dict[str, float], meant: dict[str, float]) -> str:
    """Return the code that both the half and the whole speak for, or ""."""
    weighed = {code: share * meant[code] for code, share in shares.items() if code in meant}
    return max(weighed, key=weighed.__getitem__, default="")


def _cuts(question: str) -> Iterator[tuple[str, str]]:
    """Yield the halves of the message at each joint; both hold words that can tell a procedure."""
    words, wording = question.split(), load_wording()
    folded = [fold(word.strip(",.;?!")).lower() for word in words]
    for joint in _joints():
        for start in range(1, len(words) - len(joint)):
            if tuple(folded[start : start + len(joint)]) == joint:
                halves = " ".join(words[:start]), " ".join(words[start + len(joint) :])
                if all(content_words(half, wording) for half in halves):
                    yield halves


@lru_cache(maxsize=1)
def _joints() -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(fold(joint).split()) for joint in yaml.safe_load(_FILE.read_text(encoding="utf-8"))["joints"])
