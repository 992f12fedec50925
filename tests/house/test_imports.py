"""Who may import whom: import-linter holds it (see test_checks.py), and these tests hold import-linter."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.repository import ROOMS, ROOT, code

LINT = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()"]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*LINT, "--no-cache"], cwd=folder, capture_output=True, text=True, timeout=120)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """Rooms of two empty modules each, under our contracts."""
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    for room in (*ROOMS, "setup"):
        (tmp_path / room).mkdir()
        for module in ("__init__", "some", "text"):
            (tmp_path / room / f"{module}.py").touch()
    return tmp_path


def test_there_are_rooms() -> None:
    assert {path.relative_to(ROOT).parts[0] for path, _ in code()} >= {*ROOMS, "setup"}


def test_the_lowest_floor_stands_on_the_standard_library_and_yaml() -> None:
    trees = [tree for path, tree in code() if path in (ROOT / "nlu/text.py", ROOT / "nlu/telex.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    assert "unicodedata" in imported
    assert {name for name in imported if name.split(".")[0] not in sys.stdlib_module_names} <= {"yaml", "nlu.telex"}


@pytest.mark.parametrize(
    ("module", "imports"),
    [
        ("bot/some.py", "actions.some"),
        ("actions/some.py", "bot.some"),
        ("knowledge/some.py", "bot.some"),
        ("knowledge/some.py", "actions.some"),
        ("knowledge/some.py", "nlu.some"),
        ("nlu/some.py", "knowledge.some"),
        ("nlu/some.py", "bot.some"),
        ("nlu/some.py", "actions.some"),
        ("bot/some.py", "nlu.some"),
        ("actions/some.py", "nlu.some"),
        ("bot/some.py", "rasa"),
        ("actions/some.py", "rasa"),
        ("knowledge/some.py", "rasa"),
        ("bot/some.py", "rasa_sdk"),
        ("setup/some.py", "bot.some"),
    ],
)
def test_a_forbidden_import_is_found(house: Path, module: str, imports: str) -> None:
    (house / module).write_text(f"import {imports}\n", encoding="utf-8")
    linted = lint(house)
    assert linted.returncode == 1, linted.stdout + linted.stderr
    assert "1 broken" in linted.stdout or "2 broken" in linted.stdout


def test_the_allowed_imports_pass(house: Path) -> None:
    allowed = {
        "bot/some.py": "knowledge.some nlu.text",
        "actions/some.py": "knowledge.some nlu.text rasa_sdk",
        "knowledge/some.py": "nlu.text",
        "nlu/some.py": "nlu.text rasa",
    }
    for module, names in allowed.items():
        (house / module).write_text("".join(f"import {name}\n" for name in names.split()), encoding="utf-8")
    linted = lint(house)
    assert linted.returncode == 0, linted.stdout
