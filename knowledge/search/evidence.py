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
    "lexical", "name", "full_name", "margin", "margin_root", "margin_lead", "lexical_lead", "prior", "business",
    "learned", "agree", "at_hand", "at_hand_little", "at_hand_alone", "earlier", "offered",
)  # fmt: skip
NONE_NAMES = ("one", "lexical", "name", "margin", "learned_gap", "words", "known", "lexical_gap", "short", "foreign")
_LEXICAL, _MARGIN = NONE_NAMES.index("lexical"), NONE_NAMES.index("margin")
UNKNOWN, NONE = -1, -2  # in place of a code's position: not in the records; meant by lessons about no procedure
_AUDIBLE = 0.02
_MARKED_SHARE = 0.5
_BUSINESS_WORDS = frozenset({"doanh", "cong", "ty", "nghiep", "htx", "cty", "tnhh"})


@dataclass(frozen=True)
class Context:
    """What a conversation is about, as codes: ``at_hand`` now, ``earlier`` before, ``offered`` as choices just now."""

    at_hand: str = ""
    earlier: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()


NO_CONTEXT = Context()


@dataclass(frozen=True)
class Evidence:
    """``entries`` are positions in the index; ``rows`` is [candidates, NAMES]; ``none`` speaks for no procedure."""

    entries: np.ndarray
    rows: np.ndarray
    none: np.ndarray

    @property
    def silent(self) -> bool:
        """No word of the question is in the records, and no lesson sounds like it."""
        return self.none[_LEXICAL] <= 0 and self.none[_MARGIN] <= _AUDIBLE


@dataclass(frozen=True)
class Lexical:
    """Shares (0–1) of the question found in each entry (``text``) and in its best name (``names``)."""

    text: np.ndarray
    names: np.ndarray


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
    return weigh(index, question, matcher.scores(question, index.wording.lexicon), positions, context)


def weigh(
    index: SearchIndex,
    question: str,
    scores: np.ndarray,
    positions: np.ndarray,
    context: Context = NO_CONTEXT,
    without: int | None = None,
) -> Evidence:
    """Return the evidence when the matcher's scores are known already (in training: held-out ones).

    ``without`` is the place of an entry to be treated as if it were not in the records.
    """
    words = lexical(index, question)
    if without is not None:
        words.text[without] = words.names[without] = 0.0
    margins = np.zeros(len(index.entries), dtype=np.float32)
    here = positions >= 0
    margins[positions[here]] = np.clip(scores[here], -0.2, 1.2)
    if without is not None:
        margins[without] = 0.0
    mixed = 0.4 * words.text + 0.6 * words.names
    known = [index.by_code[code] for code in _codes(context) if code in index.by_code]
    entries = np.union1d(np.union1d(_best(mixed), _best(margins)), np.array(known, dtype=np.int64))
    rows = _rows(index, question, entries, words, mixed, margins, positions)
    foreign = float(np.clip(scores[positions == NONE], 0.0, 1.2).max(initial=0.0))
    none = _none(index, question, words, margins, foreign)
    return Evidence(entries, np.hstack([rows, _contextual(index, entries, rows, none, context)]), none)


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
    return np.column_stack([at_hand, at_hand * little, at_hand * alone, earlier, offered])


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


def _none(index: SearchIndex, question: str, words: Lexical, margins: np.ndarray, foreign: float) -> np.ndarray:
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
        ]
    )
