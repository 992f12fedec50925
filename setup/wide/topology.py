"""The whole wide topology: what is started in which order, and how each part is reached by name."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from setup import services
from setup.console import SetupError
from setup.probing import answers, free_ports
from setup.processes import signals
from setup.wide import neighbours, rolling
from setup.wide.program import Program
from setup.wide.rolling import State

_ROOT = Path(__file__).parent.parent.parent
_HEALTH = {"bot": "/healthz", "rasa": "/", "actions": "/health"}
_PORT = {"bot": "BOT_PORT", "rasa": "RASA_PORT", "actions": "ACTIONS_PORT"}
_LOOK_EVERY = 0.5  # seconds
_STARTED_FIRST = ("actions", "rasa", "bot")


@dataclass(frozen=True)
class Plan:
    """What is wanted: a ``folder`` for data and logs, how many of each, and what ``knowledge`` does to the tables.

    ``commands`` replace those of the Procfile by role; ``more`` is added to everybody's environment. ``port`` is
    the public one, 0 = any that is free.
    """

    folder: Path
    bots: int = 2
    rasas: int = 2
    actions: int = 2
    knowledge: str = "load"
    port: int = 0
    commands: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, str] = field(default_factory=dict)


class Topology:
    """A context: everything runs inside it and nothing is left behind after it.

    ``programs`` are all parts by name: postgres, redis, proxy, bot-1, bot-2, rasa-1, …, actions-1, …
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.folder = plan.folder.absolute()
        (self.folder / "log").mkdir(parents=True, exist_ok=True)
        rolling.choose_model(self.folder, "")
        counts = {"bot": plan.bots, "rasa": plan.rasas, "actions": plan.actions}
        ports = free_ports(5 + sum(counts.values()))
        self._public, self._to_rasa, self._to_actions = plan.port or ports.pop(), ports.pop(), ports.pop()
        self._database, self._redis = ports.pop(), ports.pop()
        self._ports = {role: [ports.pop() for _ in range(count)] for role, count in counts.items()}
        self.env = self._environment()
        self.programs: dict[str, Program] = {}

    @property
    def url(self) -> str:
        """Where citizens and staff reach it."""
        return f"http://127.0.0.1:{self._public}"

    def urls(self, role: str) -> list[str]:
        """Return the addresses of the single programs of a role, past the proxy."""
        return [f"http://127.0.0.1:{port}" for port in self._ports[role]]

    def names(self, role: str) -> list[str]:
        """Return the names of the programs of a role."""
        return [name for name, program in self.programs.items() if program.role == role]

    def __enter__(self) -> Topology:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with signals.ignored():
            rolling.forget_state(self.folder)  # the numbers in it will be other people's processes
            for program in reversed(self.programs.values()):
                program.stop()

    def _start(self) -> None:
        for program in (
            neighbours.postgres(self.folder, self._database, self.env),
            neighbours.redis(self.folder, self._redis, self.env),
        ):
            self._add(program)
            program.wait_until_ready(60.0)
        neighbours.create_databases(self.folder, self._database)
        self._migrate()
        for role in _STARTED_FIRST:
            for number, port in enumerate(self._ports[role], 1):
                self._add(self._ours(role, number, port))
        self._add(self._proxy())
        for program in self.programs.values():
            program.wait_until_ready()

    def _add(self, program: Program) -> None:
        self.programs[program.name] = program
        program.start()

    def _migrate(self) -> None:
        """The one-off step: tables are changed once, before anybody runs who needs them."""
        command = [sys.executable, "-m", "knowledge", self._plan.knowledge]
        done = subprocess.run(command, env=self.env, cwd=_ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SetupError(f"knowledge {self._plan.knowledge} failed: {done.stderr.strip()[-2000:]}")

    def _ours(self, role: str, number: int, port: int) -> Program:
        env = {**self.env, _PORT[role]: str(port)}
        command = self._plan.commands.get(role) or services.commands(_ROOT / "Procfile")[role]
        ready = f"http://127.0.0.1:{port}{_HEALTH[role]}"
        name = f"{role}-{number}"
        more = self._chosen_model if role == "rasa" else dict
        log = self.folder / "log" / f"{name}.log"
        return Program(name, role, f"env --chdir={_ROOT} {command}", env, lambda: answers(ready), log, more=more)

    def _chosen_model(self) -> dict[str, str]:
        model = rolling.chosen_model(self.folder)
        return {"RASA_MODEL": model} if model else {}

    def _proxy(self) -> Program:
        binds = {"PUBLIC_BIND": self._public, "RASA_BIND": self._to_rasa, "ACTIONS_BIND": self._to_actions}
        return neighbours.proxy(self.folder, _ROOT / "deploy" / "haproxy.cfg", binds, self._ports, self.env)

    def _environment(self) -> dict[str, str]:
        own = {
            "BOT_HOST": "127.0.0.1",
            "FORWARDED_ALLOW_IPS": "127.0.0.1",  # the proxy, and a TLS proxy on this machine before it
            "RASA_URL": f"http://127.0.0.1:{self._to_rasa}",
            "ACTIONS_URL": f"http://127.0.0.1:{self._to_actions}",
            **stored(self.folder, self._database),
            "RASA_ENDPOINTS": "deploy/endpoints.yml",
            "REDIS_HOST": "127.0.0.1",
            "REDIS_PORT": str(self._redis),
            "REDIS_PASSWORD": neighbours.secret(self.folder, "redis.secret"),
            "BOT_REST_TOKEN": rest_token(self.folder),
        }
        return services.environment({**os.environ, **own, **self._plan.more})

    def kill(self, name: str) -> None:
        """End a program by SIGKILL; it stays away until it is started."""
        self.programs[name].kill()

    def pause(self, name: str) -> None:
        """Let a program stand still; ``resume`` lets it go on."""
        self.programs[name].pause()

    def resume(self, name: str) -> None:
        self.programs[name].resume()

    def restart(self, name: str) -> None:
        """Stop a program in good order, start it, and return when it is ready."""
        self.programs[name].restart()

    def start(self, name: str) -> None:
        """Start a program that was killed, and return when it is ready."""
        self.programs[name].wait_until_ready()

    def keep(self, is_over: Callable[[], bool] = lambda: False) -> None:
        """Start again, for ever or until it is over, what ends by itself."""
        is_told = True
        while not is_over():
            for program in self.programs.values():
                program.start()
            is_told = self._tell_what_runs(was_told=is_told)
            time.sleep(_LOOK_EVERY)

    def _tell_what_runs(self, was_told: bool) -> bool:
        """Write down what runs; a disk that is full ends nothing: it is said once, and the next look writes again."""
        try:
            rolling.write_state(self.folder, self.url, self._database, self._states())
        except OSError as error:
            if was_told:
                with suppress(OSError):  # stderr may be on that disk
                    print(f"What runs cannot be written to {self.folder}: {error}", file=sys.stderr, flush=True)
            return False
        return True

    def _states(self) -> list[State]:
        return [
            State(f"{role}-{number}", role, self.programs[f"{role}-{number}"].pid or 0, f"{url}{_HEALTH[role]}")
            for role in self._ports
            for number, url in enumerate(self.urls(role), 1)
        ]


def stored(folder: Path, database_port: int) -> dict[str, str]:
    """Return the settings that lead to what is stored in a folder, while its database listens on a port."""
    return {
        "DATABASE_URL": neighbours.database_url(folder, database_port, "tthc"),
        "RASA_TRACKER_URL": neighbours.database_url(folder, database_port, "rasa"),
        "BOT_FILES_DIR": str(folder / "files"),
        "TTHC_SECRET": neighbours.secret(folder, "product.secret"),
    }


def rest_token(folder: Path) -> str:
    """Return the token of the REST endpoint: behind a proxy "this machine only" would be everybody."""
    return services.environment(os.environ).get("BOT_REST_TOKEN") or neighbours.secret(folder, "rest.secret")
