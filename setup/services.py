"""The three programs of the product: their settings, their ports, and how each says that it is ready."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from setup.console import SetupError
from setup.processor import arithmetic

LOGS = Path("var/log")
_PORTS = {"BOT_PORT": "8080", "RASA_PORT": "5005", "ACTIONS_PORT": "5055"}
_DEFAULTS = {
    "BOT_HOST": "127.0.0.1",
    "RASA_TRACKER_DB": "var/rasa.db",
    "RASA_ENDPOINTS": "endpoints.yml",
    # the action server listens where this says, and everywhere without it
    "SANIC_HOST": "127.0.0.1",
    "PYTHONPATH": ".",
    "PYTHONUNBUFFERED": "1",
    "RASA_TELEMETRY_ENABLED": "false",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    # no graphics card is used, and looking for one costs start time
    "CUDA_VISIBLE_DEVICES": "-1",
}


@dataclass(frozen=True)
class Service:
    """One program: its command line (through the shell), the address that answers when it is ready, its log."""

    name: str
    command: str
    ready_url: str
    log: Path


def environment(given: Mapping[str, str], file: Path = Path(".env")) -> dict[str, str]:
    """Return what every program of ours runs with: defaults, then ``.env``, then what is ``given``."""
    from honcho.environ import parse  # after the environment is there

    written = parse(file.read_text(encoding="utf-8")) if file.exists() else {}
    env = {**_DEFAULTS, **_PORTS, **arithmetic(), **written, **given}
    env["PATH"] = f"{Path('.venv/bin').absolute()}{os.pathsep}{env.get('PATH', os.defpath)}"
    env.setdefault("RASA_URL", f"http://127.0.0.1:{env['RASA_PORT']}")
    env.setdefault("ACTIONS_URL", f"http://127.0.0.1:{env['ACTIONS_PORT']}")
    return env


def from_procfile(env: Mapping[str, str], file: Path = Path("Procfile")) -> list[Service]:
    """Return the programs that the Procfile names, in its order."""
    ready = {
        "actions": f"http://127.0.0.1:{env['ACTIONS_PORT']}/health",
        "rasa": f"http://127.0.0.1:{env['RASA_PORT']}/",
        "bot": f"{address(env)}/healthz",
    }
    return [
        Service(name, f"exec {command}", ready[name], LOGS / f"{name}.log") for name, command in commands(file).items()
    ]


def commands(file: Path = Path("Procfile")) -> dict[str, str]:
    """Return the command lines of the programs by name, in the Procfile's order."""
    from honcho.environ import parse_procfile

    return dict(parse_procfile(file.read_text(encoding="utf-8")).processes)


def address(env: Mapping[str, str]) -> str:
    """Return where the front server is reached from this machine."""
    host = env["BOT_HOST"]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{env['BOT_PORT']}"


def check_ports(env: Mapping[str, str]) -> None:
    """Raise SetupError when a port is no number or somebody listens on it."""
    for variable in _PORTS:
        host = env["BOT_HOST"] if variable == "BOT_PORT" else "127.0.0.1"
        value = env[variable]
        if not value.isdecimal() or not 0 < int(value) < 65536:
            raise SetupError(f"{variable}={value} is no port: give a number from 1 to 65535.")
        _check_port(variable, host, int(value))


def _check_port(variable: str, host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SetupError(_port_message(variable, host, port, error)) from error


def _port_message(variable: str, host: str, port: int, error: OSError) -> str:
    return (
        f"Port {port} on {host} cannot be used ({os.strerror(error.errno or 0)}). Is the assistant running already?\n"
        f"Stop what uses the port, or choose another one: {variable}={port + 1} make run"
    )
