"""What understanding costs in the product itself: its two models, and finding among few and many procedures."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.comparison.stock import ask
from benchmarks.evaluation.questions import read_set
from benchmarks.evaluation.records import bundled_records
from knowledge.search.features import load_wording
from knowledge.search.finder import find_in
from knowledge.search.index import Entry, SearchIndex
from knowledge.search.model import SearchModel, load_model
from knowledge.search.source import read_entries

_MANY = 30_000
_LISTED = 8  # as many as the dialogue looks at


def speed_table(search: Path, dialogue: Path) -> list[str]:
    """Measure on one core with the frozen single questions; the models are the trained ones of the product."""
    texts = [question.text for question in read_set() if question.set == "single"]
    started = time.perf_counter()
    model = load_model(search)
    load_s = time.perf_counter() - started
    with bundled_records() as session:
        entries = read_entries(session)
    parsed = ask(dialogue, texts)
    few, many = (_find_ms(some, model, texts) for some in (entries, _multiplied(entries, _MANY)))
    size = sum(file.stat().st_size for file in search.rglob("*") if file.is_file()) / 1e6
    return [
        f"The product's trained models, {len(texts)} frozen questions, one core. The many procedures are the",
        f"{len(entries)} of the records over and over, each copy with a name of its own.",
        "",
        "| | median ms | 95th percentile ms | load s | MB |",
        "|---|---|---|---|---|",
        f"| parse one message | {parsed.parse_ms:.1f} | – | {parsed.load_s:.1f} | {parsed.size_mb:.1f} |",
        f"| find among {len(entries)} procedures | {few} | {load_s:.1f} | {size:.1f} |",
        f"| find among {_MANY} procedures | {many} | | |",
    ]


def _find_ms(entries: Sequence[Entry], model: SearchModel, texts: Sequence[str]) -> str:
    index = SearchIndex(entries, load_wording())
    find_in(index, texts[0], _LISTED, model)
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    times = [_took(index, text, model) for text in texts]
    os.sched_setaffinity(0, cores)
    return f"{statistics.median(times):.1f} | {statistics.quantiles(times, n=20)[-1]:.1f}"


def _took(index: SearchIndex, text: str, model: SearchModel) -> float:
    started = time.perf_counter()
    find_in(index, text, _LISTED, model)
    return 1000 * (time.perf_counter() - started)


def _multiplied(entries: Sequence[Entry], count: int) -> list[Entry]:
    """Return ``count`` entries: those given, then copies that add a number to code and names."""
    copies = -(-count // len(entries))
    more = [_copy(entry, number) for number in range(1, copies) for entry in entries]
    return [*entries, *more][:count]


def _copy(entry: Entry, number: int) -> Entry:
    names = tuple(f"{name} loại {number}" for name in entry.names)
    return replace(entry, code=f"{entry.code}.{number}", names=names, short_name=names[0])
