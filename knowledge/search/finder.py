"""``find_procedures``: the question a citizen typed -> procedures, best first, with probabilities.

The index follows the database: it is rebuilt when the knowledge revision grows, so a new or edited
procedure is found by the next question, without training.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from knowledge.search import matcher as learnt
from knowledge.search.evidence import NO_CONTEXT, NONE, OUTSIDE, UNKNOWN, Context, Evidence, gather
from knowledge.search.features import load_wording
from knowledge.search.index import SearchIndex
from knowledge.search.matcher import Matcher
from knowledge.search.model import SearchModel, load_model
from knowledge.search.outlook import Outlook, describe, unjudged
from knowledge.search.source import read_entries, revision
from knowledge.search.twins import pooled
from nlu.text import folded_tokens, normalise, tokens


@dataclass(frozen=True)
class Hit:
    """A procedure found. ``probability`` that it is meant; ``names``: how far its best name is said (0–1).

    ``in_full``: its short name stands in the question word for word, but for marks.
    """

    code: str
    short_name: str
    probability: float
    names: float
    in_full: bool = False


@dataclass(frozen=True)
class Found:
    """Hits, best first, and what may become of the question; ``outside``: if none is meant, it is other business."""

    hits: tuple[Hit, ...]
    outlook: Outlook
    outside: bool = False


_CERTAIN, _NOTHING = Outlook(1.0, 0.0, 0.0, 0.0), Outlook(0.0, 0.0, 0.0, 1.0)
_indexes: WeakKeyDictionary[Engine, tuple[tuple[int, int], SearchIndex]] = WeakKeyDictionary()
_lock = threading.Lock()


def current_index(session: Session) -> SearchIndex:
    """Return the index of the session's database, rebuilt when its knowledge changed."""
    engine = session.get_bind().engine
    mark = revision(session)
    with _lock:
        known = _indexes.get(engine)
        if known is None or known[0] != mark:
            known = (mark, SearchIndex(read_entries(session), load_wording()))
            _indexes[engine] = known
    return known[1]


def are_twins(session: Session, one: str, other: str) -> bool:
    """Tell whether two codes are one thing to a citizen, and no choices for each other."""
    index = current_index(session)
    return bool(index.twins[index.by_code[one]] == index.twins[index.by_code[other]])


def find_procedures(session: Session, question: str, limit: int = 5) -> list[Hit]:
    """Return at most ``limit`` procedures for a question, best first.

    Accented and unaccented questions are treated alike. A procedure code in the question wins.
    """
    return list(find(session, question, limit).hits)


def find(
    session: Session,
    question: str,
    limit: int = 5,
    model: SearchModel | None = None,
    context: Context = NO_CONTEXT,
) -> Found:
    """Return what a question may mean in its conversation, and what may become of it."""
    return find_in(current_index(session), question, limit, model or load_model(), context)


def find_in(index: SearchIndex, question: str, limit: int, model: SearchModel, context: Context = NO_CONTEXT) -> Found:
    """Return what ``find`` does, in an index at hand."""
    if not index.entries:
        return Found((), _NOTHING)
    question = normalise(question, index.wording.lexicon)
    coded = [index.by_code[word] for word in tokens(question) if word in index.by_code]
    if coded:
        return Found(tuple(_hit(index, entry, 1.0, 1.0) for entry in dict.fromkeys(coded))[:limit], _CERTAIN)
    evidence = gather(index, model.matcher, question, positions(index, model.matcher), context)
    return _found(index, model, evidence, limit, question)


def positions(index: SearchIndex, matcher: Matcher) -> np.ndarray:
    """Return the places of the matcher's codes in the index; UNKNOWN for codes the records lack, NONE for no code."""
    known = index.learned.get(id(matcher))
    if known is None:
        known = np.array([_place(index, code) for code in matcher.codes], dtype=np.int64)
        index.learned[id(matcher)] = known
    return known


def _place(index: SearchIndex, code: str) -> int:
    if code.startswith(learnt.NO_CODE):
        return OUTSIDE if code.startswith(learnt.OUTSIDE) else NONE
    return index.by_code.get(code, UNKNOWN)


def _found(index: SearchIndex, model: SearchModel, evidence: Evidence, limit: int, question: str) -> Found:
    shares, none = model.ranker.probabilities(evidence)
    shares = pooled(shares, index.twins[evidence.entries])
    best = np.argsort(-shares, kind="stable")[:limit]
    said = f" {' '.join(folded_tokens(question))} "
    hits = (_hit(index, evidence.entries[n], float(shares[n]), float(evidence.rows[n, 1]), said) for n in best)
    outlook = _NOTHING if evidence.silent else _outlook(index, model, evidence, shares, none)
    return Found(tuple(hits), outlook, evidence.outside)


def _outlook(index: SearchIndex, model: SearchModel, evidence: Evidence, shares: np.ndarray, none: float) -> Outlook:
    if model.judge is None:
        return unjudged(shares, none)
    return model.judge.outlook(describe(evidence, shares, none, index.full[evidence.entries]))


def _hit(index: SearchIndex, entry: int, probability: float, names: float, said: str = "") -> Hit:
    found = index.entries[entry]
    return Hit(found.code, found.short_name, probability, names, f" {_spoken(index, entry)} " in said)


def _spoken(index: SearchIndex, entry: int) -> str:
    """Return the short name as questions are compared with it."""
    known = index.spoken.get(entry)
    if known is None:
        known = " ".join(folded_tokens(normalise(index.entries[entry].short_name, index.wording.lexicon)))
        index.spoken[entry] = known
    return known
