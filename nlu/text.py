"""Vietnamese text as pure functions: NFC, tone-mark placement, folding, normalisation.

This module is the floor of the house: it imports only the standard library (PyYAML inside
``load_lexicon``), so that the NLU pipeline and the knowledge base treat text in exactly the
same way (docs/adr/0004).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from nlu.telex import decode_keystrokes

_TONES = "\u0300\u0301\u0303\u0309\u0323"  # huyền, sắc, ngã, hỏi, nặng
_TONE_SET = frozenset(_TONES)
_OPEN_GLIDES = ("oa", "oe", "uy")
_WORD = re.compile(r"[^\W_]+(?:[.\-/][^\W_]+)*", re.UNICODE)
_SYLLABLE = re.compile(r"[^\W\d_]+", re.UNICODE)
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad]|[\U000e0000-\U000e007f]")


def nfc(text: str) -> str:
    """Return text in NFC without zero-width and other invisible characters."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFC", text))


class _FoldTable(dict[int, str]):
    """Folded characters by code point, filled as they are met (``str.translate`` asks for them)."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _fold_char(chr(code))
        return folded


@lru_cache(maxsize=4096)  # every message folds the same few hundred letters, several times
def _fold_char(char: str) -> str:
    if char in "đĐ":
        return "d"
    base = unicodedata.normalize("NFD", char)[0]
    lowered = base.lower()
    return lowered if len(lowered) == 1 else base


_FOLDED = _FoldTable()


def fold(text: str) -> str:
    """Return text in lower case without any Vietnamese marks; đ becomes d.

    The result has as many characters as ``nfc(text)``, so offsets found in folded text
    are valid in the NFC text.
    """
    return nfc(text).translate(_FOLDED)


def has_marks(text: str) -> bool:
    """Tell whether any letter of the text carries a Vietnamese mark (or is đ)."""
    composed = nfc(text)
    return composed.translate(_FOLDED) != composed.lower()


def place_tones(text: str) -> str:
    """Return NFC text with tone marks of open oa, oe, uy syllables on the first vowel.

    ``hoà`` and ``hòa`` are both correct Vietnamese; the old placement (``hòa``) is the one
    form kept inside this product. ``toán``, ``quý`` and ``thuyền`` are not touched.
    """
    return _SYLLABLE.sub(lambda match: _place_tone(match.group()), nfc(text))


@lru_cache(maxsize=65536)
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


@dataclass(frozen=True)
class Lexicon:
    """How citizens shorten words: data for ``normalise``, keys in lower case NFC."""

    words: Mapping[str, str] = field(default_factory=dict)
    phrases: Mapping[str, str] = field(default_factory=dict)
    emoji: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, data: Mapping[str, Mapping[str, str]]) -> Lexicon:
        """Build the lexicon from the mapping that abbreviations.yml holds."""
        parts = {
            name: {nfc(key).lower(): place_tones(value) for key, value in (data.get(name) or {}).items()}
            for name in ("words", "phrases", "emoji")
        }
        return cls(**parts)


LEXICON = Path(__file__).parent / "data" / "entities" / "abbreviations.yml"


def load_lexicon(path: Path = LEXICON) -> Lexicon:
    """Read a lexicon from a YAML file such as nlu/data/entities/abbreviations.yml."""
    import yaml

    return Lexicon.of(yaml.safe_load(path.read_text(encoding="utf-8")))


_CHUNK = re.compile(r"\S+")
_CORE = re.compile(r"^(\W*)(.*?)(\W*)$", re.DOTALL)
_REPEATED = re.compile(r"([^\W\d_])\1{2,}", re.IGNORECASE)
_ROMAN = re.compile(r"[IVXLC]+")
_EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u2190-\u21ff\ufe0f\u20e3]+")
_SENTENCE_END = (".", "!", "?", "\n")


def normalise(text: str, lexicon: Lexicon) -> str:
    """Return text as the citizen would have written it with care.

    NFC, old tone placement, abbreviations and teencode in full, Telex and VNI leftovers decoded,
    repeated letters and emoji reduced, single spaces. Codes, numbers, web addresses and
    capitalised words inside a sentence (names) are never changed beyond tone placement.
    """
    plain = _without_emoji(nfc(text), lexicon)
    chunks = _CHUNK.findall(plain)
    cores = [_core(chunk)[1] for chunk in chunks]
    decoded = decode_keystrokes([core if _is_open(core) else "" for core in cores])
    words = [
        _normalise_chunk(chunk, decoded[index], _starts_sentence(chunks, index), lexicon)
        for index, chunk in enumerate(chunks)
    ]
    return _replace_phrases(place_tones(" ".join(words)), lexicon)


def _without_emoji(text: str, lexicon: Lexicon) -> str:
    """Drop emoji beside words; a message of emoji alone becomes what its first known one says."""
    bare = _EMOJI.sub(" ", text)
    if any(char.isalnum() for char in bare):
        return bare
    meaning = next((lexicon.emoji[char] for char in text if char in lexicon.emoji), "")
    return f"{bare} {meaning}"


def _core(chunk: str) -> tuple[str, str, str]:
    match = _CORE.match(chunk)
    return match.groups() if match else ("", chunk, "")  # type: ignore[return-value]


def _is_open(core: str) -> bool:
    """Tell whether a word may be rewritten: lower case, no joint that makes it a code or an address."""
    return core.isalnum() and core == core.lower() and not core.isdigit()


def _starts_sentence(chunks: list[str], index: int) -> bool:
    return index == 0 or chunks[index - 1].endswith(_SENTENCE_END)


def _normalise_chunk(chunk: str, decoded: str, starts: bool, lexicon: Lexicon) -> str:
    head, core, tail = _core(chunk)
    if not core or _is_address(core):
        return chunk
    if decoded and decoded != core:
        return head + decoded + tail
    parts = re.split(r"([/,;:.+&?!]+)", core)
    return head + "".join(_normalise_word(part, starts, lexicon) for part in parts) + tail


def _is_address(core: str) -> bool:
    return any(sign in core for sign in ("://", "@", "www.")) or (
        any(char.isdigit() for char in core) and not core.isalnum()
    )


def _normalise_word(word: str, starts: bool, lexicon: Lexicon) -> str:
    if not _may_shorten(word, starts):
        return word
    lowered = word.lower()
    if lowered in lexicon.words:
        return lexicon.words[lowered]
    squeezed = word if _ROMAN.fullmatch(word.upper()) else _REPEATED.sub(r"\1", word)
    return lexicon.words.get(squeezed.lower(), squeezed)


def _may_shorten(word: str, starts: bool) -> bool:
    """Names keep their letters: only lower case, all capitals (CCCD) and sentence starts are read as short forms."""
    return word == word.lower() or starts or (word == word.upper() and len(word) > 1)


def _replace_phrases(text: str, lexicon: Lexicon) -> str:
    for phrase, full in lexicon.phrases.items():
        if phrase in text:
            text = re.sub(rf"(?<!\w){re.escape(phrase)}(?!\w)", full, text)
    return text
