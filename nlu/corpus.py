"""All training sentences as plain data, for benchmarks and tests; training reads the same files through Rasa."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from nlu.questions import read_questions

INTENTS = Path("nlu/data/intents")


@dataclass(frozen=True)
class Example:
    """One training sentence and what it teaches."""

    text: str
    intent: str
    aspects: tuple[str, ...]
    file: str


def read_examples(folder: Path = INTENTS) -> list[Example]:
    """Return the examples of the intent files of the folder, in the order of file names and lines."""
    return [example for path in sorted(folder.glob("*.yml")) for example in _read_file(path)]


def read_all() -> list[Example]:
    """Return the examples of the intent files and the questions about each procedure."""
    asked = [Example(question.text, "ask_procedure", question.aspects, question.file) for question in read_questions()]
    return [*read_examples(), *asked]


def _read_file(path: Path) -> Iterator[Example]:
    for block in yaml.safe_load(path.read_text(encoding="utf-8")).get("nlu") or []:
        aspects = tuple((block.get("metadata") or {}).get("aspects") or ())
        for line in (block.get("examples") or "").splitlines():
            yield Example(line.removeprefix("- ").strip(), block["intent"], aspects, path.name)
