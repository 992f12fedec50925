"""Every environment variable is documented, and every documented one is read."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from tests.house.repository import ROOT, code, name

VARIABLE = re.compile(r"[A-Z][A-Z0-9]*_[A-Z0-9_]+")
DOCUMENTED = re.compile(r"(?m)^(?:# )?([A-Z][A-Z0-9]*_[A-Z0-9_]+)=")
OTHERS = (
    "Procfile",
    "compose.yaml",
    "credentials.yml",
    "deploy/endpoints.yml",
    "endpoints.yml",
    "setup/find-python.sh",
)
# Set by `make run` for its own programs, or standing in the shell anyway: nothing to choose here.
NOT_SETTINGS = {
    "CUDA_VISIBLE_DEVICES",
    "PYENV_ROOT",
    "RASA_MODEL",
    "RASA_TELEMETRY_ENABLED",
    "SQLALCHEMY_SILENCE_UBER_WARNING",
    "TF_CPP_MIN_LOG_LEVEL",
}


def in_code(rooms: Sequence[str] = ()) -> set[str]:
    """Return the variables that Python reads: string constants beside a name ``environ``, ``env`` or ``getenv``.

    In the code of some rooms, or in all.
    """
    found: set[str] = set()
    for path, tree in code():
        if rooms and name(path).split("/")[0] not in rooms:
            continue
        for node in ast.walk(tree):
            if isinstance(node, (ast.Call, ast.Subscript)) and _reads_environment(node):
                found |= set(_names(node))
            elif isinstance(node, ast.Assign) and _names_variable(node):
                found |= set(_names(node.value))
    return found


def _reads_environment(node: ast.Call | ast.Subscript) -> bool:
    parts = [node.func, *node.args] if isinstance(node, ast.Call) else [node.value]
    inside = [inner for part in parts for inner in ast.walk(part)]
    names = {part.id for part in inside if isinstance(part, ast.Name)}
    names |= {part.attr for part in inside if isinstance(part, ast.Attribute)}
    return bool(names & {"environ", "env", "getenv", "given"})


def _names_variable(node: ast.Assign) -> bool:
    return any(isinstance(target, ast.Name) and target.id.endswith("_VARIABLE") for target in node.targets)


def _names(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and VARIABLE.fullmatch(part.value):
            yield part.value


def in_other_files(paths: Sequence[str] = OTHERS) -> set[str]:
    texts = [(ROOT / file).read_text(encoding="utf-8") for file in paths]
    return {found for text in texts for found in re.findall(r"\$\{?([A-Z][A-Z0-9]*_[A-Z0-9_]+)", text)}


def test_every_variable_is_documented_and_every_documented_one_is_read() -> None:
    read = (in_code() | in_other_files()) - NOT_SETTINGS
    assert read >= {"BOT_PORT", "DATABASE_URL", "RASA_URL", "ACTIONS_PORT", "TTHC_SECRET"}
    documented = set(DOCUMENTED.findall((ROOT / ".env.example").read_text(encoding="utf-8")))
    assert documented == read


def test_every_group_of_variables_is_explained() -> None:
    groups = (ROOT / ".env.example").read_text(encoding="utf-8").split("\n\n")
    assert len(groups) > 3
    for group in groups:
        assert group.startswith("# "), group
