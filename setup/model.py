"""The trained models: found by the fingerprint of what they are made from, trained when none fits."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from setup.environment import PYTHON, RUNTIME
from setup.processes import call

FOLDER = Path("models")
_KEPT = 2  # the one in use, and the one before it to go back to
_SKIPPED = {"__pycache__", "lean"}  # nlu/lean changes how Rasa runs, not what it has learnt
# Libraries that write into the model file, or whose output it depends on.
_LIBRARIES = re.compile(r"(?mi)^(?:rasa|scikit-learn|numpy|scipy|tensorflow|python-crfsuite|underthesea\w*|spacy)==.*$")


@dataclass(frozen=True)
class Kind:
    """A kind of model: its name, the file or folder it is, what it is made from (files, folders), what trains it.

    ``command`` is completed with a new folder; ``made`` is the path of the model below it.
    """

    name: str
    suffix: str
    made_from: tuple[str, ...]
    command: tuple[str, ...]
    made: str


# --force: Rasa's own cache knows a component by its class alone and would miss a change in a helper
DIALOGUE = Kind(
    "tthc",
    ".tar.gz",
    ("config.yml", "domain.yml", "nlu"),
    tuple(
        "-m rasa train --data nlu/data --config config.yml --domain domain.yml"
        " --force --fixed-model-name made --out".split()
    ),
    "made.tar.gz",
)
SEARCH = Kind(
    "search",
    "",
    (
        "knowledge/search",
        "knowledge/data/search",
        "knowledge/data/procedures",
        "knowledge/data/index",
        "nlu/data/questions",
        "nlu/data/follow_ups",
        "nlu/data/open",
        "nlu/data/foreign",
        "nlu/data/intents/out_of_scope.yml",
        "nlu/data/entities/abbreviations.yml",
        "nlu/features.py",
        "nlu/linear.py",
        "nlu/questions.py",
        "nlu/text.py",
        "nlu/telex.py",
    ),
    tuple("-m knowledge train --negatives nlu/data/intents/out_of_scope.yml --out".split()),
    ".",
)


def ensure(
    kind: Kind, env: Mapping[str, str], alive: Callable[[str, str], None], folder: Path = FOLDER, again: bool = False
) -> tuple[Path, str]:
    """Return the model that fits and what was done for it; ``again`` trains even when one fits.

    Raises:
        SetupError: training failed; models that were there are untouched.
    """
    model = fitting(kind, folder)
    if model.exists() and not again:
        return model, f"{model} fits the training data"
    _train(kind, model, env, alive)
    _forget_old(kind, folder)
    return model, f"{model} trained"


def fitting(kind: Kind, folder: Path = FOLDER) -> Path:
    """Return where the model that fits lies, or would lie."""
    return folder / f"{kind.name}-{fingerprint(kind)}{kind.suffix}"


def fingerprint(kind: Kind, root: Path = Path(".")) -> str:
    """Return 12 hex digits that change with anything the model is trained from."""
    digest = hashlib.sha256()
    for file in _sources(kind, root):
        digest.update(f"{file.relative_to(root)}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    for pin in _LIBRARIES.findall((root / RUNTIME).read_text(encoding="utf-8")):
        digest.update(f"{pin}\0".encode())
    return digest.hexdigest()[:12]


def _sources(kind: Kind, root: Path) -> Iterator[Path]:
    for name in kind.made_from:
        path = root / name
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and not _SKIPPED.intersection(file.parts):
                yield file


def _train(kind: Kind, model: Path, env: Mapping[str, str], alive: Callable[[str, str], None]) -> None:
    """Train beside the models and move the result in, so that a stopped training leaves no half model."""
    out = Path("var") / f"training-{kind.name}-{os.getpid()}"
    try:
        call("training", [str(PYTHON), *kind.command, str(out)], env, Path(f"var/log/training-{kind.name}.log"), alive)
        model.parent.mkdir(exist_ok=True)
        _remove(model)
        os.replace(out / kind.made, model)
    finally:
        _remove(out)


def _forget_old(kind: Kind, folder: Path) -> None:
    models = sorted(folder.glob(f"{kind.name}-*{kind.suffix}"), key=lambda path: path.stat().st_mtime, reverse=True)
    for model in models[_KEPT:]:
        _remove(model)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
