"""Runs ``setup.start.serve`` over tiny programs, in a process of its own: ``tiny_house.py FILE.json``.

The file holds ``port``, ``programs``: name -> shell command, and ``step``: a command to be run before, or "".
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from setup.__main__ import guarded
from setup.console import Steps
from setup.processes import call
from setup.services import Service
from setup.start import serve


def main(path: Path) -> int:
    plan = json.loads(path.read_text(encoding="utf-8"))
    ready = f"http://127.0.0.1:{plan['port']}/"
    programs = [Service(name, command, ready, Path(f"{name}.log")) for name, command in plan["programs"].items()]
    env = {**os.environ, "BOT_HOST": "127.0.0.1", "BOT_PORT": str(plan["port"])}

    def work() -> int:
        if plan["step"]:
            call("a step", ["sh", "-c", plan["step"]], env, Path("step.log"), Steps().alive)
        return serve(Steps(), env, programs, grace=1.0)

    return guarded(work)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
