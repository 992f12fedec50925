"""What holds for every file: one spelling of Vietnamese, short files, no citizen-facing sentence in Python."""

from __future__ import annotations

import ast
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.house.repository import ROOT, code, files, is_text, name

HERE = Path(__file__).parent
LONGEST = 300  # lines
DECOMPOSED = ["benchmarks/frozen/single.jsonl"]  # what citizens typed; elsewhere such text is written with escapes
LONG_FILES = {
    "knowledge/migrations/versions/0001_first_tables.py": "one migration makes all first tables",
}
_MARKS = "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ"
MARKED = re.compile(rf"[^\W\d_]*[{_MARKS}][^\W\d_]*", re.IGNORECASE)
ALLOWED = HERE / "vietnamese_in_code.yml"


def test_every_text_file_is_composed_unicode() -> None:
    texts = [path for path in files() if is_text(path)]
    assert len(texts) > 300
    wrong = [name(path) for path in texts if not unicodedata.is_normalized("NFC", path.read_text(encoding="utf-8"))]
    assert wrong == DECOMPOSED


def long_files() -> dict[str, int]:
    sizes = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in files(".py", ".js", ".css")}
    assert len(sizes) > 100
    return {path: size for path, size in sizes.items() if size > LONGEST}


def test_no_file_is_long_without_a_reason() -> None:
    assert set(long_files()) == set(LONG_FILES), "shorten what is new here; take off the list what is short now"


def strings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and text of every string that is no docstring; an f-string counts as one."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    firsts = [node.body[0] for node in ast.walk(tree) if isinstance(node, documented) and node.body]
    skipped = {id(first.value) for first in firsts if isinstance(first, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            skipped.update(id(part) for part in node.values)
            yield node.lineno, " ".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node.lineno, node.value


def is_sentence(text: str) -> bool:
    return len(MARKED.findall(text)) >= 3


def test_citizen_facing_sentences_live_in_data() -> None:
    found: Counter[str] = Counter()
    lines: list[str] = []
    for path, tree in code():
        if name(path).startswith("benchmarks/"):
            continue  # they ask as citizens do, like the tests
        for line, text in strings(tree):
            if is_sentence(text):
                found[name(path)] += 1
                lines.append(f"{name(path)}:{line}: {text[:80]}")
    allowed = {entry["file"]: entry["strings"] for entry in yaml.safe_load(ALLOWED.read_text(encoding="utf-8")) or ()}
    assert dict(found) == allowed, "\n".join(["move to YAML, or count anew in vietnamese_in_code.yml:", *lines])


@pytest.mark.parametrize(
    ("source", "sentences"),
    [
        ('x = "Dạ, anh chị chờ một chút ạ"', 1),
        ('x = f"Dạ, {name} chờ một chút ạ"', 1),
        ('"""Dạ, anh chị chờ một chút ạ."""', 0),
        ('def f():\n    """Dạ, anh chị chờ một chút ạ."""', 0),
        ('x = "thủ tục"', 0),
        ('x = "a plain English sentence of words"', 0),
    ],
)
def test_a_sentence_is_told_from_a_word_and_a_docstring(source: str, sentences: int) -> None:
    assert sum(is_sentence(text) for _, text in strings(ast.parse(source))) == sentences


def test_no_path_of_one_machine_is_written_down() -> None:
    own = re.compile(r"/(?:home/\w+|root|Users/\w+)/")
    assert own.search("/home/someone/x")
    found = [name(path) for path in files() if is_text(path) and own.search(path.read_text(encoding="utf-8"))]
    assert found in ([], [name(Path(__file__).resolve())]), ROOT
