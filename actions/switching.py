"""Turning to something else in a conversation ("còn hộ chiếu thì sao?")."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from actions.phrases import Phrases, Said, read

_FILE = Path(__file__).with_name("openers.yml")


def turns_away(text: str) -> bool:
    """Tell whether a text begins as people begin who turn to something else; often it is more of the same after all."""
    said, phrases, start = Said(text), _phrases(), 0
    while not said.length(start, phrases["openers"]) and (length := said.length(start, phrases["before"])):
        start += length
    return said.length(start, phrases["openers"]) > 0


@lru_cache(maxsize=1)
def _phrases() -> dict[str, Phrases]:
    return {name: Phrases(said) for name, said in read(_FILE).items()}
