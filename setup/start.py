"""What each command does, step by step."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence

from setup import model, services
from setup.answer import Answer, ask_first_question
from setup.console import SetupError, Steps, say
from setup.environment import PYTHON
from setup.processes import GRACE, Stopped, call
from setup.services import Service
from setup.supervisor import Supervisor

_READY_WITHIN = 240.0  # seconds: importing Rasa takes 15–20 s here, and several times that on a slow disk
_ANSWER_WITHIN = 60.0  # seconds of asking again: the first question waits for indexes to be built
_WITHOUT_MODELS = {"channels", "console", "dossiers"}  # benchmarks in which Rasa has no part
# A file stays in one process, for its tests share what they start; each process needs about 1.5 GB.
_SIDE_BY_SIDE = ["-n", "auto", "--maxprocesses", "4", "--dist", "loadfile"]
_REPORT = services.LOGS / "start.json"
# What `make check` runs, and the tests too: arguments of Python.
CHECKS = {
    "style": ["-m", "ruff", "check", "--no-cache", "--output-format", "concise", "."],
    "types": ["-m", "mypy"],
    "imports": ["-c", "from importlinter.cli import lint_imports_command as lint; lint()"],
    "records": ["-m", "knowledge", "check"],
    "sentences": [*"-m rasa data validate --data nlu/data --config config.yml --domain domain.yml".split()],
}


def run(steps: Steps, _arguments: list[str]) -> int:
    """Start the product and keep it running until it is told to stop."""
    env = services.environment(os.environ)
    services.check_ports(env)
    _knowledge(steps, env, "records", "load")
    if wants_demo(env):
        _knowledge(steps, env, "demo", "demo")
    models(steps, env)
    services.check_ports(env)  # training took minutes
    return serve(steps, env, services.from_procfile(env))


def serve(steps: Steps, env: Mapping[str, str], programs: Sequence[Service], grace: float = GRACE) -> int:
    """Run the programs until somebody stops them: 0; raises SetupError when one of them ends by itself."""
    _close_to_others()
    try:
        with Supervisor(programs, env, grace) as supervisor:
            with steps.step("services") as result:
                supervisor.wait_until_ready(_READY_WITHIN, steps.alive)
                result.append(f"{', '.join(program.name for program in programs)} answer")
            with steps.step("question") as result:
                answer = _first_answer(steps, supervisor, env)
                result.append(answer.question)
            _welcome(steps, env, answer)
            steps.write(_REPORT, first_answer_is_true=answer.is_true)
            supervisor.wait_until_one_ends()
    except Stopped:
        say("\nAll programs are stopped.")
    return 0


def _first_answer(steps: Steps, supervisor: Supervisor, env: Mapping[str, str]) -> Answer:
    until = time.monotonic() + _ANSWER_WITHIN
    while True:
        answer = ask_first_question(services.address(env), env.get("BOT_REST_TOKEN", ""))
        if not answer.is_early or time.monotonic() > until:
            return answer
        supervisor.check()
        steps.alive("question", "not answered yet")


def test(steps: Steps, arguments: list[str]) -> int:
    """Become pytest: its summary is the last line and its exit code ours. The checks are among the tests."""
    env = services.environment(os.environ)
    if not arguments:  # a whole run needs a model; here its training shows progress
        models(steps, env)
        arguments = _SIDE_BY_SIDE
    os.execve(PYTHON, [str(PYTHON), "-m", "pytest", *arguments], env)


def check(steps: Steps, _arguments: list[str]) -> int:
    """Run what needs no running product, up to the first check that fails."""
    env = services.environment(os.environ)
    for name, arguments in CHECKS.items():
        with steps.step(name) as result:
            call(name, [str(PYTHON), *arguments], env, services.LOGS / f"check-{name}.log", steps.alive)
            result.append("clean")
    return 0


def train(steps: Steps, _arguments: list[str]) -> int:
    """Train a model even when one fits."""
    models(steps, services.environment(os.environ), again=True)
    return 0


def evaluate(_steps: Steps, arguments: list[str]) -> int:
    """Become the evaluation, which starts a product of its own."""
    os.execve(PYTHON, [str(PYTHON), "-m", "benchmarks.eval", *arguments], services.environment(os.environ))


def bench(steps: Steps, arguments: list[str]) -> int:
    """Become the benchmark named first, with models that fit where it asks any."""
    env = services.environment(os.environ)
    if arguments[0] not in _WITHOUT_MODELS:
        models(steps, env)
    os.execve(PYTHON, [str(PYTHON), "-m", f"benchmarks.{arguments[0]}", *arguments[1:]], env)


def load(steps: Steps, arguments: list[str]) -> int:
    """Import a folder or file on top of the bundled records."""
    if not arguments or not arguments[0]:
        raise SetupError("What is to be imported? make import FROM=folder-or-file")
    env = services.environment(os.environ)
    _knowledge(steps, env, "records", "load")
    _knowledge(steps, env, "import", "import", arguments[0])
    return 0


def demo(steps: Steps, _arguments: list[str]) -> int:
    """Seed demo dossiers whatever TTHC_DEMO says."""
    env = services.environment(os.environ)
    _knowledge(steps, env, "records", "load")
    _knowledge(steps, env, "demo", "demo")
    return 0


def bot(_steps: Steps, arguments: list[str]) -> int:
    """Become a command of the front server, with the settings of ``.env``."""
    if "" in arguments:
        raise SetupError("Which folder? make backup TO=folder, make restore FROM=folder")
    if not arguments:
        raise SetupError('Which command? make bot ARGS="channels check"')
    os.execve(PYTHON, [str(PYTHON), "-m", "bot", *arguments], services.environment(os.environ))


def knowledge(_steps: Steps, arguments: list[str]) -> int:
    """Become a command about the records, with the settings of ``.env`` and what search has learnt, if it fits."""
    if not arguments:
        raise SetupError('Which command? make knowledge ARGS="stats"')
    env = services.environment(os.environ)
    learnt = model.fitting(model.SEARCH)
    if learnt.exists():
        env.setdefault("TTHC_SEARCH_MODEL", str(learnt))
    os.execve(PYTHON, [str(PYTHON), "-m", "knowledge", *arguments], env)


def wants_demo(env: Mapping[str, str]) -> bool:
    """Tell whether to seed demo dossiers: unasked only where the product is tried, on its own database and machine."""
    is_in_use = env.get("DATABASE_URL") or env.get("BOT_PUBLIC_URL")
    return env.get("TTHC_DEMO", "0" if is_in_use else "1") == "1"


def _knowledge(steps: Steps, env: Mapping[str, str], name: str, *command: str) -> None:
    _close_to_others()
    with steps.step(name) as result:
        argv = [str(PYTHON), "-m", "knowledge", *command]
        written = call(name, argv, env, services.LOGS / f"{name}.log", steps.alive)
        result += [line for line in written.splitlines() if line.strip()]


def _close_to_others() -> None:
    """Let no other account read what is stored and logged; PostgreSQL's may still go through ``var/`` to its own."""
    os.umask(0o066 | os.umask(0o066))


