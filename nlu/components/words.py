"""The words of a Rasa message as the classifiers see them, and the lexicon that travels with a model."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from pathlib import Path

from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

import nlu.features
import nlu.linear
import nlu.telex
import nlu.text
import nlu.validation
from nlu.features import clauses, words
from nlu.linear import Grams, blocks
from nlu.text import Lexicon

SPANS = "entity_spans"  # set by VietnameseEntityMatcher: [(start, end, entity name)]
_GRAMS = "ngrams"
_MODULES = (nlu.text, nlu.telex, nlu.features, nlu.linear, nlu.validation)


def message_words(message: Message, lexicon: Lexicon) -> list[str]:
    """Return the normalised words of a message, entities masked."""
    return words(message.get(TEXT) or "", message.get(SPANS) or [], lexicon)


def message_grams(message: Message, lexicon: Lexicon) -> Grams:
    """Return the n-grams of a message, made once for all classifiers (which share one lexicon, see config.yml)."""
    grams: Grams | None = message.get(_GRAMS)
    if grams is None:
        grams = blocks(message_words(message, lexicon))
        message.set(_GRAMS, grams)
    return grams


def clause_grams(message: Message, lexicon: Lexicon) -> list[Grams]:
    """Return the n-grams of each clause of a message that has several."""
    return [blocks(part) for part in clauses(message.get(TEXT) or "", message.get(SPANS) or [], lexicon)]


def lexicon_facts(lexicon: Lexicon) -> dict[str, dict[str, str]]:
    """Return the lexicon as plain data for the model's JSON file."""
    return {name: dict(part) for name, part in asdict(lexicon).items()}


def files_fingerprint(*paths: str | Path) -> str:
    """Hash data files and our feature code, so that ``rasa train`` sees when they changed."""
    digest = hashlib.sha256()
    for path in [*paths, *(module.__file__ or "" for module in _MODULES)]:
        digest.update(Path(path).read_bytes())
    return digest.hexdigest()
