"""A Rasa project as its documentation begins one: the default pipeline, our acts, rules and actions."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import yaml

from benchmarks.comparison.stock import default_pipeline
from nlu.corpus import read_examples

_OF_AN_ACT = 30  # sentences: as many as a project of that kind has, and trained in minutes
_SEED = 7


def train_stock_bot(folder: Path) -> Path:
    """Train it in the folder; return the model.

    Its policies are the rules alone: it answers the same, and a learnt policy would only make it slower.
    """
    acts: dict[str, list[str]] = defaultdict(list)
    for example in read_examples():
        acts[example.intent].append(example.text)
    chance = random.Random(_SEED)
    few = {act: chance.sample(texts, min(len(texts), _OF_AN_ACT)) for act, texts in sorted(acts.items())}
    taught = [{"intent": act, "examples": "".join(f"- {text}\n" for text in texts)} for act, texts in few.items()]
    config = {
        "recipe": "default.v1",
        "language": "vi",
        "assistant_id": "stock",
        "pipeline": default_pipeline(),
        "policies": [{"name": "RulePolicy", "core_fallback_action_name": "action_answer"}],
    }
    for name, content in {"nlu.yml": {"version": "3.1", "nlu": taught}, "config.yml": config}.items():
        (folder / name).write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    command = f"-m rasa train --data {folder}/nlu.yml nlu/data/dialogue --config {folder}/config.yml"
    options = f"--domain domain.yml --out {folder} --fixed-model-name stock"
    done = subprocess.run([sys.executable, *command.split(), *options.split()], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"stock Rasa was not trained:\n{done.stdout[-1000:]}\n{done.stderr[-2000:]}")
    return folder / "stock.tar.gz"
