"""Commands of the front server work on what the wide topology has stored, while it runs and while it stands still."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest

from bot.backup import manifest
from setup.console import SetupError
from setup.probing import free_ports
from setup.wide import aside, neighbours, rolling
from setup.wide.topology import Topology
from tests.wide.conftest import need_programs


@pytest.fixture(autouse=True)
def this_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "PYTHON", Path(sys.executable))


def test_what_runs_is_backed_up(wide: Topology, tmp_path: Path) -> None:
    rolling.write_state(wide.folder, wide.url, wide._database, [])
    try:
        assert aside.run(wide.folder, "bot", ["backup", str(tmp_path)]) == 0
    finally:
        rolling.forget_state(wide.folder)
    made = manifest.verified(manifest.newest(tmp_path))
    assert made.kind == "postgresql" and "conversations" in made.rows
    assert {"product.dump", "memory.dump", "files.tar"} <= set(made.checksums)


def test_what_stands_still_is_backed_up_and_put_back(tmp_path: Path) -> None:
    need_programs()
    with tempfile.TemporaryDirectory(prefix="tthc-aside-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        (folder / "log").mkdir()
        port = free_ports(1)[0]
        database = neighbours.postgres(folder, port, os.environ)
        database.wait_until_ready(60.0)
        neighbours.create_databases(folder, port)
        database.stop()
        assert aside.run(folder, "bot", ["backup", str(tmp_path)]) == 0
        assert manifest.verified(manifest.newest(tmp_path)).kind == "postgresql"
        with aside._database(folder) as again:
            assert not neighbours.postgres(folder, port, os.environ).is_ready()
            assert neighbours.postgres(folder, again, os.environ).is_ready()
        assert not neighbours.postgres(folder, again, os.environ).is_ready()


def test_where_nothing_is_stored_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="Nothing is stored"):
        aside.run(tmp_path, "bot", ["staff", "list"])
