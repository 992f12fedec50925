"""Reading the files of citizens' questions: ``nlu/data/questions/*.txt``.

A file is made of blocks. A block begins with ``== CODE name``; each line after it is
``aspects: question``, where aspects are separated by blanks and ``-`` stands for none. Lines
starting with ``#`` are remarks. Standard library only: both the NLU room and the search over
procedures read it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "data" / "questions"
ASPECTS = frozenset(
    "documents fee time place steps online conditions forms result legal_basis all "
    "elsewhere post payment replaced_papers related who compare".split()
)
_HEAD = re.compile(r"== (\d\.\d{6})\b")


@dataclass(frozen=True)
class Example:
    """A citizen's question, the procedure that answers it, and the aspects it asks."""

    code: str
    aspects: tuple[str, ...]
    text: str
    file: str


class QuestionFileError(ValueError):
    """A line of a question file cannot be read; the message names file and line."""


def read_questions(folder: Path = FOLDER) -> Iterator[Example]:
    """Yield every question below the folder, in a stable order.

    Raises:
        QuestionFileError: a line has no colon, an unknown aspect, or stands before any procedure.
    """
    for path in sorted(folder.glob("*.txt")):
        yield from _read_file(path)


def _read_file(path: Path) -> Iterator[Example]:
    code = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        head = _HEAD.match(line)
        if head:
            code = head[1]
            continue
        yield _example(line, code, f"{path.name}:{number}")


def _example(line: str, code: str, place: str) -> Example:
    said, colon, text = line.partition(":")
    aspects = tuple(said.split()) if said.strip() != "-" else ()
    if not colon or not text.strip() or not code:
        raise QuestionFileError(f"{place}: write 'aspects: question' below a line '== CODE name'")
    unknown = set(aspects) - ASPECTS
    if unknown:
        raise QuestionFileError(f"{place}: unknown aspect {', '.join(sorted(unknown))}")
    return Example(code, aspects, text.strip(), place.split(":")[0])
