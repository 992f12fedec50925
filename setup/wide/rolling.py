"""Exchanging the programs of one role one by one, while the others go on: a new model, or a new release."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from setup.answer import rasa_answers
from setup.console import SetupError
from setup.probing import answers

_STATE = "state.json"
_MODEL = "model"
_LOOK_EVERY = 0.2  # seconds


@dataclass(frozen=True)
class State:
    """One of our programs as its supervisor last saw it; ``pid`` 0 = it does not live."""

    name: str
    role: str
    pid: int
    ready_url: str

    @property
    def is_well(self) -> bool:
        """Whether it answers; a Rasa whose model is broken answers at its door and says nothing to a question."""
        return answers(self.ready_url) and (self.role != "rasa" or rasa_answers(self.ready_url))


def write_state(folder: Path, url: str, database_port: int, states: Sequence[State]) -> None:
    """Tell other commands what runs; a reader sees all or nothing, and nothing is written without news."""
    data = {"keeper": os.getpid(), "url": url, "database_port": database_port, "programs": list(map(asdict, states))}
    text = json.dumps(data, indent=1)
    file = folder / _STATE
    if file.exists() and file.read_text(encoding="utf-8") == text:
        return
    half = file.with_suffix(".tmp")
    half.write_text(text, encoding="utf-8")
    half.replace(file)


def forget_state(folder: Path) -> None:
    """Tell other commands that nothing runs any more."""
    (folder / _STATE).unlink(missing_ok=True)


def database_port(folder: Path) -> int | None:
    """Return the port of the database of what runs there, None when nothing does."""
    found = _read(folder)
    return int(found["database_port"]) if found else None


def read_states(folder: Path) -> list[State]:
    """Return what runs.

    Raises:
        SetupError: nothing runs there.
    """
    found = _read(folder)
    if found is None:
        raise SetupError(f"Nothing runs in {folder}: make wide")
    # a number that is no child of the supervisor was given to a stranger meanwhile
    states = [State(**one) for one in found["programs"]]
    return [state if _parent(state.pid) == found["keeper"] else _absent(state) for state in states]


def _absent(state: State) -> State:
    return State(state.name, state.role, 0, state.ready_url)


def _read(folder: Path) -> dict[str, Any] | None:
    """Return what was written by a supervisor that still lives."""
    try:
        found: dict[str, Any] = json.loads((folder / _STATE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return found if _parent(found.get("keeper", 0)) is not None else None


def _parent(pid: int) -> int | None:
    """Return the number of a process's parent, None when there is no such process."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[1]) if pid else None
    except OSError:
        return None


def chosen_model(folder: Path) -> str:
    """Return the model that Rasas take which start from now on, "" = the one of the start."""
    file = folder / _MODEL
    return file.read_text(encoding="utf-8").strip() if file.exists() else ""


def choose_model(folder: Path, model: str) -> None:
    """Let Rasas that start from now on take a model, "" = the one of the start."""
    half = folder / f"{_MODEL}.tmp"
    half.write_text(model, encoding="utf-8")
    half.replace(folder / _MODEL)


def roll(
    folder: Path, role: str, within: float = 240.0, say: Callable[[str], None] = lambda _: None, model: str = ""
) -> list[str]:
    """Exchange every program of a role, each when the one before it answers again; return their names.

    ``model`` is what Rasas take from now on. Where one does not answer with it, the model of before is put back.

    Raises:
        SetupError: there are fewer than two, one of the others is ill before it begins, or a new one does not answer:
            then the rest still run as they were.
    """
    names = [state.name for state in read_states(folder) if state.role == role]
    if len(names) < 2:
        raise SetupError(f"{role}: only with two or more can one be exchanged while the others answer")
    before, touched = chosen_model(folder), []
    if model:
        choose_model(folder, model)
    try:
        for name in names:
            _refuse_ill(folder, role, name)
            touched.append(name)
            _exchange(folder, name, within)
            say(f"{name} is exchanged")
    except SetupError as error:
        if not model:
            raise
        _put_back(folder, before, reversed(touched), within)
        raise SetupError(f"{error}\nThe model of before is put back.") from error
    return names


def _refuse_ill(folder: Path, role: str, name: str) -> None:
    others = [state for state in read_states(folder) if state.role == role and state.name != name]
    ill = [other.name for other in others if not other.is_well]
    if ill:
        raise SetupError(f"{', '.join(ill)} does not answer: mend that first, nobody else would be there")


def _put_back(folder: Path, model: str, names: Iterable[str], within: float) -> None:
    """Let those that took the new model take the old one again."""
    choose_model(folder, model)
    for name in names:
        _exchange(folder, name, within)


def _exchange(folder: Path, name: str, within: float) -> None:
    old = _state(folder, name)
    if old.pid:  # 0 would be our own group; one that does not live is being started again anyway
        with suppress(ProcessLookupError):
            os.kill(old.pid, signal.SIGTERM)
    until = time.monotonic() + within
    while time.monotonic() < until:
        time.sleep(_LOOK_EVERY)
        new = _state(folder, name)
        if new.pid not in (0, old.pid) and new.is_well:
            return
    raise SetupError(f"{name} does not come back: the others run as before. See {folder / 'log'}/{name}.log")


def _state(folder: Path, name: str) -> State:
    return next(state for state in read_states(folder) if state.name == name)
