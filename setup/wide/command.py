"""``make wide``: run the wide topology until Ctrl-C, or exchange its programs one by one."""

from __future__ import annotations

import os
from pathlib import Path

from setup import services, start
from setup.answer import ask_first_question
from setup.console import SetupError, Steps, say
from setup.processes import Stopped
from setup.wide import aside
from setup.wide.found import missing
from setup.wide.rolling import roll
from setup.wide.topology import Plan, Topology

_FOLDER = Path("var/wide")
_USAGE = 'make wide, or make wide ARGS="roll rasa|actions|bot [MODEL]", or make wide ARGS="bot|knowledge COMMAND"'


def wide(steps: Steps, arguments: list[str]) -> int:
    """Run all until told to stop; ``roll ROLE [MODEL]`` exchanges the programs of a role of one that runs.

    ``bot ARGUMENTS`` and ``knowledge ARGUMENTS`` run these rooms on what is stored there, whether it runs or not.
    """
    if arguments[:1] == ["roll"] and len(arguments) in (2, 3):
        return _roll(steps, *arguments[1:])
    if len(arguments) > 1 and arguments[0] in aside.ROOMS:
        return aside.run(_FOLDER.absolute(), arguments[0], arguments[1:])
    if arguments:
        raise SetupError(_USAGE)
    lacking = missing()
    if lacking:
        raise SetupError(f"Needed and not installed: apt-get install {' '.join(lacking)}")
    env = services.environment(os.environ)
    start.models(steps, env)
    chosen = {name: env[name] for name in ("RASA_MODEL", "TTHC_SEARCH_MODEL")}
    try:
        with Topology(Plan(_FOLDER, port=int(env["BOT_PORT"]), more=chosen)) as topology:
            with steps.step("question") as result:
                result.append(ask_first_question(topology.url, topology.env["BOT_REST_TOKEN"]).text)
            say(f"\n{', '.join(topology.programs)} run at {topology.url}/. Logs: {_FOLDER}/log/. Stop: Ctrl-C")
            topology.keep()
    except Stopped:
        say("\nAll programs are stopped.")
    return 0


def _roll(steps: Steps, role: str, model: str = "") -> int:
    if model:
        if role != "rasa" or not Path(model).is_file():
            raise SetupError(f"{model} is no model for {role}")
        model = str(Path(model).absolute())
    with steps.step("roll") as result:
        result.append(f"{', '.join(roll(_FOLDER, role, model=model))} exchanged, one after the other")
    return 0
