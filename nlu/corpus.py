"""All training sentences as plain data, for benchmarks and tests; training reads the same files through Rasa."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from nlu.questions import ABSENT, FOLDER, FOLLOW_UPS, FOREIGN, OPEN, OUT, read_questions

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
    """Return the examples of the intent files and of the question files."""
    return [*read_examples(), *read_asked()]


def read_asked() -> list[Example]:
    """Return the lines of all question files.

    Requests for procedures that do not exist are left out: their aspects were not marked.
    """
    return [
        Example(line.text, "out_of_scope" if line.code == OUT else "ask_procedure", line.aspects, line.file)
        for folder in (FOLDER, FOLLOW_UPS, OPEN, FOREIGN)
        for line in read_questions(folder)
        if line.code != ABSENT
    ]


def _read_file(path: Path) -> Iterator[Example]:
    for block in yaml.safe_load(path.read_text(encoding="utf-8")).get("nlu") or []:
        aspects = tuple((block.get("metadata") or {}).get("aspects") or ())
        for line in (block.get("examples") or "").splitlines():
            yield Example(line.removeprefix("- ").strip(), block["intent"], aspects, path.name)
