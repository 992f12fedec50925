"""The objects of a loaded model are set aside from Python's search for garbage."""

from __future__ import annotations

import gc
from pathlib import Path

from rasa.core.agent import Agent

_stock = Agent.load_model


def apply() -> None:
    """Let an agent load its models so."""
    Agent.load_model = _load_model


def _load_model(agent: Agent, model_path: str | Path, fingerprint: str | None = None) -> None:
    """Do as Rasa does; what was set aside before is looked through once, for models that have gone."""
    if gc.get_freeze_count():
        gc.unfreeze()
        gc.collect()
    try:
        _stock(agent, model_path, fingerprint)
    finally:
        gc.freeze()
