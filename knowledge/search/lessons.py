"""What search learns from: citizens' questions with the procedures they mean, and texts that mean none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from knowledge.search.decide import content_words
from knowledge.search.index import SearchIndex
from nlu.questions import ABSENT, FOLLOW_UPS, FOREIGN, OPEN, read_questions

_TELLING = 3  # words; a shorter follow-up fits any procedure and teaches nothing about its own


@dataclass(frozen=True)
class Lesson:
    """A text and the codes it may mean, none for no procedure at all.

    ``kind`` is question, open, follow_up, name, foreign or absent (sounds like a procedure and is none).
    """

    text: str
    codes: tuple[str, ...]
    kind: str = "question"


def read_lessons(index: SearchIndex, negatives: Path) -> list[Lesson]:
    """Return everything that is taught about the procedures of the index."""
    asked = list(_known(index, "question"))
    taught = {code for lesson in asked for code in lesson.codes}
    named = [
        Lesson(name, (entry.code,), "name") for entry in index.entries if entry.code in taught for name in entry.names
    ]
    strangers = dict.fromkeys(_examples(negatives), "foreign")
    strangers |= {line.text: "absent" if line.code == ABSENT else "foreign" for line in read_questions(FOREIGN)}
    return [
        *asked,
        *_known(index, "open"),
        *_known(index, "follow_up"),
        *named,
        *(Lesson(text, (), kind) for text, kind in strangers.items()),
    ]


def teaches(lesson: Lesson, index: SearchIndex) -> bool:
    """Tell whether the words of a lesson say anything about its procedure."""
    return lesson.kind != "follow_up" or len(content_words(lesson.text, index.wording)) >= _TELLING


def _known(index: SearchIndex, kind: str) -> Iterator[Lesson]:
    """Yield lessons whose codes the records have."""
    folders = {"open": (OPEN,), "follow_up": (FOLLOW_UPS,)}
    for example in read_questions(*folders.get(kind, ())):
        codes = tuple(code for code in example.codes if code in index.by_code)
        if len(codes) == len(example.codes):
            yield Lesson(example.text, codes, kind)


def _examples(path: Path) -> list[str]:
    """Return the examples of a Rasa intent file."""
    texts: list[str] = []
    for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
        texts += [line.strip().removeprefix("- ") for line in block["examples"].splitlines() if line.strip()]
    return texts
