"""From a line of the table of dossiers to the values that are stored: names left out, numbers sealed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from knowledge.dossiers.cells import CellError, clean_note, last_digits, read_moment, read_status
from knowledge.dossiers.codes import match_key, tidy_code
from knowledge.dossiers.sheet import import_texts
from knowledge.profile import Profile
from knowledge.proof import bind, seal

_LONGEST_CODE, _LONGEST_TEXT = 60, 500
_PROCEDURE = re.compile(r"\d\.\d{6}")
_DIGIT = re.compile(r"\d")
_MOMENTS = {"received_at": False, "due_at": True, "new_due_at": True, "finished_at": False, "returned_at": False}
_SEALED = {"identity": "id_seal", "phone": "phone_seal"}


@dataclass(frozen=True)
class Problem:
    """What is wrong with a cell: its line and column, the reason, and whether the line is refused for it."""

    line: int
    column: str
    reason: str
    values: Mapping[str, object] = field(default_factory=dict)
    refused: bool = True

    def text(self) -> str:
        """Return the sentence for who imports; a secret cell's value is in none of them."""
        texts = import_texts()
        column = texts.get("columns")[self.column]["head"]
        reason = texts(f"reasons.{self.reason}", **self.values)
        return texts("report.refused" if self.refused else "report.doubt", line=self.line, column=column, reason=reason)


@dataclass(frozen=True)
class Line:
    """One line as it is stored: ``values`` by column of the table, None when the line is refused."""

    number: int
    values: dict[str, Any] | None
    problems: tuple[Problem, ...] = ()


class LineReader:
    """Reads lines; a column that a file lacks is left out of the values."""

    def __init__(self, profile: Profile, secret: bytes) -> None:
        self._profile = profile
        self._secret = secret
        self._mark = import_texts()("removed")
        self._read = self._readers()

    def read(self, number: int, cells: Mapping[str, str]) -> Line:
        """Return the line with everything that is wrong with it."""
        problems: list[Problem] = []
        values: dict[str, Any] = {}
        for column in cells:
            reader = self._read.get(column)
            if reader:
                try:
                    values.update(reader(cells, column))
                except CellError as error:
                    problems.append(Problem(number, column, error.key, error.values))
        problems += [Problem(number, *doubt, refused=False) for doubt in self._doubts(cells, values)]
        is_refused = any(problem.refused for problem in problems)
        return Line(number, None if is_refused else values, tuple(problems))

    def _readers(self) -> Mapping[str, Callable[[Mapping[str, str], str], dict[str, Any]]]:
        return {
            "code": self._code,
            "status": lambda cells, column: {"status": read_status(cells[column])},
            "procedure_code": self._procedure,
            "procedure_name": self._name,
            "unit": lambda cells, column: {"unit": _short(cells[column])},
            "note": lambda cells, column: {"note": clean_note(cells[column], cells.get("owner", ""), self._mark)},
            **dict.fromkeys(_MOMENTS, self._moment),
            **dict.fromkeys(_SEALED, self._seal),
        }

    def _code(self, cells: Mapping[str, str], column: str) -> dict[str, Any]:
        text = cells[column]
        if not text:
            raise CellError("empty")
        if not _DIGIT.search(text):
            raise CellError("no_code", value=text[:30])
        code = tidy_code(text)
        if len(code) > _LONGEST_CODE:
            raise CellError("long", most=_LONGEST_CODE)
        return {"code": code, "key": match_key(code)}

    def _procedure(self, cells: Mapping[str, str], column: str) -> dict[str, Any]:
        """Leave local suffixes out: 1.012796.H36 is 1.012796."""
        code = _PROCEDURE.match(cells[column])
        return {"procedure_code": code.group() if code else ""}

    def _name(self, cells: Mapping[str, str], column: str) -> dict[str, Any]:
        name = _short(cells[column]) or cells.get("procedure_code", "")
        if not name:
            raise CellError("empty")
        return {"procedure_name": name}

    def _moment(self, cells: Mapping[str, str], column: str) -> dict[str, Any]:
        return {column: read_moment(cells[column], self._profile, at_end=_MOMENTS[column])}

    def _seal(self, cells: Mapping[str, str], column: str) -> dict[str, Any]:
        """An empty cell keeps the seal that is there."""
        digits = last_digits(cells[column])
        code = cells.get("code", "")
        return {_SEALED[column]: bind(seal(digits, self._secret), match_key(code), self._secret)} if digits else {}

    def _doubts(self, cells: Mapping[str, str], values: Mapping[str, Any]) -> list[tuple[str, str]]:
        doubts = []
        received, due = values.get("received_at"), values.get("due_at")
        if isinstance(received, dt.datetime) and isinstance(due, dt.datetime) and due < received:
            doubts.append(("due_at", "due_before_received"))
        if not any(cells.get(column) for column in _SEALED):
            doubts.append(("identity", "no_proof"))
        return doubts


def _short(text: str) -> str:
    if len(text) > _LONGEST_TEXT:
        raise CellError("long", most=_LONGEST_TEXT)
    return text
