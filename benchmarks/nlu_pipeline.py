"""Which NLU pipeline: ours, Rasa's stock logistic regression or a small DIET (``python benchmarks/nlu_pipeline.py``).

Every pipeline trains on three quarters of the sentences (and their copies without marks) and is asked about the last
quarter, as typed and without marks; a sentence never stands on both sides. Takes about 20 minutes, most of it DIET.
Writes its table to benchmarks/nlu_pipeline.md.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
os.chdir(ROOT)
sys.path.insert(0, str(ROOT))
os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", RASA_TELEMETRY_ENABLED="false", PYTHONPATH=str(ROOT))

from nlu.corpus import Example, read_all  # noqa: E402  (the root has to be on the path)
from nlu.text import fold  # noqa: E402
from nlu.validation import f1, folds  # noqa: E402

_COUNTS = [
    {"name": "CountVectorsFeaturizer", "min_ngram": 1, "max_ngram": 2},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 2, "max_ngram": 5},
]
_TOKENIZER = [{"name": "nlu.components.tokenizer.UndertheseaTokenizer"}]
_SMALL_DIET = {
    "name": "DIETClassifier", "epochs": 10, "number_of_transformer_layers": 1, "transformer_size": 64,
    "embedding_dimension": 16, "entity_recognition": False, "constrain_similarities": True, "random_seed": 7,
}  # fmt: skip


def pipelines() -> dict[str, list[dict]]:
    """Return the pipelines to compare; ours is the one in config.yml, without the fallback."""
    ours = yaml.safe_load(Path("config.yml").read_text(encoding="utf-8"))["pipeline"]
    return {
        "ours (config.yml)": [part for part in ours if part["name"] != "FallbackClassifier"],
        "CountVectors + LogisticRegressionClassifier": [
            *_TOKENIZER,
            *_COUNTS,
            {"name": "LogisticRegressionClassifier"},
        ],
        "CountVectors + small DIET": [*_TOKENIZER, *_COUNTS, _SMALL_DIET],
    }


@dataclass(frozen=True)
class Row:
    """One line of the table; times in seconds (training: of processor) unless named otherwise."""

    name: str
    acts: str
    macro: str
    aspects: str
    train_s: float
    load_s: float
    parse_ms: float
    size_mb: float


def write_training(examples: list[Example], folder: Path, bare_copies: bool) -> None:
    """Write the examples as Rasa training data; stock pipelines get copies without marks, ours makes them itself."""
    items = [
        (example, text)
        for example in examples
        for text in {example.text, fold(example.text) if bare_copies else example.text}
    ]
    blocks = [
        {"intent": e.intent, "metadata": {"aspects": list(e.aspects)}, "examples": [{"text": text}]}
        for e, text in items
    ]
    (folder / "nlu.yml").write_text(
        yaml.safe_dump({"version": "3.1", "nlu": blocks}, allow_unicode=True), encoding="utf-8"
    )
    domain = {"version": "3.1", "intents": sorted({e.intent for e in examples}), "entities": ["aspect", "place"]}
    (folder / "domain.yml").write_text(yaml.safe_dump(domain), encoding="utf-8")


def measure(name: str, pipeline: list[dict], seen: list[Example], held: list[Example]) -> Row:
    """Train, load and ask one pipeline."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_training(seen, folder, bare_copies=not name.startswith("ours"))
        config = {
            "recipe": "default.v1",
            "language": "vi",
            "assistant_id": "benchmark",
            "pipeline": pipeline,
            "policies": [],
        }
        (folder / "config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = f"-m rasa train nlu --nlu {folder}/nlu.yml --config {folder}/config.yml --domain {folder}/domain.yml"
        options = f"--out {folder} --fixed-model-name model"
        subprocess.run([sys.executable, *command.split(), *options.split()], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        train_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return asyncio.run(_ask(name, folder / "model.tar.gz", held, train_s))


async def _ask(name: str, model: Path, held: list[Example], train_s: float) -> Row:
    from rasa.core.agent import Agent
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.CRITICAL)  # structlog would print every message
    started = time.perf_counter()
    agent = Agent.load(str(model))
    load_s = time.perf_counter() - started
    await agent.parse_message("làm căn cước ở đâu")
    times: list[float] = []
    answers: dict[bool, list[dict]] = {False: [], True: []}
    for bare in (False, True):
        for example in held:
            started = time.perf_counter()
            answers[bare].append(await agent.parse_message(fold(example.text) if bare else example.text))
            times.append(1000 * (time.perf_counter() - started))
    both = (answers[False], answers[True])
    return Row(
        name,
        acts=_pair(_accuracy(got, held) for got in both),
        macro=_pair(_macro_accuracy(got, held) for got in both),
        aspects=_pair(_aspect_f1(got, held) for got in both) if name.startswith("ours") else "–",
        train_s=train_s,
        load_s=load_s,
        parse_ms=statistics.median(times),
        size_mb=model.stat().st_size / 1e6,
    )


def _pair(shares: Iterable[float]) -> str:
    return " / ".join(f"{100 * share:.1f}" for share in shares)


def _accuracy(answers: list[dict], held: list[Example]) -> float:
    return sum(answer["intent"]["name"] == example.intent for answer, example in zip(answers, held)) / len(held)


def _macro_accuracy(answers: list[dict], held: list[Example]) -> float:
    """Return the mean over acts of the share understood: most sentences are questions, and hide the small acts."""
    acts = sorted({example.intent for example in held})
    pairs = [[(a, e) for a, e in zip(answers, held) if e.intent == act] for act in acts]
    return statistics.mean(_accuracy([a for a, _ in some], [e for _, e in some]) for some in pairs)


def _aspect_f1(answers: list[dict], held: list[Example]) -> float:
    """Return micro F1 over the questions; an example without aspects counts through what is wrongly said about it."""
    import numpy as np

    labels = sorted({aspect for example in held for aspect in example.aspects})
    asked = [(a, e) for a, e in zip(answers, held) if e.intent == "ask_procedure"]
    said = [{entity["value"] for entity in a["entities"] if entity["entity"] == "aspect"} for a, _ in asked]
    return f1(
        np.array([[x in s for x in labels] for s in said]),
        np.array([[x in e.aspects for x in labels] for _, e in asked]),
    )


def write_table(rows: list[Row], seen: int, held: int) -> str:
    """Return the Markdown page with the result."""
    lines = [
        "# NLU pipelines compared",
        "",
        f"`python benchmarks/nlu_pipeline.py`, {time.strftime('%d/%m/%Y')}, {os.cpu_count()} cores.",
        f"Trained on {seen} sentences, asked about {held} that none of them saw. Two figures: as typed / without",
        "marks. Act %: of all sentences; macro: each act's own share, averaged. One split, one seed; training",
        "is processor time over all cores and includes the start of `rasa`.",
        "",
        "| Pipeline | Act % | Act macro % | Aspects F1 | Training CPU s | Load s | Parse ms (median) | Model MB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {r.name} | {r.acts} | {r.macro} | {r.aspects} | {r.train_s:.0f} | {r.load_s:.1f} | {r.parse_ms:.1f} "
        f"| {r.size_mb:.1f} |"
        for r in rows
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run the pipelines named on the command line (all by default) and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="part of a pipeline's name; the table is then printed, not written")
    only = parser.parse_args().only or ""
    examples = [example for example in read_all() if example.intent != "inform_proof"]  # never typed
    part_of = folds(len(examples))
    seen = [example for example, part in zip(examples, part_of) if part]
    held = [example for example, part in zip(examples, part_of) if not part]
    rows = [measure(name, pipeline, seen, held) for name, pipeline in pipelines().items() if only in name]
    table = write_table(rows, len(seen), len(held))
    print(table)
    if not only:
        Path("benchmarks/nlu_pipeline.md").write_text(table, encoding="utf-8")


if __name__ == "__main__":
    main()
