"""The papers of the house name things that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house.repository import ROOT

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
ROWS = re.findall(r"(?m)^\| ((?:a|an|how|what) [^|]+) \|([^|]+)\|([^|]+)\|$", CONTRIBUTING)
PLACE = re.compile(r"`([\w./*-]+/[\w.*-]+|\.env\.example)`")
PAPERS = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md"))]


def test_the_table_of_additions_is_there() -> None:
    assert len(ROWS) > 10


@pytest.mark.parametrize(("what", "where", "check"), ROWS, ids=[row[0] for row in ROWS])
def test_every_place_where_something_is_added_exists(what: str, where: str, check: str) -> None:
    places = PLACE.findall(where)
    assert places, f"{what}: no place is named"
    missing = [place for place in (*places, *PLACE.findall(check)) if not any(ROOT.glob(place))]
    assert not missing


@pytest.mark.parametrize("paper", PAPERS, ids=[paper.name for paper in PAPERS])
def test_every_link_leads_to_a_file(paper: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", paper.read_text(encoding="utf-8"))
    assert [link for link in links if not (paper.parent / link).exists()] == []


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = [int(path.name[:4]) for path in sorted(ROOT.glob("docs/adr/*.md"))]
    assert len(numbers) >= 9
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_command_of_the_papers_exists() -> None:
    texts = {paper: paper.read_text(encoding="utf-8") for paper in PAPERS}
    targets = set(re.findall(r"`make ([a-z-]+)|^make ([a-z-]+)", "\n".join(texts.values()), re.MULTILINE))
    targets = {name for pair in targets for name in pair if name}
    assert {"run", "test", "bot", "knowledge"} <= targets
    defined = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8")))
    assert targets <= defined
    by_hand = re.compile(r"\.venv/bin/python -m (?:bot|knowledge) ")
    assert [paper.name for paper, text in texts.items() if by_hand.search(text)] == [], "make bot, make knowledge"
