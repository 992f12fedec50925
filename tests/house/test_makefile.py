"""The Makefile explains itself."""

from __future__ import annotations

import re
import subprocess

from tests.house.repository import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = re.findall(r"(?m)^([a-z][a-z-]*):", MAKEFILE)


def test_every_target_has_a_comment_that_help_shows() -> None:
    assert {"run", "test", "check", "train", "import", "clean", "help"} <= set(TARGETS)
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    helped = dict(re.findall(r"(?m)^make ([a-z-]+) +(\S.*)$", shown))
    assert list(helped) == TARGETS


def test_no_target_is_taken_for_a_file() -> None:
    phony = re.search(r"(?m)^\.PHONY: (.*)$", MAKEFILE)
    assert phony
    assert phony[1].split() == TARGETS


def test_every_command_of_the_makefile_exists() -> None:
    from setup.__main__ import _COMMANDS

    called = re.findall(r"\$\(SETUP\) ([a-z]+)", MAKEFILE)
    assert set(called) == set(_COMMANDS)