def models(steps: Steps, env: dict[str, str], again: bool = False) -> None:
    """Have both models fit and name them in ``env``."""
    for name, kind, variable in (
        ("search model", model.SEARCH, "TTHC_SEARCH_MODEL"),
        ("model", model.DIALOGUE, "RASA_MODEL"),
    ):
        with steps.step(name) as result:
            path, done = model.ensure(kind, env, steps.alive, again=again)
            env[variable] = str(path)
            result.append(done)


def _staff_hint(steps: Steps, env: Mapping[str, str]) -> list[str]:
    """Return how to make the first account while there is none; nothing afterwards, or when nobody can tell."""
    argv = [str(PYTHON), "-m", "bot", "staff", "list", "--hint"]
    try:
        return call("staff", argv, env, services.LOGS / "staff.log", steps.alive).splitlines()
    except (SetupError, OSError):
        return []


def _welcome(steps: Steps, env: Mapping[str, str], answer: Answer) -> None:
    verdict = "" if answer.is_true else "  (NOT the expected answer: has the record been changed?)"
    address = services.address(env)
    lines = [
        "",
        f"First answer after {steps.total()} s{verdict}:",
        *(f"  | {line}" for line in answer.text.splitlines()),
        "",
        f"Page with the widget   {address}/",
        f"Console of the staff   {address}/console/",
        *(f"  | {line}" for line in _staff_hint(steps, env)),
        f'Ask from here          .venv/bin/python -m bot.ask --url {address} "…"',
        f"Logs                   {services.LOGS}/",
        "Stop                   Ctrl-C",
    ]
    for line in lines:
        say(line)
