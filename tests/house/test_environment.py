"""Finding Python 3.10, and making the virtual environment in one pip call when it does not fit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from setup import environment
from setup.console import SetupError
from setup.environment import DEVELOPMENT, PYTHON, RUNTIME, check_disk, ensure

ROOT = Path(__file__).parent.parent.parent
BOTH = ["-r", str(RUNTIME), "-r", str(DEVELOPMENT)]


def find_python(**env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(ROOT / "setup/find-python.sh")], env=env, capture_output=True, text=True, timeout=60
    )


def write_program(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_no_python_is_one_message_that_says_what_to_install(tmp_path: Path) -> None:
    found = find_python(PATH="", HOME=str(tmp_path))
    assert found.returncode == 1
    assert found.stdout == ""
    assert "Python 3.10 is needed" in found.stderr
    assert all(way in found.stderr for way in ("uv", "pyenv", "apt-get"))


def test_make_run_without_python_fails_with_that_message(tmp_path: Path) -> None:
    # make itself needs sh, and nothing else, from the PATH
    write_program(tmp_path / "bin/sh", 'exec /bin/sh "$@"')
    made = subprocess.run(
        ["/usr/bin/make", "run"],
        cwd=ROOT,
        env={"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert made.returncode != 0
    assert "Python 3.10 is needed" in made.stderr


def test_a_shim_that_fails_is_passed_over(tmp_path: Path) -> None:
    write_program(tmp_path / "bin/python3.10", "echo 'pyenv: python3.10: command not found' >&2; exit 127")
    real = write_program(tmp_path / ".pyenv/versions/3.10.99/bin/python", f'exec {sys.executable} "$@"')
    found = find_python(PATH=str(tmp_path / "bin"), HOME=str(tmp_path))
    assert (found.returncode, found.stdout.strip()) == (0, str(real))


def test_another_version_is_passed_over(tmp_path: Path) -> None:
    write_program(tmp_path / "bin/python3.10", 'case "$2" in *version_info*) exit 1;; esac')
    assert find_python(PATH=str(tmp_path / "bin"), HOME=str(tmp_path)).returncode == 1


def test_uv_is_asked_last(tmp_path: Path) -> None:
    real = write_program(tmp_path / "uv-python", f'exec {sys.executable} "$@"')
    write_program(tmp_path / "bin/uv", f'[ "$2" = find ] && echo {real}')
    found = find_python(PATH=str(tmp_path / "bin"), HOME=str(tmp_path))
    assert (found.returncode, found.stdout.strip()) == (0, str(real))


def test_a_python_that_is_named_but_does_not_work_is_not_replaced_in_silence(tmp_path: Path) -> None:
    found = find_python(PATH=os.environ["PATH"], HOME=os.environ.get("HOME", ""), PYTHON=str(tmp_path / "none"))
    assert found.returncode == 1
    assert "is not a working Python 3.10" in found.stderr


class Pip:
    """Stands in for the programs that ``ensure`` calls, and notes what they were to install."""

    def __init__(self) -> None:
        self.installed: list[list[str]] = []
        self.fails = False

    def __call__(self, _name: str, argv: Sequence[str], *_rest: object) -> str:
        if "venv" in argv:
            write_program(PYTHON, "")
            version = ".".join(map(str, sys.version_info[:3]))
            (environment.FOLDER / "pyvenv.cfg").write_text(f"version = {version}\n", encoding="utf-8")
        if "install" in argv:
            if self.fails:
                raise SetupError("pip failed")
            self.installed.append([*argv][[*argv].index("--no-deps") + 1 :])
        return ""


@pytest.fixture
def pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pip:
    monkeypatch.chdir(tmp_path)
    RUNTIME.write_text("one==1\n", encoding="utf-8")
    DEVELOPMENT.write_text("two==2\n", encoding="utf-8")
    fake = Pip()
    monkeypatch.setattr(environment, "call", fake)
    return fake


def make(with_tests: bool = False) -> str:
    return ensure(with_tests, lambda _name, _note: None)


def test_the_first_time_installs_and_the_second_does_not(pip: Pip) -> None:
    make()
    assert "fits" in make()
    assert pip.installed == [["-r", str(RUNTIME)]]


def test_tests_are_added_in_one_call_with_the_rest_and_stay(pip: Pip) -> None:
    make()
    make(with_tests=True)
    make(with_tests=False)
    RUNTIME.write_text("one==1.1\n", encoding="utf-8")
    make(with_tests=False)
    assert pip.installed == [["-r", str(RUNTIME)], BOTH, BOTH]


def test_what_failed_or_was_stopped_is_installed_again(pip: Pip) -> None:
    make()
    RUNTIME.write_text("one==1.1\n", encoding="utf-8")
    pip.fails = True
    with pytest.raises(SetupError):
        make()
    pip.fails = False
    RUNTIME.write_text("one==1\n", encoding="utf-8")
    make()
    assert len(pip.installed) == 2


@pytest.mark.parametrize("damage", ["python", "stamp"])
def test_a_damaged_environment_is_made_again(pip: Pip, damage: str) -> None:
    make()
    (PYTHON if damage == "python" else environment.FOLDER / "stamp.json").unlink()
    make()
    assert len(pip.installed) == 2


def test_another_python_makes_another_environment(pip: Pip) -> None:
    make()
    stamp = environment.FOLDER / "stamp.json"
    stamp.write_text(json.dumps({**json.loads(stamp.read_text()), "python": "3.10.0"}), encoding="utf-8")
    assert "installed" in make()


@pytest.mark.parametrize(("free", "fits"), [(0, False), (4 * 1024**3 - 1, False), (4 * 1024**3, True)])
def test_a_full_disk_is_told_before_anything_is_written(free: int, fits: bool) -> None:
    if fits:
        return check_disk(4 * 1024**3, free)
    with pytest.raises(SetupError, match=r"disk is too full: .* GB free, 4\.0 GB needed"):
        check_disk(4 * 1024**3, free)
    return None
