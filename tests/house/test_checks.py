"""Style, types, import directions, records, training data and dialogue flows are clean."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from setup import model
from setup.services import environment
from setup.start import CHECKS
from tests.house.repository import ROOT

STORIES = [*"-m rasa test core --stories tests/stories --fail-on-prediction-errors".split()]


def run(arguments: list[str], env: dict[str, str]) -> None:
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-2000:]}"


@pytest.mark.parametrize("name", CHECKS)
def test_the_check_is_clean(name: str) -> None:
    run(CHECKS[name], environment(os.environ, ROOT / ".env"))


def test_every_flow_leads_to_the_right_actions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list((ROOT / "tests/stories").glob("*.yml"))
    monkeypatch.chdir(ROOT)
    env = environment(os.environ)
    path, _ = model.ensure(model.DIALOGUE, env, lambda _name, _note: None)
    run([*STORIES, "--model", str(path), "--out", str(tmp_path)], env)
