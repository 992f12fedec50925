"""One wide topology for all tests here, with fakes in place of Rasa and the actions."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from setup.wide.found import missing
from setup.wide.topology import Plan, Topology

FAKES = {role: f"python -m tests.fakes.neighbour ${role.upper()}_PORT" for role in ("rasa", "actions")}


def need_programs() -> None:
    """Skip a test where Debian's programs are not installed."""
    lacking = missing()
    if lacking:
        reason = f"not installed: {', '.join(lacking)}"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)


@pytest.fixture(scope="package")
def wide() -> Iterator[Topology]:
    need_programs()
    with tempfile.TemporaryDirectory(prefix="tthc-wide-") as name:
        Path(name).chmod(0o711)  # PostgreSQL runs under an account of its own
        with Topology(Plan(Path(name), knowledge="migrate", commands=FAKES)) as started:
            yield started
