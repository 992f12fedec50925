"""The parts of a model run one after the other, as dask would run them, without planning it anew for every message."""

from __future__ import annotations

from typing import Any

from rasa.engine.exceptions import GraphRunError
from rasa.engine.runner.dask import DaskGraphRunner

_PLANS = "_tthc_plans"
_Plan = tuple[tuple[str, tuple[str, ...]], ...]  # each part, and whose results it needs, in an order that works


def apply() -> None:
    """Let the graph of a loaded model run so."""
    DaskGraphRunner.run = _run


def _run(
    runner: DaskGraphRunner, inputs: dict[str, Any] | None = None, targets: list[str] | None = None
) -> dict[str, Any]:
    """Return the results of the targets.

    Raises:
        GraphRunError: a part is missing what it needs.
    """
    wanted = tuple(targets or runner._graph_schema.target_names)
    plans: dict[tuple[str, ...], _Plan] = runner.__dict__.setdefault(_PLANS, {})
    if wanted not in plans:
        plans[wanted] = _plan(runner, wanted)
    found: dict[str, Any] = {name: (name, value) for name, value in (inputs or {}).items()}
    try:
        for name, needs in plans[wanted]:
            found[name] = runner._instantiated_nodes[name](*(found.get(need, need) for need in needs))
    except RuntimeError as error:
        raise GraphRunError("Error running runner.") from error
    return dict(found[name] for name in wanted)


def _plan(runner: DaskGraphRunner, wanted: tuple[str, ...]) -> _Plan:
    nodes = runner._graph_schema.minimal_graph_schema(list(wanted)).nodes
    done: dict[str, tuple[str, ...]] = {}

    def visit(name: str) -> None:
        if name in nodes and name not in done:
            needs = tuple(nodes[name].needs.values())
            for need in needs:
                visit(need)
            done[name] = needs

    for name in wanted:
        visit(name)
    return tuple(done.items())
