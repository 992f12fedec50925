"""The trained model: found by the fingerprint of what it is made from, trained when none fits."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from setup.environment import PYTHON, RUNTIME
from setup.processes import call

FOLDER = Path("models")
_KEPT = 2  # the one in use, and the one before it to go back to
_MADE_FROM = (Path("config.yml"), Path("domain.yml"))
_ROOM = Path("nlu")
_SKIPPED = {"__pycache__"}
# Libraries that write into the model file, or whose output it depends on.
_LIBRARIES = re.compile(r"(?mi)^(?:rasa|scikit-learn|numpy|scipy|tensorflow|python-crfsuite|underthesea\w*|spacy)==.*$")


def ensure(
    env: Mapping[str, str], alive: Callable[[str, str], None], folder: Path = FOLDER, again: bool = False
) -> tuple[Path, str]:
    """Return the model that fits and what was done for it; ``again`` trains even when one fits.

    Raises:
        SetupError: training failed; models that were there are untouched.
    """
    model = folder / f"tthc-{fingerprint()}.tar.gz"
    if model.exists() and not again:
        return model, f"{model} fits the training data"
    _train(model, env, alive)
    _forget_old(folder)
    return model, f"{model} trained"


def fingerprint(root: Path = Path(".")) -> str:
    """Return 12 hex digits that change with anything the model is trained from."""
    digest = hashlib.sha256()
    for file in _sources(root):
        digest.update(f"{file.relative_to(root)}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    for pin in _LIBRARIES.findall((root / RUNTIME).read_text(encoding="utf-8")):
        digest.update(f"{pin}\0".encode())
    return digest.hexdigest()[:12]


def _sources(root: Path) -> Iterator[Path]:
    yield from (root / name for name in _MADE_FROM)
    for path in sorted((root / _ROOM).rglob("*")):
        if path.is_file() and not _SKIPPED.intersection(path.parts):
            yield path


def _train(model: Path, env: Mapping[str, str], alive: Callable[[str, str], None]) -> None:
    """Train beside the models and move the result in, so that a stopped training leaves no half model."""
    out = Path("var") / f"training-{os.getpid()}"
    # --force: Rasa's own cache knows a component by its class alone and would miss a change in a helper
    command = ["train", "--data", "nlu/data", "--config", "config.yml", "--domain", "domain.yml", "--force"]
    argv = [str(PYTHON), "-m", "rasa", *command, "--out", str(out), "--fixed-model-name", model.name[: -len(".tar.gz")]]
    try:
        call("training", argv, env, Path("var/log/training.log"), alive)
        model.parent.mkdir(exist_ok=True)
        os.replace(out / model.name, model)
    finally:
        shutil.rmtree(out, ignore_errors=True)


def _forget_old(folder: Path) -> None:
    models = sorted(folder.glob("tthc-*.tar.gz"), key=lambda path: path.stat().st_mtime, reverse=True)
    for model in models[_KEPT:]:
        model.unlink()
