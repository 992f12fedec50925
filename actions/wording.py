"""Sentences of the dialogue, read once from texts.vi.yml."""

from __future__ import annotations

from pathlib import Path

from knowledge.answers.wording import Texts, load_texts

_FILE = Path(__file__).parent / "texts.vi.yml"


def texts() -> Texts:
    """Return the dialogue's sentences."""
    return load_texts(_FILE)
