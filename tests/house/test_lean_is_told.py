"""Every change to Rasa has its row in the decision about them, and every row its file and a place that Rasa has."""

from __future__ import annotations

import re

from tests.house.repository import ROOT

PAPER = (ROOT / "docs/adr/0020-changes-to-rasa.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"(?m)^\| `(\w+\.py)` \|.*\| ([^|]+) \|$", PAPER))


def test_every_change_has_its_row() -> None:
    bring_others = {"__init__.py", "__main__.py", "changes.py"}
    files = {path.name for path in (ROOT / "nlu/lean").glob("*.py")} - bring_others
    assert len(files) >= 4
    assert set(ROWS) == files


def test_every_row_names_what_its_file_changes() -> None:
    for file, places in ROWS.items():
        code = (ROOT / "nlu/lean" / file).read_text(encoding="utf-8")
        named = re.findall(r"`(?:\w+\.)?(\w+)`", places)
        assert named
        assert [name for name in named if name not in code] == [], file
