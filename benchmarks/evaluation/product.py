"""The whole product, started by the command a person uses, on ports and a database of the evaluation's own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.evaluation.questions import EvaluationError
from benchmarks.evaluation.records import DATABASE, FOLDER
from setup.probing import free_ports

ROOT = Path(__file__).parents[2]
_STOPPED_WITHIN = 60.0  # seconds


@contextmanager
def running_product() -> Iterator[str]:
    """Start the product and yield its address; stop it as Ctrl-C does.

    Raises:
        EvaluationError: it did not start; the message holds the last lines it printed.
    """
    env = _environment()
    command = [sys.executable, "-m", "setup", "run"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        _wait_until_ready(process)
        yield f"http://127.0.0.1:{env['BOT_PORT']}"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=_STOPPED_WITHIN)


def ask(questions: Path, answers: Path, url: str, concurrency: int) -> None:
    """Ask the file of questions; raises EvaluationError when nothing answers."""
    command = [sys.executable, "-m", "bot.ask", "--jsonl", str(questions), "--out", str(answers)]
    asked = subprocess.run([*command, "--url", url, "--concurrency", str(concurrency)], cwd=ROOT)
    if asked.returncode:
        raise EvaluationError(f"the questions could not be asked at {url}")


def _environment() -> dict[str, str]:
    FOLDER.mkdir(parents=True, exist_ok=True)
    bot, rasa, actions = map(str, free_ports(3))
    return {
        **os.environ,
        "BOT_PORT": bot,
        "RASA_PORT": rasa,
        "ACTIONS_PORT": actions,
        "RASA_URL": f"http://127.0.0.1:{rasa}",
        "ACTIONS_URL": f"http://127.0.0.1:{actions}",
        "DATABASE_URL": DATABASE,
        "RASA_TRACKER_DB": str(FOLDER / "rasa.db"),
        "TTHC_DEMO": "1",  # with an empty table nobody can tell about a dossier, and the bot says so at once
        "PYTHONUNBUFFERED": "1",
    }


def _wait_until_ready(process: subprocess.Popen[str]) -> None:
    printed: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        printed.append(line)
        print(line, end="", file=sys.stderr)  # a model may have to be trained first, for minutes
        if line.startswith("Stop "):
            return
    raise EvaluationError("the product did not start:\n" + "".join(printed[-20:]))
