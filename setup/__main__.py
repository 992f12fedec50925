"""``python -m setup COMMAND``: what the Makefile calls, in its own folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from setup import environment
from setup.console import SetupError, Steps, say
from setup.processes import Stopped, signals
from setup.start import bench, bot, check, demo, evaluate, knowledge, load, run, test, train
from setup.wide.command import wide

_Command = Callable[[Steps, list[str]], int]
# Each command, and whether it needs the libraries of the tests.
_COMMANDS: dict[str, tuple[_Command, bool]] = {
    "run": (run, False),
    "test": (test, True),
    "check": (check, True),
    "train": (train, False),
    "eval": (evaluate, False),
    "bench": (bench, False),
    "import": (load, False),
    "demo": (demo, False),
    "bot": (bot, False),
    "knowledge": (knowledge, False),
    "wide": (wide, False),
}


def main(arguments: list[str]) -> int:
    """Run one command in the environment, which is made first."""
    os.chdir(Path(__file__).parent.parent)
    command, with_tests = _COMMANDS[arguments[0]]
    steps = Steps()

    def work() -> int:
        with steps.step("environment") as result:
            result.append(environment.ensure(with_tests, steps.alive))
        environment.use()
        return command(steps, arguments[1:])

    return guarded(work)


def guarded(work: Callable[[], int]) -> int:
    """Return what the work returns; 1 = it could not be done and a message says why, 128 + n = stopped by signal n."""
    signals.listen()
    try:
        return work()
    except SetupError as error:
        say("")
        print(error, file=sys.stderr, flush=True)
        return 1
    except Stopped as stopped:
        say("\nStopped.")
        return 128 + stopped.number


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
