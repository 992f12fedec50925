"""From 0008 on a migration only adds: while a release is rolled out, old and new programs share one schema.

What nobody uses any more is taken away one release later; such a migration is named in ``CONTRACTING``.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.house.repository import ROOT

FIRST = "0008"
CONTRACTING: dict[str, str] = {}  # file name: which release stopped using what it takes away
FORBIDDEN = {"drop_table", "drop_column", "rename_table", "alter_column", "drop_constraint"}
FILES = sorted(path for path in (ROOT / "knowledge/migrations/versions").glob("[0-9]*.py") if path.name >= FIRST)


def breaches(source: str) -> list[str]:
    """Return what an upgrade does that programs of the release before could not bear."""
    tree = ast.parse(source)
    upgrade = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "upgrade")
    calls = [node for node in ast.walk(upgrade) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    return [found for call in calls for found in _of_call(call)]


def _of_call(call: ast.Call) -> list[str]:
    name = call.func.attr  # type: ignore[attr-defined]
    if name in FORBIDDEN:
        return [name]
    if name == "add_column":
        column = next((part for part in call.args if isinstance(part, ast.Call)), None)
        given = {keyword.arg: keyword.value for keyword in column.keywords} if column else {}
        nullable = given.get("nullable")
        may_be_empty = nullable is None or (isinstance(nullable, ast.Constant) and nullable.value is True)
        if not (may_be_empty or "server_default" in given):
            return ["add_column without a default"]
    return []


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_an_upgrade_only_adds(path: Path) -> None:
    assert path.name in CONTRACTING or breaches(path.read_text(encoding="utf-8")) == []


def test_there_are_migrations_to_look_at() -> None:
    assert FILES


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("op.create_table('x')", []),
        ("op.create_index('i', 'x', ['y'])", []),
        ("op.add_column('x', sa.Column('y', sa.Integer()))", []),
        ("op.add_column('x', sa.Column('y', sa.Integer(), nullable=False, server_default='0'))", []),
        ("op.add_column('x', sa.Column('y', sa.Integer(), nullable=False))", ["add_column without a default"]),
        ("with op.batch_alter_table('x') as batch:\n        batch.drop_column('y')", ["drop_column"]),
        ("op.rename_table('x', 'y')", ["rename_table"]),
    ],
)
def test_what_takes_away_is_seen(line: str, expected: list[str]) -> None:
    assert breaches(f"def upgrade():\n    {line}\n") == expected
