"""Understanding one message: our pipeline beside the one that Rasa comes with, on the same sentences."""

from __future__ import annotations

import random
import statistics
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.comparison.stock import Asked, Sentence, ask, default_pipeline, our_pipeline, train, with_bare_copies
from nlu.corpus import Example, read_asked, read_examples
from nlu.text import fold
from nlu.validation import f1, folds

_SEED = 7
_NEVER_TYPED = {"inform_proof", "follow_overdue", "check_papers"}
HEAD = "| Pipeline | Act % | Act macro % | Aspects F1 | Training CPU s | Load s | Parse ms (median) | Model MB |"


def act_table(sentences: int) -> list[str]:
    """Train both pipelines on three quarters of the sentences and ask them about the rest, as typed and without marks.

    The sentences are all those of the intent files and a sample of the questions.
    """
    examples = [example for example in read_examples() if example.intent not in _NEVER_TYPED]
    examples += random.Random(_SEED).sample(read_asked(), max(sentences - len(examples), 0))
    part_of = folds(len(examples))
    seen = [(e.text, e.intent, e.aspects) for e, part in zip(examples, part_of) if part]
    held = [example for example, part in zip(examples, part_of) if not part]
    return [
        f"Trained on {len(seen)} sentences of the training data, asked about {len(held)} that they had not seen. Two",
        "figures: as typed / without marks. Macro: each act's own share, averaged. Training is processor time over all",
        "cores and includes the start of `rasa`; parse runs on one core. Ours composes copies without marks itself;",
        "the stock pipeline is given them.",
        "",
        HEAD,
        "|---|---|---|---|---|---|---|---|",
        _row("ours (config.yml)", our_pipeline(), seen, held, aspects=True),
        _row("Rasa's default (DIET)", default_pipeline(), with_bare_copies(seen), held, aspects=False),
    ]


def _row(
    name: str, pipeline: list[dict[str, Any]], seen: Sequence[Sentence], held: Sequence[Example], aspects: bool
) -> str:
    texts = [*(example.text for example in held), *(fold(example.text) for example in held)]
    with tempfile.TemporaryDirectory() as folder:
        asked = ask(*_trained(pipeline, seen, Path(folder), texts))
    both = asked.answers[: len(held)], asked.answers[len(held) :]
    said = _pair(_aspect_f1(got, held) for got in both) if aspects else "–"
    shares = _pair(_accuracy(got, held) for got in both), _pair(_macro(got, held) for got in both), said
    return f"| {name} | {' | '.join(shares)} | {costs(asked)} |"


def _trained(
    pipeline: list[dict[str, Any]], seen: Sequence[Sentence], folder: Path, texts: Sequence[str]
) -> tuple[Path, Sequence[str], float]:
    model, seconds = train(pipeline, seen, folder)
    return model, texts, seconds


def costs(asked: Asked) -> str:
    """Return the four cells of what a pipeline costs."""
    return f"{asked.train_s:.0f} | {asked.load_s:.1f} | {asked.parse_ms:.1f} | {asked.size_mb:.1f}"


def _pair(shares: Iterable[float]) -> str:
    return " / ".join(f"{100 * share:.1f}" for share in shares)


def _accuracy(answers: Sequence[dict[str, Any]], held: Sequence[Example]) -> float:
    return sum(answer["intent"]["name"] == example.intent for answer, example in zip(answers, held)) / len(held)


def _macro(answers: Sequence[dict[str, Any]], held: Sequence[Example]) -> float:
    """Return the mean over acts of the share understood: most sentences are questions, and hide the small acts."""
    acts = sorted({example.intent for example in held})
    pairs = [[(a, e) for a, e in zip(answers, held) if e.intent == act] for act in acts]
    return statistics.mean(_accuracy([a for a, _ in some], [e for _, e in some]) for some in pairs)


def _aspect_f1(answers: Sequence[dict[str, Any]], held: Sequence[Example]) -> float:
    """Return micro F1 over the questions; an example without aspects counts through what is wrongly said about it."""
    labels = sorted({aspect for example in held for aspect in example.aspects})
    asked = [(a, e) for a, e in zip(answers, held) if e.intent == "ask_procedure"]
    said = [{entity["value"] for entity in a["entities"] if entity["entity"] == "aspect"} for a, _ in asked]
    return f1(
        np.array([[x in s for x in labels] for s in said]),
        np.array([[x in e.aspects for x in labels] for _, e in asked]),
    )
