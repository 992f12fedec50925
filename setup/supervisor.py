"""Keeps the programs of the product together: all are started, all answer, and when one ends all end."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence

from setup import processes
from setup.console import SetupError
from setup.probing import answers
from setup.services import Service

_PAUSE = 0.2  # seconds between two looks at the programs


class Supervisor:
    """A context: the programs live inside it and none is left behind after it."""

    def __init__(self, services: Sequence[Service], env: Mapping[str, str], grace: float = processes.GRACE) -> None:
        self._services = services
        self._env = env
        self._grace = grace
        self._programs: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Supervisor:
        try:
            for service in self._services:
                processes.start(service.command, self._env, service.log, self._programs)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with processes.signals.ignored():
            processes.stop(self._programs, self._grace)

    def wait_until_ready(self, within: float, alive: Callable[[str, str], None]) -> None:
        """Return when every program answers at its address.

        Raises:
            SetupError: one ended, or one does not answer ``within`` seconds.
        """
        until = time.monotonic() + within
        waiting = list(self._services)
        while waiting:
            self.check()
            waiting = [service for service in waiting if not answers(service.ready_url)]
            alive("services", f"waiting for {', '.join(service.name for service in waiting)}")
            if waiting and time.monotonic() > until:
                slow = waiting[0]
                raise SetupError(processes.explain(f"{slow.name} did not answer within {within:.0f} s", slow.log))
            time.sleep(_PAUSE if waiting else 0)

    def wait_until_one_ends(self) -> None:
        """Wait as long as all programs run.

        Raises:
            SetupError: one ended; it is named, with the last lines of its log.
        """
        while True:
            self.check()
            time.sleep(_PAUSE)

    def check(self) -> None:
        """Raise SetupError when a program has ended."""
        for service, program in zip(self._services, self._programs):
            if program.poll() is not None:
                what = f"{service.name} ended by itself (exit code {program.returncode}), so everything is stopped"
                raise SetupError(processes.explain(what, service.log))
