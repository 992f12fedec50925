"""Measures understanding beside stock Rasa and names alone: ``make bench-nlu``.

Takes about half an hour, nearly all of it to train stock Rasa twice. Writes its tables to nlu.md beside this file.
``--sentences``: how many of ours both pipelines learn acts from. ``--speed``: the product's speed alone, in minutes.
Alone it needs trained models (``make train``).
"""

from __future__ import annotations

import argparse
import os
import sys
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
os.chdir(ROOT)
# Before anything that imports numpy or TensorFlow: one thread each, no graphics card, no telemetry.
os.environ.update(
    OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1",
    RASA_TELEMETRY_ENABLED="false", PYTHONPATH=str(ROOT),
)  # fmt: skip

from benchmarks.comparison.acts import act_table  # noqa: E402  (the environment comes first)
from benchmarks.comparison.procedures import procedure_table  # noqa: E402
from benchmarks.comparison.speed import speed_table  # noqa: E402
from benchmarks.evaluation.questions import EvaluationError  # noqa: E402
from benchmarks.evaluation.steps import newest_model  # noqa: E402

RESULT = ROOT / "benchmarks" / "nlu.md"


def main() -> int:
    """Measure and write; 2 = a model is missing."""
    parser = argparse.ArgumentParser(prog="make bench-nlu", description="Measure understanding beside stock Rasa.")
    parser.add_argument("--sentences", type=int, default=3000, help="what acts are learnt from (default: %(default)s)")
    parser.add_argument("--speed", action="store_true", help="measure the product's own speed alone")
    options = parser.parse_args()
    try:
        search, dialogue = newest_model("TTHC_SEARCH_MODEL", "search-*"), newest_model("RASA_MODEL", "tthc-*.tar.gz")
    except EvaluationError as error:
        print(f"bench-nlu: {error}", file=sys.stderr)
        return 2
    sections = {"The product's speed": speed_table(search, dialogue)}
    if not options.speed:
        sections["Which procedure: the hundred most taught"] = procedure_table(search)
        sections["Which act"] = act_table(options.sentences)
    command = f"make bench-nlu{' ARGS=--speed' if options.speed else ''}"
    head = ["# Understanding, measured", "", f"`{command}`, {date.today():%Y-%m-%d}, {os.cpu_count()} cores."]
    page = "\n".join([*head, *(line for name, rows in sections.items() for line in ("", f"## {name}", "", *rows))])
    print(page)
    RESULT.write_text(page + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
