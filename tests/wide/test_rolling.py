"""Exchanging Rasas: only what is ours is told to end, and a model that does not answer is put back."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from setup.console import SetupError
from setup.probing import free_ports
from setup.wide import rolling, topology
from setup.wide.program import Program
from setup.wide.rolling import State, choose_model, chosen_model, forget_state, read_states, roll, write_state
from setup.wide.topology import Plan, Topology

# says nothing with a model whose name holds "bad", as Rasa does; with one that holds "lost" it ends at once
RASA = "python -m tests.wide.rasa_with_model"


class Keeper:
    """Two Rasas and who keeps them, without the rest of the topology."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs = [self._program(number, port) for number, port in enumerate(free_ports(2), 1)]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep, daemon=True)

    def _program(self, number: int, port: int) -> Program:
        name = f"rasa-{number}"
        self.urls = {**getattr(self, "urls", {}), name: f"http://127.0.0.1:{port}/"}
        ready = State(name, "rasa", 0, self.urls[name])
        env = {**os.environ, "RASA_PORT": str(port)}
        log = self.folder / f"{name}.log"
        return Program(name, "rasa", RASA, env, lambda: ready.is_well, log, more=self._model)

    def _model(self) -> dict[str, str]:
        return {"RASA_MODEL": chosen_model(self.folder)}

    def _keep(self) -> None:
        while not self._over.is_set():
            for program in self.programs:
                program.start()
            states = [State(one.name, "rasa", one.pid or 0, self.urls[one.name]) for one in self.programs]
            write_state(self.folder, "", 1, states)
            time.sleep(0.1)

    def start(self) -> None:
        for program in self.programs:
            program.wait_until_ready(30.0)
        self._thread.start()
        until = time.monotonic() + 30.0
        while not (self.folder / "state.json").exists() and time.monotonic() < until:
            time.sleep(0.05)

    def stop(self) -> None:
        self._over.set()
        self._thread.join()
        for program in self.programs:
            program.kill()

    def pids(self) -> list[int | None]:
        return [program.pid for program in self.programs]


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[Keeper]:
    made = Keeper(tmp_path)
    made.start()
    yield made
    made.stop()


def test_a_model_that_answers_is_taken_by_all(keeper: Keeper) -> None:
    before = keeper.pids()
    assert roll(keeper.folder, "rasa", 30.0, model="good.tar.gz") == ["rasa-1", "rasa-2"]
    assert chosen_model(keeper.folder) == "good.tar.gz"
    assert set(before).isdisjoint(keeper.pids())


@pytest.mark.parametrize("model", ["bad.tar.gz", "lost.tar.gz"])
def test_a_model_that_does_not_answer_is_put_back(keeper: Keeper, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    put_back = rolling._put_back  # patient, for what it waits for does come
    monkeypatch.setattr(rolling, "_put_back", lambda folder, before, names, _: put_back(folder, before, names, 30.0))
    choose_model(keeper.folder, "good.tar.gz")
    before = keeper.pids()
    with pytest.raises(SetupError, match="(?s)rasa-1 does not come back.*put back"):
        roll(keeper.folder, "rasa", 4.0, model=model)
    assert chosen_model(keeper.folder) == "good.tar.gz"
    assert all(state.is_well for state in read_states(keeper.folder))
    assert keeper.pids()[0] != before[0] and keeper.pids()[1] == before[1]


def test_one_that_does_not_live_is_not_signalled(keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    monkeypatch.setattr(rolling.os, "kill", lambda pid, _number: told.append(pid))
    states = read_states(keeper.folder)
    monkeypatch.setattr(rolling, "read_states", lambda _folder: [State("rasa-1", "rasa", 0, states[0].ready_url)])
    with pytest.raises(SetupError, match="does not come back"):
        rolling._exchange(keeper.folder, "rasa-1", 0.5)
    assert told == []


def test_a_number_that_went_to_a_stranger_is_not_ours(tmp_path: Path) -> None:
    of_somebody_else = ["sh", "-c", "sleep 60 & echo $!; wait"]
    with (
        subprocess.Popen(["sleep", "60"]) as own,
        subprocess.Popen(of_somebody_else, stdout=subprocess.PIPE, text=True) as shell,
    ):
        assert shell.stdout
        stranger = int(shell.stdout.readline())
        write_state(tmp_path, "", 1, [State("rasa-1", "rasa", own.pid, ""), State("rasa-2", "rasa", stranger, "")])
        assert [state.pid for state in read_states(tmp_path)] == [own.pid, 0]
        os.kill(stranger, 9)
        own.kill()
        shell.kill()


def test_what_has_ended_does_not_run(tmp_path: Path) -> None:
    write_state(tmp_path, "", 1, [State("rasa-1", "rasa", os.getpid(), "")])
    assert rolling.database_port(tmp_path) == 1
    written = json.loads((tmp_path / "state.json").read_text())
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    (tmp_path / "state.json").write_text(json.dumps({**written, "keeper": ended.pid}))
    with pytest.raises(SetupError, match="Nothing runs"):
        read_states(tmp_path)
    forget_state(tmp_path)
    forget_state(tmp_path)
    assert rolling.database_port(tmp_path) is None


def test_a_full_disk_ends_nothing_and_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(topology, "_LOOK_EVERY", 0.0)
    kept = Topology(Plan(tmp_path, bots=0, rasas=0, actions=0))
    half, looks = tmp_path / "state.tmp", iter(range(5))
    half.symlink_to("/dev/full")

    def is_over() -> bool:
        look = next(looks)
        if look == 3:
            assert rolling.database_port(tmp_path) is None
            half.unlink()  # there is room again
        return look == 4

    kept.keep(is_over)
    assert rolling.database_port(tmp_path)
    assert capsys.readouterr().err.count("No space left") == 1
