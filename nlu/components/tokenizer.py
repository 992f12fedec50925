"""Words of a Vietnamese message by underthesea, with offsets into the message as it was typed."""

from __future__ import annotations

import re
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

from nlu.text import nfc

_GAP = re.compile(r"\s+")
_PIECE = re.compile(r"\w+|[^\w\s]")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class UndertheseaTokenizer(Tokenizer):
    """Joins the syllables of one word with ``_`` in ``Token.text``; offsets point into the raw message."""

    @classmethod
    def required_components(cls) -> list[type]:
        """Nothing has to run before."""
        return []

    @staticmethod
    def required_packages() -> list[str]:
        """Import checked by Rasa before training."""
        return ["underthesea"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Defaults of Rasa's base class; intents are never split."""
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_", "token_pattern": None}

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """Return the word tokens of one attribute of the message."""
        text = message.get(attribute)
        return [Token(_GAP.sub("_", nfc(text[start:end])), start, end) for start, end in word_spans(text)]


def word_spans(text: str) -> list[tuple[int, int]]:
    """Return (start, end) of every word of the raw text."""
    from underthesea import word_tokenize

    plain, origin = _nfc_with_origin(text)
    if not plain.strip():
        return []
    words = word_tokenize(plain, use_token_normalize=False)
    spans = _align(plain, words) or [match.span() for match in _PIECE.finditer(plain)]
    return [(origin[start], origin[end]) for start, end in spans]


def _align(text: str, words: list[str]) -> list[tuple[int, int]]:
    """Find each word again in the text; an empty list where the segmenter changed a letter."""
    spans, position = [], 0
    for word in words:
        first = None
        for piece in word.split():
            start = text.find(piece, position)
            if start < 0 or text[position:start].strip():
                return []
            first = start if first is None else first
            position = start + len(piece)
        if first is not None:
            spans.append((first, position))
    return spans if not text[position:].strip() else []


def _nfc_with_origin(text: str) -> tuple[str, list[int]]:
    """Return NFC text without invisible characters and, per character (and the end), its offset in the raw text."""
    plain, origin, start = "", [], 0
    while start < len(text):
        end = start + 1
        while end < len(text) and nfc(text[start : end + 1]) != nfc(text[start:end]) + nfc(text[end]):
            end += 1
        piece = nfc(text[start:end])
        plain += piece
        origin += [start] * len(piece)
        start = end
    return plain, [*origin, len(text)]
