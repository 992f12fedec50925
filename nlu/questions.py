"""Reading the files of what citizens type: ``nlu/data/{questions,follow_ups,open,foreign}/*.txt``.

A file is made of blocks. A block begins with a head; each line after it is ``aspects: text``, where
aspects are separated by blanks and ``-`` stands for none. Lines starting with ``#`` are remarks.

- ``questions``: ``== CODE name``; the question is about that procedure.
- ``follow_ups``: ``== CODE name``; said while that procedure is talked about, without naming it.
- ``open``: ``== CODE CODE … topic``; a clerk would ask back which of these is meant.
- ``foreign``: ``== OUT`` not our business, or ``== ABSENT`` sounds like a procedure and is none.

Standard library only: both the NLU room and the search over procedures read them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).parent / "data"
FOLDER = DATA / "questions"
FOLLOW_UPS = DATA / "follow_ups"
OPEN = DATA / "open"
FOREIGN = DATA / "foreign"
OUT, ABSENT = "OUT", "ABSENT"
ASPECTS = frozenset(
    "documents fee time place steps online conditions forms result legal_basis all "
    "elsewhere post payment replaced_papers related who compare".split()
)
_HEAD = re.compile(r"== ((?:\d\.\d{6}\b ?)+|OUT$|ABSENT$)")


@dataclass(frozen=True)
class Example:
    """What a citizen typed, the ``codes`` it may mean, and the aspects it asks.

    ``codes`` holds one code, several for an open question, or ``OUT`` or ``ABSENT``.
    """

    codes: tuple[str, ...]
    aspects: tuple[str, ...]
    text: str
    file: str

    @property
    def code(self) -> str:
        """The code that is meant first."""
        return self.codes[0]


class QuestionFileError(ValueError):
    """A line of a question file cannot be read; the message names file and line."""


def read_questions(folder: Path = FOLDER) -> Iterator[Example]:
    """Yield every line below the folder, in a stable order.

    Raises:
        QuestionFileError: a line has no colon, an unknown aspect, or stands before any head.
    """
    for path in sorted(folder.glob("*.txt")):
        yield from _read_file(path)


def _read_file(path: Path) -> Iterator[Example]:
    codes: tuple[str, ...] = ()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        head = _HEAD.match(line)
        if head:
            codes = tuple(head[1].split())
            continue
        yield _example(line, codes, f"{path.name}:{number}")


def _example(line: str, codes: tuple[str, ...], place: str) -> Example:
    said, colon, text = line.partition(":")
    aspects = tuple(said.split()) if said.strip() != "-" else ()
    if not colon or not text.strip() or not codes:
        raise QuestionFileError(f"{place}: write 'aspects: question' below a line '== CODE name'")
    unknown = set(aspects) - ASPECTS
    if unknown:
        raise QuestionFileError(f"{place}: unknown aspect {', '.join(sorted(unknown))}")
    return Example(codes, aspects, text.strip(), place.split(":")[0])
