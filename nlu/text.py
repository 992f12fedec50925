"""Vietnamese text as pure functions: NFC, tone-mark placement, folding.

This module is the floor of the house: it imports only the standard library, so that the NLU
pipeline and the knowledge base fold text in exactly the same way (docs/adr/0004).
"""

from __future__ import annotations

import re
import unicodedata

_TONES = "\u0300\u0301\u0303\u0309\u0323"  # huyền, sắc, ngã, hỏi, nặng
_TONE_SET = frozenset(_TONES)
_OPEN_GLIDES = ("oa", "oe", "uy")
_WORD = re.compile(r"[^\W_]+(?:[.\-/][^\W_]+)*", re.UNICODE)
_SYLLABLE = re.compile(r"[^\W\d_]+", re.UNICODE)
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad]|[\U000e0000-\U000e007f]")


def nfc(text: str) -> str:
    """Return text in NFC without zero-width and other invisible characters."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFC", text))


def fold(text: str) -> str:
    """Return text in lower case without any Vietnamese marks; đ becomes d.

    The result has as many characters as ``nfc(text)``, so offsets found in folded text
    are valid in the NFC text.
    """
    return "".join(_fold_char(char) for char in nfc(text))


def _fold_char(char: str) -> str:
    if char in "đĐ":
        return "d"
    base = unicodedata.normalize("NFD", char)[0]
    lowered = base.lower()
    return lowered if len(lowered) == 1 else base


def has_marks(text: str) -> bool:
    """Tell whether any letter of the text carries a Vietnamese mark (or is đ)."""
    return any(_fold_char(char) != char.lower() for char in nfc(text) if char.isalpha())


def place_tones(text: str) -> str:
    """Return NFC text with tone marks of open oa, oe, uy syllables on the first vowel.

    ``hoà`` and ``hòa`` are both correct Vietnamese; the old placement (``hòa``) is the one
    form kept inside this product. ``toán``, ``quý`` and ``thuyền`` are not touched.
    """
    return _SYLLABLE.sub(lambda match: _place_tone(match.group()), nfc(text))


def _place_tone(syllable: str) -> str:
    decomposed = unicodedata.normalize("NFD", syllable)
    tones = [char for char in decomposed if char in _TONE_SET]
    if len(tones) != 1:
        return syllable
    bare = unicodedata.normalize("NFC", "".join(c for c in decomposed if c not in _TONE_SET))
    lowered = bare.lower()
    if not lowered.endswith(_OPEN_GLIDES) or lowered.endswith("quy") or len(bare) < 2:
        return syllable
    first = len(bare) - 2
    return unicodedata.normalize("NFC", bare[: first + 1] + tones[0] + bare[first + 1 :])


def tokens(text: str) -> list[str]:
    """Return lower-case words of the text with marks; codes such as 1.004222 stay whole."""
    return [match.group() for match in _WORD.finditer(place_tones(text).lower())]


def folded_tokens(text: str) -> list[str]:
    """Return lower-case words of the text without marks."""
    return [fold(token) for token in tokens(text)]
