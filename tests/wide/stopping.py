"""The wide topology in a process of its own, to be stopped: ``python -m tests.wide.stopping FOLDER``."""

from __future__ import annotations

import sys
from pathlib import Path

from setup.__main__ import guarded
from setup.wide.topology import Plan, Topology
from tests.wide.conftest import FAKES


def main(folder: Path) -> int:
    with Topology(Plan(folder, knowledge="migrate", commands=FAKES)) as topology:
        print("up", flush=True)
        topology.keep()
    return 0


if __name__ == "__main__":
    sys.exit(guarded(lambda: main(Path(sys.argv[1]))))
