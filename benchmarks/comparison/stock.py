"""Rasa models for comparison, trained and loaded in this process's environment."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from nlu.text import fold

Sentence = tuple[str, str, tuple[str, ...]]  # text, intent, aspects


@dataclass(frozen=True)
class Asked:
    """What a pipeline said to each text, and what it cost: processor seconds of training, seconds of loading."""

    answers: list[dict[str, Any]]
    train_s: float
    load_s: float
    parse_ms: float
    size_mb: float


def default_pipeline() -> list[dict[str, Any]]:
    """Return the pipeline that Rasa uses when a project names none."""
    file = resources.files("rasa.engine.recipes.config_files") / "default_config.yml"
    return list(yaml.safe_load(file.read_text(encoding="utf-8"))["pipeline"])


def our_pipeline() -> list[dict[str, Any]]:
    """Return ours without the fallback, which would hide what the classifier thought."""
    parts = yaml.safe_load(Path("config.yml").read_text(encoding="utf-8"))["pipeline"]
    return [part for part in parts if part["name"] != "FallbackClassifier"]


def with_bare_copies(sentences: Sequence[Sentence]) -> list[Sentence]:
    """Return the sentences, each also without marks where that differs: stock pipelines know no other way."""
    bare = [(fold(text), intent, aspects) for text, intent, aspects in sentences if fold(text) != text]
    return [*sentences, *bare]


def train(pipeline: list[dict[str, Any]], taught: Sequence[Sentence], folder: Path) -> tuple[Path, float]:
    """Train a pipeline on the sentences; return the model and the processor seconds that it took."""
    blocks = [
        {"intent": intent, "metadata": {"aspects": list(aspects)}, "examples": [{"text": text}]}
        for text, intent, aspects in taught
    ]
    intents = sorted({intent for _, intent, _ in taught})
    files = {
        "nlu.yml": {"version": "3.1", "nlu": blocks},
        "domain.yml": {"version": "3.1", "intents": intents, "entities": ["aspect", "place"]},
        "config.yml": {"recipe": "default.v1", "language": "vi", "assistant_id": "benchmark", "pipeline": pipeline,
                       "policies": []},
    }  # fmt: skip
    for name, content in files.items():
        (folder / name).write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    before = _processor_seconds()
    command = f"-m rasa train nlu --nlu {folder}/nlu.yml --config {folder}/config.yml --domain {folder}/domain.yml"
    options = f"--out {folder} --fixed-model-name model"
    subprocess.run([sys.executable, *command.split(), *options.split()], check=True, capture_output=True)
    return folder / "model.tar.gz", _processor_seconds() - before


def _processor_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def ask(model: Path, texts: Sequence[str], train_s: float = 0.0) -> Asked:
    """Load a model and ask it every text on one core."""
    return asyncio.run(_ask(model, texts, train_s))


async def _ask(model: Path, texts: Sequence[str], train_s: float) -> Asked:
    from rasa.core.agent import Agent
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.CRITICAL)  # structlog would print every message
    started = time.perf_counter()
    agent = Agent.load(str(model))
    load_s = time.perf_counter() - started
    await agent.parse_message("làm căn cước ở đâu")
    answers, times = [], []
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    for text in texts:
        started = time.perf_counter()
        answers.append(await agent.parse_message(text))
        times.append(1000 * (time.perf_counter() - started))
    os.sched_setaffinity(0, cores)
    return Asked(answers, train_s, load_s, statistics.median(times), model.stat().st_size / 1e6)
