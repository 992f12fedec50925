"""All programs start and end together, and a signal at any moment leaves none behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from setup import processes
from setup.console import SetupError
from setup.probing import free_ports
from setup.services import Service, check_ports
from setup.supervisor import Supervisor

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PROGRAM = f"exec {sys.executable} {HERE / 'tiny_program.py'}"


class House:
    """A supervisor in a process of its own, in an empty folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pids = folder / "pids"
        self.pids.mkdir()
        self.port = free_ports(1)[0]
        self.process: subprocess.Popen[str] | None = None
        self.output = ""

    def start(self, step: str = "", **programs: str) -> None:
        """Start programs by their commands, after a step; PROGRAM, PIDS and PORT in them are filled in."""
        filled = {name: self._fill(command) for name, command in programs.items()}
        plan = self.folder / "plan.json"
        data = {"port": self.port, "programs": filled, "step": self._fill(step)}
        plan.write_text(json.dumps(data), encoding="utf-8")
        self.process = subprocess.Popen(
            [sys.executable, "-u", str(HERE / "tiny_house.py"), str(plan)],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _fill(self, command: str) -> str:
        return command.replace("PROGRAM", PROGRAM).replace("PIDS", str(self.pids)).replace("PORT", str(self.port))

    def read_until(self, sign: str) -> None:
        assert self.process and self.process.stdout
        for line in self.process.stdout:
            self.output += line
            if sign in line:
                return
        raise AssertionError(f"{sign!r} never came:\n{self.output}")

    def send(self, number: int) -> None:
        assert self.process
        self.process.send_signal(number)

    def end(self) -> int:
        """Return the exit code; everything printed is in ``output``."""
        assert self.process
        self.output += self.process.communicate(timeout=30)[0]
        return self.process.returncode

    def living(self) -> list[int]:
        return [int(path.name) for path in self.pids.iterdir() if lives(int(path.name))]


def lives(pid: int) -> bool:
    """Tell whether a process runs; one that has ended and is only not yet collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(") ", 1)[1][0] not in "ZX"
    except OSError:
        return False


def eventually(is_so: Callable[[], bool], within: float = 20.0) -> bool:
    until = time.monotonic() + within
    while not is_so():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    if made.process and made.process.poll() is None:
        made.process.kill()
    for pid in made.living():
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_every_program_and_their_children(house: House, number: int) -> None:
    house.start(front="PROGRAM PIDS PORT", stubborn="PROGRAM PIDS --stubborn")
    house.read_until("Ctrl-C")
    assert "the first answer" in house.output
    assert eventually(lambda: len(house.living()) == 4)
    house.send(number)
    assert house.end() == 0
    assert "All programs are stopped" in house.output
    assert eventually(lambda: not house.living())


def test_a_signal_before_anything_answers_leaves_no_program(house: House) -> None:
    house.start(silent="PROGRAM PIDS")
    assert eventually(lambda: len(house.living()) == 2)
    house.send(signal.SIGTERM)
    assert house.end() == 0
    assert eventually(lambda: not house.living())


def test_a_signal_during_a_step_ends_the_step(house: House) -> None:
    house.start(step="PROGRAM PIDS", never="PROGRAM PIDS")
    assert eventually(lambda: len(house.living()) == 2)
    house.send(signal.SIGTERM)
    assert house.end() == 128 + signal.SIGTERM
    assert "Stopped." in house.output
    assert "Traceback" not in house.output
    assert eventually(lambda: not house.living())


@pytest.mark.parametrize("step", ["", "PROGRAM PIDS --stubborn"])
def test_further_signals_during_the_stop_leave_no_program(house: House, step: str) -> None:
    house.start(step=step, front="PROGRAM PIDS PORT", stubborn="PROGRAM PIDS --stubborn")
    assert eventually(lambda: len(house.living()) == (2 if step else 4))
    for _ in range(6):
        house.send(signal.SIGINT)
        time.sleep(0.05)
    # the last one may meet Python on its way out, when all is stopped
    assert house.end() in (128 + signal.SIGINT if step else 0, -signal.SIGINT)
    assert "Traceback" not in house.output
    assert eventually(lambda: not house.living())


def test_no_other_account_reads_what_the_programs_store(house: House) -> None:
    house.start(front="mkdir kept; touch kept/bot.db; PROGRAM PIDS PORT")
    house.read_until("Ctrl-C")
    modes = {name: (house.folder / name).stat().st_mode & 0o077 for name in ("front.log", "kept/bot.db", "kept")}
    assert modes == {"front.log": 0, "kept/bot.db": 0, "kept": 0o011}, "PostgreSQL's account goes through folders"
    house.send(signal.SIGTERM)
    assert house.end() == 0


def test_one_that_ends_is_named_and_takes_the_others_along(house: House) -> None:
    house.start(front="PROGRAM PIDS PORT", broken="echo out of memory, says the program; exit 3")
    assert house.end() == 1
    assert "broken ended by itself (exit code 3)" in house.output
    assert "out of memory, says the program" in house.output
    assert "Traceback" not in house.output
    assert eventually(lambda: not house.living())


def test_one_that_ends_later_is_noticed(house: House) -> None:
    house.start(front="PROGRAM PIDS PORT", other="PROGRAM PIDS")
    house.read_until("Ctrl-C")
    assert eventually(lambda: len(house.living()) == 4)
    program = next(pid for pid in house.living() if (house.pids / str(pid)).read_text(encoding="ascii") == "program")
    os.kill(program, signal.SIGKILL)
    assert house.end() == 1
    assert "ended by itself" in house.output
    assert eventually(lambda: not house.living())


def test_one_that_never_answers_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts and says nothing
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        service = Service("slow", "exec sleep 600", url, tmp_path / "slow.log")
        with (
            pytest.raises(SetupError, match="slow did not answer within 0 s"),
            Supervisor([service], os.environ) as supervisor,
        ):
            supervisor.wait_until_ready(0.0, lambda _name, _note: None)


@pytest.mark.parametrize("variable", ["BOT_PORT", "RASA_PORT", "ACTIONS_PORT"])
def test_a_taken_port_is_named_with_its_variable(variable: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        env = {"BOT_HOST": "127.0.0.1", **dict.fromkeys(["BOT_PORT", "RASA_PORT", "ACTIONS_PORT"], "1"), variable: port}
        free = {name: str(free_ports(1)[0]) for name in env if name not in (variable, "BOT_HOST")}
        with pytest.raises(SetupError, match=rf"(?s)Port {port} .*{variable}={int(port) + 1} make run"):
            check_ports({**env, **free})


def test_free_ports_differ_and_go_to_no_connection() -> None:
    ports = free_ports(200)
    assert len(set(ports)) == 200
    assert max(ports) < 32_768  # where the ports begin that the kernel gives to connections


@pytest.mark.parametrize("value", ["", "http", "0", "70000", "-1"])
def test_a_port_that_is_none_is_named(value: str) -> None:
    with pytest.raises(SetupError, match="BOT_PORT=.* is no port"):
        check_ports({"BOT_HOST": "127.0.0.1", "BOT_PORT": value, "RASA_PORT": "1", "ACTIONS_PORT": "1"})


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("OSError: [Errno 28] No space left on device", "The disk is full"),
        ("sqlite3.OperationalError: database is locked", "locked by another program"),
        ("socket: Temporary failure in name resolution", "registry cannot be reached"),
        ("ERROR: Could not find a version that satisfies rasa", "does not offer a pinned version"),
    ],
)
def test_a_step_that_fails_says_what_it_wrote_and_what_that_means(tmp_path: Path, said: str, hint: str) -> None:
    argv = ["sh", "-c", f"echo '{said}'; exit 7"]
    with pytest.raises(SetupError) as failure:
        processes.call("training", argv, os.environ, tmp_path / "log", lambda _name, _note: None)
    message = str(failure.value)
    assert "training failed (exit code 7)" in message
    assert said in message
    assert hint in message


def test_a_step_returns_what_it_wrote(tmp_path: Path) -> None:
    written = processes.call("x", ["echo", "some words"], os.environ, tmp_path / "log", lambda _name, _note: None)
    assert written == "some words\n"


def test_the_log_of_the_start_before_stays(tmp_path: Path) -> None:
    for words in ("first", "second", "third"):
        processes.call("x", ["echo", words], os.environ, tmp_path / "log", lambda _name, _note: None)
    kept = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    assert kept == {"log": "third\n", "log.before": "second\n"}


def test_a_log_that_is_emptied_under_a_program_goes_on_at_its_beginning(tmp_path: Path) -> None:
    log = tmp_path / "log"
    argv = ["sh", "-c", f"echo before; : > {log}; echo after"]
    assert processes.call("x", argv, os.environ, log, lambda _name, _note: None) == "after\n"
