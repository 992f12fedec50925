"""``find_procedures``: the question a citizen typed -> procedures, best first, with scores.

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

from knowledge.search.features import expand, is_stop, load_wording, text_features, without_asides
from knowledge.search.index import SearchIndex, View
from knowledge.search.source import read_entries, revision
from nlu.text import fold, has_marks, tokens

_NAME_SHARE = 0.6
_MARKED_SHARE = 0.5
_FULL_NAME = 0.5
_BUSINESS_WORDS = frozenset({"doanh", "cong", "ty", "nghiep", "htx", "cty", "tnhh"})


@dataclass(frozen=True)
class Hit:
    """A procedure found. ``score`` lies around 0-1.3; ``names`` is its best name's cover, 0-1."""

    code: str
    short_name: str
    score: float
    names: float


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


def find_procedures(session: Session, question: str, limit: int = 5) -> list[Hit]:
    """Return at most ``limit`` procedures for a question, best first.

    Accented and unaccented questions are treated alike. A procedure code in the question wins.
    """
    index = current_index(session)
    if not index.entries:
        return []
    scores, names = _score(index, without_asides(question, index.wording))
    best = np.argsort(-scores, kind="stable")[:limit]
    return [
        Hit(index.entries[n].code, index.entries[n].short_name, float(scores[n]), float(names[n]))
        for n in best
        if scores[n] > 0
    ]


def _score(index: SearchIndex, question: str) -> tuple[np.ndarray, np.ndarray]:
    lexical, names = _view_scores(index.folded, question, index)
    if has_marks(question):
        marked, marked_names = _view_scores(index.marked, question, index)
        lexical = (1 - _MARKED_SHARE) * lexical + _MARKED_SHARE * marked
        names = (1 - _MARKED_SHARE) * names + _MARKED_SHARE * marked_names
    scores = (1 - _NAME_SHARE) * lexical + _NAME_SHARE * names
    # a name said in full outweighs every prior
    scores = scores * (1 + index.prior - _business_malus(index, question)) + _FULL_NAME * names**8
    for word in tokens(question):
        if word in index.by_code:
            scores[index.by_code[word]] = 2.0
    return scores, names


def _view_scores(view: View, question: str, index: SearchIndex) -> tuple[np.ndarray, np.ndarray]:
    wording = index.wording
    asked = text_features(question, view.marked)
    phrasings = [asked] + [asked + text_features(p, view.marked) for p in expand(question, wording)]
    lexical = names = np.zeros(len(index.entries), dtype=np.float32)
    for phrasing in phrasings:
        weight = view.weight([f for f in asked if not is_stop(f, wording)])
        columns = view.columns(phrasing)
        lexical = np.maximum(lexical, view.bm25_scores(columns, view.weight(phrasing)))
        names = np.maximum(names, view.name_scores(columns, max(weight, view.weight(phrasing) * 0.5)))
    return lexical, names


def _business_malus(index: SearchIndex, question: str) -> np.ndarray:
    asked = {fold(word) for word in tokens(question)} & _BUSINESS_WORDS
    return np.where(index.business, 0.0 if len(asked) >= 2 else 0.25, 0.0)
