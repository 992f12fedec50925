"""A model is trained when none fits what it is made from, and only then."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from setup import model
from setup.console import SetupError

FILES = {
    "config.yml": "language: vi",
    "domain.yml": "intents: []",
    "requirements.txt": "rasa==3.6.21\nstarlette==1.7.0\n",
    "nlu/data/intents/greet.yml": "- chào",
    "nlu/components/acts.py": "COST = 10",
}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        write(name, text)
    monkeypatch.setattr(model, "call", train)
    return tmp_path


def write(name: str, text: str) -> None:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def train(_name: str, argv: Sequence[str], *_rest: object) -> str:
    write(f"{argv[argv.index('--out') + 1]}/made.tar.gz", "a model")
    return ""


def fail(_name: str, argv: Sequence[str], *rest: object) -> str:
    train(_name, argv, *rest)
    raise SetupError("training failed")


def ensure(again: bool = False) -> tuple[Path, str]:
    return model.ensure(model.DIALOGUE, {}, lambda _name, _note: None, again=again)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("config.yml", "language: en"),
        ("domain.yml", "intents: [greet]"),
        ("nlu/data/intents/greet.yml", "- xin chào"),
        ("nlu/data/intents/bye.yml", "- tạm biệt"),
        ("nlu/components/acts.py", "COST = 1"),
        ("requirements.txt", "rasa==3.6.22\nstarlette==1.7.0\n"),
    ],
)
def test_what_a_model_is_made_from_asks_for_a_new_one(repository: Path, name: str, text: str) -> None:
    before, _ = ensure()
    write(name, text)
    after, done = ensure()
    assert before != after
    assert done.endswith("trained")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", "rasa==3.6.21\nstarlette==1.8.0\n"),
        ("nlu/components/__pycache__/acts.pyc", "compiled"),
        ("knowledge/data/procedures/new.yml", "code: 1.000001"),
        ("bot/server.py", "PORT = 1"),
    ],
)
def test_anything_else_does_not(repository: Path, name: str, text: str) -> None:
    before, _ = ensure()
    write(name, text)
    assert ensure() == (before, f"{before} fits the training data")


def test_a_model_is_trained_again_when_asked(repository: Path) -> None:
    ensure()
    assert ensure(again=True)[1].endswith("trained")


def test_a_failed_training_leaves_what_was_there(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, _ = ensure()
    write("config.yml", "language: en")
    monkeypatch.setattr(model, "call", fail)
    with pytest.raises(SetupError):
        ensure()
    assert list(model.FOLDER.iterdir()) == [before]
    assert not list(Path("var").glob("training-*"))


def test_the_last_two_models_are_kept(repository: Path) -> None:
    made: list[Path] = []
    for age, language in enumerate(("vi", "en", "fr", "de")):
        write("config.yml", f"language: {language}")
        path, _ = ensure()
        os.utime(path, (1_000_000 + age, 1_000_000 + age))
        made.append(path)
    assert sorted(model.FOLDER.iterdir()) == sorted(made[-2:])


def test_the_search_model_is_a_folder_with_its_own_sources(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def learn(_name: str, argv: Sequence[str], *_rest: object) -> str:
        write(f"{argv[argv.index('--out') + 1]}/ranker.json", "{}")
        return ""

    monkeypatch.setattr(model, "call", learn)
    before, _ = model.ensure(model.SEARCH, {}, lambda _name, _note: None)
    assert (before / "ranker.json").exists()
    write("config.yml", "language: en")
    assert model.ensure(model.SEARCH, {}, lambda _name, _note: None)[0] == before
    write("nlu/data/questions/ho-tich.txt", "== 1.001193 x\n-: làm khai sinh")
    assert model.ensure(model.SEARCH, {}, lambda _name, _note: None)[0] != before
