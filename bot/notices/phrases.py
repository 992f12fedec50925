"""What citizens type about notices, and what is said to it: by whole phrases, so that nothing needs to be learnt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml

from knowledge.dossiers.codes import code_spans, find_codes
from knowledge.reply import Block, Button, Reply
from nlu.text import fold, has_marks, tokens

Meaning = Literal["stop", "doubtful", "stop_notices", "list", "wish"]
_FILE = Path(__file__).with_name("texts.vi.yml")
_ORDER: tuple[Meaning, ...] = ("doubtful", "stop", "stop_notices", "list", "wish")
_LONGEST = 160  # characters; a longer message says something else


@dataclass(frozen=True)
class Said:
    """What a message means, and the dossiers that it names."""

    meaning: Meaning
    codes: tuple[str, ...] = ()


def understand(text: str) -> Said | None:
    """Return what a message says about notices, None when it says anything else.

    Marks count where they are typed ("đúng" is no "dừng"); where none are, they count nowhere.
    """
    if len(text) > _LONGEST:
        return None
    codes = tuple(find_codes(text))
    rest = _without_codes(text)
    is_marked = has_marks(rest)
    said = _bare(rest, is_marked)
    phrases = _phrases(is_marked)
    meaning = next((name for name in _ORDER if said in phrases[name]), None)
    return Said(meaning, codes) if meaning else None


def _without_codes(text: str) -> str:
    for start, end in reversed(code_spans(text)):
        text = f"{text[:start]} {text[end:]}"
    return text


def _bare(text: str, is_marked: bool) -> str:
    fillers = _fillers(is_marked)
    words = [word if is_marked else fold(word) for word in tokens(text)]
    return " ".join(word for word in words if word not in fillers)


@lru_cache(maxsize=1)
def _data() -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return found


@lru_cache(maxsize=2)
def _fillers(is_marked: bool) -> frozenset[str]:
    return frozenset(word if is_marked else fold(word) for word in _data()["fillers"])


@lru_cache(maxsize=2)
def _phrases(is_marked: bool) -> Mapping[Meaning, frozenset[str]]:
    phrases = {name: frozenset(_bare(phrase, is_marked) for phrase in _data()[name]) for name in _ORDER}
    return {**phrases, "doubtful": frozenset()} if is_marked else phrases


def reply(name: str, buttons: Sequence[Button] = (), **values: object) -> Reply:
    """Return the named reply, its places filled in."""
    text = str(_data()["replies"][name]["text"]).format(**values)
    return Reply("status", ((Block("text", text=text),),), tuple(buttons))


def listed(codes: Sequence[str], buttons: Sequence[Button]) -> Reply:
    """Return the list of dossiers of which a citizen is told."""
    items = Block("list", items=tuple({"text": code, "badge": ""} for code in codes))
    said = reply("listed")
    return Reply("status", ((*said.bubbles[0], items),), tuple(buttons))


def title(name: str, **values: object) -> str:
    """Return what a button shows."""
    return str(_data()["buttons"][name]).format(**values)


def undelivered(text: str) -> str:
    """Return how a notice stands in the transcript that could not be brought to the citizen."""
    return str(_data()["undelivered"]).format(text=text)
