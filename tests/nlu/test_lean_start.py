"""Rasa starts without TensorFlow, and says so to whom needs it."""

from __future__ import annotations

import os
import subprocess
import sys

from bot.settings import Settings

_USED = """
import sys
import nlu.lean.__main__
from rasa.engine.recipes.default_components import DEFAULT_COMPONENTS
from rasa.utils.tensorflow.models import RasaModel

print(len(DEFAULT_COMPONENTS) > 30, "tensorflow" in sys.modules, "keras" in sys.modules)
for use in (lambda: __import__("tensorflow"), RasaModel, lambda: RasaModel.predict):
    try:
        use()
    except (ImportError, RuntimeError) as error:
        print(type(error).__name__, "config.yml" in str(error))
"""


def test_no_part_of_tensorflow_is_there_and_none_can_be_used() -> None:
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", _USED], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "True False False",
        "ModuleNotFoundError True",
        "RuntimeError True",
        "RuntimeError True",
    ]


def test_the_command_is_that_of_rasa() -> None:
    command = [sys.executable, "-W", "ignore", "-m", "nlu.lean", "run", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "--endpoints" in done.stdout and "--credentials" in done.stdout


def test_a_lock_that_is_left_behind_holds_nobody_up_for_long() -> None:
    """Longer than anybody waits for a turn, and shorter than all tries of one question."""
    told = "import nlu.lean.__main__; from rasa.core.lock_store import LOCK_LIFETIME as seconds; print(seconds)"
    env = {name: value for name, value in os.environ.items() if name != "TICKET_LOCK_LIFETIME"}
    command = [sys.executable, "-W", "ignore", "-c", told]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
    tries = len(Settings.assistant_pauses) * Settings.assistant_timeout + sum(Settings.assistant_pauses)
    assert Settings.assistant_timeout < float(done.stdout) < tries
