"""What speaks for each procedure, as numbers that the ranker weighs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from knowledge.search.features import expand, is_stop, text_features, without_asides
from knowledge.search.index import SearchIndex, View
from knowledge.search.matcher import Matcher
from nlu.text import fold, has_marks, tokens

LISTED = 24  # candidates looked at, from the lexical and from the learned side each
NAMES = (
    "lexical", "name", "full_name", "margin", "margin_root", "margin_lead", "lexical_lead", "prior", "daily",
    "business", "learned", "agree", "at_hand", "at_hand_little", "at_hand_alone", "field_at_hand", "like_at_hand",
    "earlier", "offered",
)  # fmt: skip
NONE_NAMES = (
    "one", "lexical", "name", "margin", "learned_gap", "words", "known", "lexical_gap", "short", "foreign",
    "foreign_root", "strange",
)  # fmt: skip
_LEXICAL, _MARGIN = NONE_NAMES.index("lexical"), NONE_NAMES.index("margin")
# in place of a code's position: not in the records; meant by lessons about no procedure; by those about other business
UNKNOWN, NONE, OUTSIDE = -1, -2, -3
_AUDIBLE = 0.02
_HEARD = 0.25  # the least that lessons about other business say together; of keys hit at random they say up to 0.3
_MARKED_SHARE = 0.5
_BUSINESS_WORDS = frozenset({"doanh", "cong", "ty", "nghiep", "htx", "cty", "tnhh"})


@dataclass(frozen=True)
class Context:
    """What a conversation is about, as codes: ``at_hand`` now, ``earlier`` before, ``offered`` as choices just now.

    ``rejected`` was at hand until the citizen said that it is not meant.
    """

    at_hand: str = ""
    earlier: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()
    rejected: str = ""


NO_CONTEXT = Context()


@dataclass(frozen=True)
class Evidence:
    """``entries`` are positions in the index; ``rows`` is [candidates, NAMES]; ``none`` speaks for no procedure.

    ``outside``: it sounds like other business rather than like a procedure that is not in the records.
    """

    entries: np.ndarray
    rows: np.ndarray
    none: np.ndarray
    outside: bool = False

    @property
    def silent(self) -> bool:
        """No word of the question is in the records, and no lesson sounds like it."""
        return self.none[_LEXICAL] <= 0 and self.none[_MARGIN] <= _AUDIBLE


@dataclass(frozen=True)
class Lexical:
    """Shares (0–1) of the question found in each entry (``text``) and in its best name (``names``)."""

    text: np.ndarray
    names: np.ndarray

    def without(self, place: int | None) -> Lexical:
        """Return the shares as if the entry at this place, if any, were not in the records."""
        if place is None:
            return self
        cleared = Lexical(self.text.copy(), self.names.copy())
        cleared.text[place] = cleared.names[place] = 0.0
        return cleared


def lexical(index: SearchIndex, question: str) -> Lexical:
    """Score every entry by words; a question typed without marks is scored on the folded view alone."""
    question = without_asides(question, index.wording)
    text, names = _view_scores(index.folded, question, index)
    if has_marks(question):
        marked, marked_names = _view_scores(index.marked, question, index)
        text = (1 - _MARKED_SHARE) * text + _MARKED_SHARE * marked
        names = (1 - _MARKED_SHARE) * names + _MARKED_SHARE * marked_names
    return Lexical(text, names)


def _view_scores(view: View, question: str, index: SearchIndex) -> tuple[np.ndarray, np.ndarray]:
    wording = index.wording
    asked = text_features(question, view.marked)
    telling = view.weight([feature for feature in asked if not is_stop(feature, wording)])
    text = names = np.zeros(len(index.entries), dtype=np.float32)
    for phrasing in [asked, *(asked + text_features(meant, view.marked) for meant in expand(question, wording))]:
        weight = view.weight(phrasing)
        columns = view.columns(phrasing)
        text = np.maximum(text, view.bm25_scores(columns, weight))
        names = np.maximum(names, view.name_scores(columns, max(telling, weight * 0.5)))
    return text, names


def business_words(question: str) -> bool:
    """Tell whether the question speaks of companies, so that their procedures are not held back."""
    return len({fold(word) for word in tokens(question)} & _BUSINESS_WORDS) >= 2


def gather(
    index: SearchIndex, matcher: Matcher, question: str, positions: np.ndarray, context: Context = NO_CONTEXT
) -> Evidence:
    """Return the evidence for the best candidates of both sides, and for those of the conversation.

    ``positions`` are the places of the matcher's codes in the index, or UNKNOWN, or NONE.
    """
    scores = matcher.scores(question, index.wording.lexicon)
    return weigh(index, question, lexical(index, question), scores, positions, context)


def weigh(
    index: SearchIndex,
    question: str,
    words: Lexical,
    scores: np.ndarray,
    positions: np.ndarray,
    context: Context = NO_CONTEXT,
    without: int | None = None,
) -> Evidence:
    """Return the evidence when both sides' scores are known already (in training: the matcher's held-out ones).

    ``without`` is the place of an entry to be treated as if it were not in the records.
    """
    words = words.without(without)
    margins = np.zeros(len(index.entries), dtype=np.float32)
    here = positions >= 0
    margins[positions[here]] = np.clip(scores[here], -0.2, 1.2)
    if without is not None:
        margins[without] = 0.0
    mixed = 0.4 * words.text + 0.6 * words.names
    known = [index.by_code[code] for code in _codes(context) if code in index.by_code]
    entries = np.union1d(np.union1d(_best(mixed), _best(margins)), np.array(known, dtype=np.int64))
    entries = entries[entries != index.by_code.get(context.rejected, UNKNOWN)]
    rows = _rows(index, question, entries, words, mixed, margins, positions)
    none = _none(index, question, words, margins, scores[positions <= NONE])
    outside = scores[positions == OUTSIDE].sum() > max(scores[positions == NONE].sum(), _HEARD)
    return Evidence(entries, np.hstack([rows, _contextual(index, entries, rows, none, context)]), none, bool(outside))


def _codes(context: Context) -> tuple[str, ...]:
    return (context.at_hand, *context.earlier, *context.offered)


def _contextual(
    index: SearchIndex, entries: np.ndarray, rows: np.ndarray, none: np.ndarray, context: Context
) -> np.ndarray:
    """Return what the conversation adds: a short remark that names nothing else goes on about what is at hand."""
    said = [_is(index, entries, codes) for codes in ((context.at_hand,), context.earlier, context.offered)]
    at_hand, earlier, offered = said
    little = 1 - none[NONE_NAMES.index("words")]
    names = rows[:, NAMES.index("name")]
    alone = 1 - max(names[~at_hand.astype(bool)], default=0.0)
    field, like = _around(index, entries, context.at_hand or context.rejected)
    others = 1 - at_hand
    return np.column_stack(
        [at_hand, at_hand * little, at_hand * alone, others * field, others * like, earlier, offered]
    )


def _around(index: SearchIndex, entries: np.ndarray, code: str) -> tuple[np.ndarray, np.ndarray]:
    """Return which entries are of the field of a code, and how far its names say theirs: people ask on near by."""
    place = index.by_code.get(code)
    if place is None:
        return np.zeros(len(entries)), np.zeros(len(entries))
    return (index.fields[entries] == index.fields[place]).astype(np.float64), index.likeness(place)[entries]


def _is(index: SearchIndex, entries: np.ndarray, codes: tuple[str, ...]) -> np.ndarray:
    places = [index.by_code[code] for code in codes if code in index.by_code]
    return np.isin(entries, places).astype(np.float64)


def _best(scores: np.ndarray) -> np.ndarray:
    count = min(LISTED, len(scores))
    return np.argpartition(-scores, count - 1)[:count]


def _rows(
    index: SearchIndex,
    question: str,
    entries: np.ndarray,
    words: Lexical,
    mixed: np.ndarray,
    margins: np.ndarray,
    positions: np.ndarray,
) -> np.ndarray:
    margin, lex = margins[entries], mixed[entries]
    business = np.where(index.business[entries], 0.0 if business_words(question) else 1.0, 0.0)
    return np.column_stack(
        [
            words.text[entries],
            words.names[entries],
            words.names[entries] ** 8,
            margin,
            np.sqrt(np.maximum(margin, 0)),
            margin - _second(margins, margin),
            lex - _second(mixed, lex),
            index.prior[entries],
            index.daily[entries],
            business,
            np.isin(entries, positions),
            np.maximum(margin, 0) * lex,
        ]
    ).astype(np.float64)


def _second(all_scores: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Return the best score of the others: for the leader the second, for the rest the leader."""
    first, second = np.sort(np.partition(all_scores, -2)[-2:])[::-1] if len(all_scores) > 1 else (all_scores[0], 0.0)
    return np.where(own >= first, second, first)


def _gap(scores: np.ndarray) -> float:
    """Return how far the best score leads."""
    if len(scores) < 2:
        return 0.0
    second, first = np.sort(np.partition(scores, -2)[-2:])
    return float(first - second)


def _none(index: SearchIndex, question: str, words: Lexical, margins: np.ndarray, strange: np.ndarray) -> np.ndarray:
    foreign = float(np.clip(strange, 0.0, 1.2).max(initial=0.0))
    telling = [fold(word) for word in tokens(question) if not is_stop(word, index.wording)]
    known = [word for word in telling if word in index.folded.vocabulary]
    return np.array(
        [
            1.0,
            words.text.max(),
            words.names.max(),
            margins.max(),
            _gap(margins),
            min(len(telling), 8) / 8,
            len(known) / max(len(telling), 1),
            _gap(0.4 * words.text + 0.6 * words.names),
            float(len(telling) <= 2),
            foreign,
            foreign**0.5,
            float(np.clip(strange.sum(), -0.6, 1.2)),
        ]
    )
